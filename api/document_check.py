"""What only the document can break: what was given back, and figures that say the same thing twice.

The rules of the plan itself are in `optimiser.checker`; by then the document has become arrays, and
whatever the arrays do not hold (a duration beside two instants, a field that came) is checked here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.chargeye.plan_payload import inputs_payload, reached
from adapters.chargeye.plan_reading import PlanDocument, SegmentDocument
from api.documents import entries
from api.plan_reading import PlannedSchedule, ReadResponse
from api.plan_schemas import PlanResponse, SolverDocument, StageDocument
from api.requests import ReadRequest
from optimiser.checker import Breach
from optimiser.domain import ChargingSession
from optimiser.units import PERCENT

COMES_BACK = "4.1 given back"
ADDS_UP = "3 figures"

_OURS = ("plan", "planMeta")
_DATED = ("id", "plannedArrivalTime", "plannedDepartureTime")
_ENERGY_TOLERANCE_KWH = 1e-6
_SOC_TOLERANCE = 1e-6
_MONEY_TOLERANCE = 1e-6


def check_document(
    answer: ReadResponse, sessions: Sequence[ChargingSession], read: ReadRequest
) -> tuple[Breach, ...]:
    """Breaches of a response document against its request that no array shows.

    `sessions` are the planned stays as the request has them, in the order of `answer.planned`.
    """
    response, planned = answer.response, answer.planned
    return (
        *_not_given_back(response, planned, read.document),
        *_rejected_differently(response, read),
        *(
            breach
            for (place, schedule), session in zip(planned.items(), sessions, strict=True)
            for breach in _plan_breaches(place, schedule, session, _as_it_came(session, read.document))
        ),
        *_meta_breaches(planned, response.strategy),
        *_shortfall_breaches(response, sessions),
        *_solver_breaches(response.solver, response.strategy),
    )


def _not_given_back(
    response: PlanResponse, planned: Mapping[int, PlannedSchedule], request: Mapping[str, Any]
) -> Iterator[Breach]:
    came = entries(request, "schedules")
    if len(response.schedules) < len(came):
        missing = len(came) - len(response.schedules)
        yield Breach(COMES_BACK, "/schedules", f"{missing} schedules of the request are missing")
    for place, (before, after) in enumerate(zip(came, response.schedules, strict=False)):
        yield from _changed_fields(place, before, after, _OURS if place in planned else ())
        yield from _past_changed(place, before, after)
    recurring = {entry.get("id"): entry for entry in (*came, *entries(request, "recurringSchedules"))}
    for place, after in enumerate(response.schedules[len(came) :], start=len(came)):
        rule = recurring.get(str(after.get("id")).rpartition("@")[0])
        if rule is None or place not in planned:
            yield Breach(
                COMES_BACK, f"/schedules/{place}", "is neither in the request nor a planned occurrence"
            )
            continue
        before = {name: value for name, value in rule.items() if name != "recurrenceRule"}
        yield from _changed_fields(place, before, after, (*_OURS, *_DATED))


def _changed_fields(
    place: int, before: Mapping[str, Any], after: Mapping[str, Any], except_for: Sequence[str]
) -> Iterator[Breach]:
    absent = object()
    for name in sorted({*before, *after} - set(except_for)):
        if before.get(name, absent) != after.get(name, absent):
            yield Breach(COMES_BACK, f"/schedules/{place}/{name}", "is not as it came")


def _past_changed(place: int, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Breach]:
    past_before = (before.get("plan") or {}).get("pastSegments") or []
    past_after = (after.get("plan") or {}).get("pastSegments") or []
    if past_before != past_after:
        yield Breach(COMES_BACK, f"/schedules/{place}/plan/pastSegments", "are not as they came")


def _rejected_differently(response: PlanResponse, read: ReadRequest) -> Iterator[Breach]:
    if [entry.pointer for entry in response.rejected] != [entry.pointer for entry in read.rejected]:
        yield Breach(
            COMES_BACK, "/rejected", "does not list the entries of the request that cannot be planned"
        )


def _as_it_came(session: ChargingSession, request: Mapping[str, Any]) -> Mapping[str, Any]:
    name, place = session.source
    return entries(request, name)[place]


def _plan_breaches(
    place: int, schedule: PlannedSchedule, session: ChargingSession, came: Mapping[str, Any]
) -> Iterator[Breach]:
    where, plan = f"/schedules/{place}/plan", schedule.plan
    for name, message in (*_sum_mistakes(plan), *_input_mistakes(plan, session, came)):
        yield Breach(ADDS_UP, f"{where}/{name}", message)
    for row, segment in enumerate(plan.segments):
        for name, message in _segment_mistakes(segment):
            yield Breach(ADDS_UP, f"{where}/segments/{row}/{name}", message)


def _sum_mistakes(plan: PlanDocument) -> Iterator[tuple[str, str]]:
    last = plan.segments[-1]
    energy_kwh = sum(segment.energy_kwh for segment in plan.segments)
    charged = [segment.end_ms for segment in plan.segments if segment.power_kw > 0.0]
    if abs(plan.energy_kwh - energy_kwh) > _ENERGY_TOLERANCE_KWH:
        yield "energyKwh", f"is {plan.energy_kwh:g} kWh, but the segments hold {energy_kwh:g} kWh"
    if abs(plan.end_soc - last.end_soc) > _SOC_TOLERANCE:
        yield "endSoc", f"is {plan.end_soc:g}, but the last segment ends at {last.end_soc:g}"
    if plan.end_ms != (charged[-1] if charged else plan.segments[0].start_ms):
        yield "endTime", "is not when the last charging ends"


def _input_mistakes(
    plan: PlanDocument, session: ChargingSession, came: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    end_soc, target_soc = plan.segments[-1].end_soc, session.target_soc * PERCENT
    if plan.departure_margin_ms != session.margin_ms:
        yield "departureMarginMs", f"is {plan.departure_margin_ms}, the request says {session.margin_ms}"
    if plan.reached_target != reached(end_soc / PERCENT, session.target_soc):
        yield "reachedTargetSocInSchedule", f"does not agree with {end_soc:g} of {target_soc:g} SoC"
    embedded = (came.get("plan") or {}).get("schedule") or {}
    used = inputs_payload(embedded, session, came.get("startSoC"))
    for name in sorted({*used, *plan.inputs}):
        if plan.inputs.get(name) != used.get(name):
            yield f"schedule/{name}", "is not what the request says"


def _meta_breaches(planned: Mapping[int, PlannedSchedule], strategy: str) -> Iterator[Breach]:
    for place, schedule in planned.items():
        if schedule.meta.strategy != strategy:
            yield Breach(ADDS_UP, f"/schedules/{place}/planMeta/strategy", f"is not {strategy}")


def _shortfall_breaches(response: PlanResponse, sessions: Sequence[ChargingSession]) -> Iterator[Breach]:
    """Shortfalls of schedules that were not planned are refused before, when the response is read."""
    by_id = {session.schedule_id: session for session in sessions}
    for place, shortfall in enumerate(response.shortfalls):
        session, where = by_id[shortfall.schedule_id], f"/shortfalls/{place}"
        floor = min(session.minimum_soc, session.target_soc)
        if shortfall.ev_id != session.vehicle.vehicle_id:
            yield Breach(ADDS_UP, f"{where}/evId", f"is not {session.vehicle.vehicle_id}")
        if abs(shortfall.target_soc - session.target_soc * PERCENT) > _SOC_TOLERANCE:
            yield Breach(ADDS_UP, f"{where}/targetSoC", f"is not {session.target_soc * PERCENT:g}")
        if shortfall.below_minimum_soc == reached(shortfall.planned_soc / PERCENT, floor):
            message = f"does not agree with {shortfall.planned_soc:g} SoC"
            yield Breach(ADDS_UP, f"{where}/belowMinimumSoC", message)


def _segment_mistakes(segment: SegmentDocument) -> Iterator[tuple[str, str]]:
    if segment.duration_ms != segment.end_ms - segment.start_ms:
        yield "durationMs", f"is {segment.duration_ms}, but it lasts {segment.end_ms - segment.start_ms} ms"
    if segment.paused != (segment.power_kw == 0.0):
        yield "paused", f"is {segment.paused} at {segment.power_kw:g} kW"


def _solver_breaches(solver: SolverDocument, strategy: str) -> Iterator[Breach]:
    for place, stage in enumerate(solver.stages):
        if not _same(stage.gap, _gap(stage)):
            yield Breach(ADDS_UP, f"/solver/stages/{place}/gap", "is not (value - bound) / max(1, |value|)")
    named = [stage for stage in solver.stages if stage.name == strategy] or solver.stages[-1:]
    for name, claim, stage_value in (
        ("objective", solver.objective, named[0].value),
        ("bound", solver.bound, named[0].bound),
        ("gap", solver.gap, named[0].gap),
    ):
        if not _same(claim, stage_value):
            yield Breach(ADDS_UP, f"/solver/{name}", "is not that of the strategy's stage")


def _gap(stage: StageDocument) -> float:
    return max(0.0, stage.value - stage.bound) / max(1.0, abs(stage.value))


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _MONEY_TOLERANCE * max(1.0, abs(other))
