"""A plan response as what the store keeps of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.records import PlanSummary, StoredPlan
from optimiser.units import to_ms


def stored_plan(
    request: Mapping[str, Any],
    response: dict[str, Any],
    trigger: str | None = None,
    trigger_description: str | None = None,
) -> StoredPlan:
    """The record of a response that answers this request."""
    solver, created_at = response["solver"], response["createdAt"]
    summary = PlanSummary(
        plan_id=response["planId"],
        location_uid=request["site"]["locationUid"],
        created_ms=_ms(created_at),
        now_ms=_ms(request.get("now") or created_at),
        strategy=response["strategy"],
        status=solver["status"],
        objective=solver["objective"],
        bound=solver["bound"],
        gap=solver["gap"],
        shortfall_kwh=shortfall_kwh(response),
        churn=solver["churn"],
        trigger=trigger,
        trigger_description=trigger_description,
    )
    return StoredPlan(summary, response)


def shortfall_kwh(response: Mapping[str, Any]) -> float:
    """What is missing over all vehicles, kWh."""
    return float(sum(shortfall["shortfallKwh"] for shortfall in response["shortfalls"]))


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))
