"""A plan as the contract's response document, built as plain dicts straight from the columns."""

from collections.abc import Iterable, Mapping
from math import isnan
from typing import Any

import numpy as np

from adapters.chargeye.mapping import STRATEGY_VERSION_PREFIX
from adapters.chargeye.plan_payload import (
    DECIMALS,
    Json,
    PlanStamp,
    filled_schedule,
    occurrence_schedule,
    reached,
    rounded,
    segment_payloads,
)
from api.documents import entries
from api.requests import ReadRequest, Rejected
from api.version import VERSION
from optimiser.domain import ChargingSession, Notice
from optimiser.plan import Plan, Reason, Repair, Shortfall, SiteSlots, SiteTotals, SolveReport
from optimiser.series import Instants
from optimiser.units import PERCENT, iso_z


def render_plan(
    read: ReadRequest,
    plan: Plan,
    *,
    plan_id: str,
    created_at_ms: int,
    trigger: str = "manual",
    trigger_description: str = "Planned on request",
) -> Json:
    """The response of contract section 3.

    Every schedule of the request comes back in its order, the planned ones with `plan` and
    `planMeta`; the planned occurrences of recurring ones follow. SoC in percent, times in UTC.
    """
    version = STRATEGY_VERSION_PREFIX + VERSION
    stamp = PlanStamp(iso_z(created_at_ms), plan.strategy.value, version, trigger, trigger_description)
    return {
        "planId": plan_id,
        "createdAt": iso_z(created_at_ms),
        "strategy": plan.strategy.value,
        "schedules": _schedules(read.document, plan, stamp),
        "site": _site(plan.totals, plan.slots),
        "shortfalls": [
            _shortfall(shortfall, plan.sessions[shortfall.session]) for shortfall in plan.shortfalls
        ],
        "warnings": [_warning(notice) for notice in plan.notices],
        "rejected": [_rejected(entry) for entry in read.rejected],
        "solver": _solver(plan.report),
    }


def _schedules(document: Mapping[str, Any], plan: Plan, stamp: PlanStamp) -> list[Json]:
    rows = segment_payloads(plan.segments)
    answers = [*entries(document, "schedules")]
    occurrences = []
    for i, session in enumerate(plan.sessions):
        array, place = session.source
        own_rows = rows[plan.segments.rows(i)]
        came = document[array][place]
        if came["id"] == session.schedule_id:
            answers[place] = filled_schedule(came, session, own_rows, stamp)
        else:
            occurrences.append(filled_schedule(occurrence_schedule(came, session), session, own_rows, stamp))
    return answers + occurrences


def _site(totals: SiteTotals, slots: SiteSlots) -> Json:
    return {
        "peakKw": _number(totals.peak_kw),
        "energyKwh": _number(totals.energy_kwh),
        "energyCost": _number(totals.energy_cost),
        "demandCost": _number(totals.demand_cost),
        "carbonKg": None if totals.carbon_kg is None else _number(totals.carbon_kg),
        "slots": _slots(slots),
    }


def _slots(slots: SiteSlots) -> list[Json]:
    columns = {
        "from": _iso_column(slots.start_ms),
        "to": _iso_column(slots.end_ms),
        "loadKw": rounded(slots.load_kw),
        "baseLoadKw": rounded(slots.base_load_kw),
        "powerCapKw": rounded(slots.power_cap_kw),
        "pricePerKwh": rounded(slots.price_per_kwh),
        "capValuePerKw": [None if isnan(value) else value for value in rounded(slots.cap_value_per_kw)],
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _iso_column(instants_ms: Instants) -> list[str]:
    text: list[str] = np.datetime_as_string(instants_ms.astype("datetime64[ms]"), unit="ms").tolist()
    return [f"{instant}Z" for instant in text]


def _shortfall(shortfall: Shortfall, session: ChargingSession) -> Json:
    floor = min(session.minimum_soc, session.target_soc)
    return {
        "scheduleId": session.schedule_id,
        "evId": session.vehicle.vehicle_id,
        "shortfallKwh": _number(shortfall.shortfall_kwh),
        "plannedSoC": _number(shortfall.planned_soc * PERCENT),
        "targetSoC": _number(session.target_soc * PERCENT),
        "belowMinimumSoC": not reached(shortfall.planned_soc, floor),
        "reasons": [_reason(reason) for reason in shortfall.reasons],
        "repairs": [_repair(repair) for repair in shortfall.repairs],
    }


def _reason(reason: Reason) -> Json:
    return {"code": reason.code, "from": iso_z(reason.start_ms), "to": iso_z(reason.end_ms)}


def _repair(repair: Repair) -> Json:
    amounts = {name: _number(amount) for name, amount in repair.amounts.items()}
    if repair.window is None:
        return {"kind": repair.kind, **amounts}
    start_ms, end_ms = repair.window
    return {"kind": repair.kind, **amounts, "from": iso_z(start_ms), "to": iso_z(end_ms)}


def _warning(notice: Notice) -> Json:
    warning = {"code": notice.code, "message": notice.message}
    return warning if notice.schedule_id is None else {**warning, "scheduleId": notice.schedule_id}


def _rejected(entry: Rejected) -> Json:
    rejected = {"pointer": entry.pointer, "message": entry.message}
    return rejected if entry.id is None else {**rejected, "id": entry.id}


def _solver(report: SolveReport) -> Json:
    strategy = report.strategy
    return {
        "engine": report.engine,
        "status": report.status.value,
        "objective": _number(strategy.value),
        "bound": _number(strategy.bound),
        "gap": strategy.gap,
        "churn": report.churn,
        "stages": [
            {"name": s.name, "value": _number(s.value), "bound": _number(s.bound), "gap": s.gap}
            for s in report.stages
        ],
        "certificate": plain(report.certificate),
        "phasesMs": phases(report.phases_ms),
    }


def phases(milliseconds: Mapping[str, float]) -> dict[str, float]:
    """Times of the phases, to the microsecond."""
    return {name: round(spent, 3) for name, spent in milliseconds.items()}


def plain(value: Any) -> Any:
    """Arrays, tuples and dicts as JSON's own kinds, unrounded: a proof is not made prettier. NaN is null."""
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(entry) for entry in value]
    return None if isinstance(value, float) and isnan(value) else value


def _number(value: float) -> float:
    return round(float(value), DECIMALS) + 0.0
