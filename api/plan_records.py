"""A plan response as what the store keeps of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    created_at = response["createdAt"]
    summary = plan_summary(
        response,
        request["site"]["locationUid"],
        now_ms=_ms(request.get("now") or created_at),
        created_ms=_ms(created_at),
    )
    said = replace(summary, trigger=trigger, trigger_description=trigger_description)
    return StoredPlan(said, response)


def plan_summary(
    response: Mapping[str, Any], location_uid: str, *, now_ms: int, created_ms: int
) -> PlanSummary:
    """The figures of a response, for the history of its site."""
    solver, site = response["solver"], response["site"]
    return PlanSummary(
        plan_id=response["planId"],
        location_uid=location_uid,
        created_ms=created_ms,
        now_ms=now_ms,
        strategy=response["strategy"],
        status=solver["status"],
        objective=solver["objective"],
        bound=solver["bound"],
        gap=solver["gap"],
        shortfall_kwh=shortfall_kwh(response),
        churn=solver["churn"] or 0.0,
        peak_kw=site["peakKw"],
        peak_cap_kw=_cap_at_peak(site["slots"]),
        short=len(response["shortfalls"]),
    )


def _cap_at_peak(slots: Sequence[Mapping[str, Any]]) -> float | None:
    """The cap of the slot with the highest load; the tightest of them where several have it."""
    highest = max(slots, key=lambda slot: (slot["loadKw"], -slot["powerCapKw"]), default=None)
    return None if highest is None else float(highest["powerCapKw"])


def shortfall_kwh(response: Mapping[str, Any]) -> float:
    """What is missing over all vehicles, kWh."""
    return float(sum(shortfall["shortfallKwh"] for shortfall in response["shortfalls"]))


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))
