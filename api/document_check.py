"""What only the document can break: what was given back, and figures that say the same thing twice.

The rules of the plan itself are in `optimiser.checker`; by then the document has become arrays, and
whatever the arrays do not hold (a duration beside two instants, a field that came) is checked here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.chargeye.plan_payload import reached
from adapters.chargeye.plan_reading import PlanDocument, SegmentDocument
from api.documents import entries
from api.plan_reading import PlannedSchedule, ReadResponse
from api.plan_schemas import PlanResponse, SolverDocument, StageDocument
from api.requests import ReadRequest
from optimiser.checker import Breach
from optimiser.units import PERCENT

COMES_BACK = "4.1 given back"
ADDS_UP = "3 figures"

_OURS = ("plan", "planMeta")
_DATED = ("id", "plannedArrivalTime", "plannedDepartureTime")
_ENERGY_TOLERANCE_KWH = 1e-6
_SOC_TOLERANCE = 1e-6
_MONEY_TOLERANCE = 1e-6


def check_document(answer: ReadResponse, read: ReadRequest) -> tuple[Breach, ...]:
    """Breaches of a response document against its request that no array shows."""
    response, planned = answer.response, answer.planned
    return (
        *_not_given_back(response, planned, read.document),
        *_rejected_differently(response, read),
        *(breach for place, schedule in planned.items() for breach in _plan_breaches(place, schedule)),
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


def _plan_breaches(place: int, schedule: PlannedSchedule) -> Iterator[Breach]:
    where, plan = f"/schedules/{place}/plan", schedule.plan
    for name, message in _plan_mistakes(plan):
        yield Breach(ADDS_UP, f"{where}/{name}", message)
    for row, segment in enumerate(plan.segments):
        for name, message in _segment_mistakes(segment):
            yield Breach(ADDS_UP, f"{where}/segments/{row}/{name}", message)


def _plan_mistakes(plan: PlanDocument) -> Iterator[tuple[str, str]]:
    last = plan.segments[-1]
    energy_kwh = sum(segment.energy_kwh for segment in plan.segments)
    charged = [segment.end_ms for segment in plan.segments if segment.power_kw > 0.0]
    if abs(plan.energy_kwh - energy_kwh) > _ENERGY_TOLERANCE_KWH:
        yield "energyKwh", f"is {plan.energy_kwh:g} kWh, but the segments hold {energy_kwh:g} kWh"
    if abs(plan.end_soc - last.end_soc) > _SOC_TOLERANCE:
        yield "endSoc", f"is {plan.end_soc:g}, but the last segment ends at {last.end_soc:g}"
    if plan.end_ms != (charged[-1] if charged else plan.segments[0].start_ms):
        yield "endTime", "is not when the last charging ends"
    target_soc = plan.inputs.get("targetSoc")
    if isinstance(target_soc, int | float) and plan.reached_target != reached(
        last.end_soc / PERCENT, target_soc / PERCENT
    ):
        yield "reachedTargetSocInSchedule", f"does not agree with {last.end_soc:g} of {target_soc:g} SoC"


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
