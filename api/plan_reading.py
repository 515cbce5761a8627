"""A response document back into a `Plan`, for whoever checks it: strict, and trusting nothing in it.

What a vehicle can do and what the site allows come from the request alone; segments and all claims
about load, cost, shortfall and proof come from the response alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from adapters.chargeye.plan_reading import PlanDocument, PlanMetaDocument, segment_columns
from api.documents import entries
from api.exceptions import InvalidPlanError
from api.plan_schemas import (
    InstantMs,
    PlanResponse,
    RepairDocument,
    ShortfallDocument,
    SiteDocument,
    SlotDocument,
    SolverDocument,
)
from api.requests import ReadRequest
from optimiser.domain import ChargingSession, Notice, Strategy
from optimiser.exceptions import Fault
from optimiser.plan import (
    Plan,
    Reason,
    Repair,
    Shortfall,
    SiteSlots,
    SiteTotals,
    SolveReport,
    SolveStatus,
    StageReport,
)
from optimiser.units import PERCENT

_Model = TypeVar("_Model", bound=BaseModel)
_INSTANT: TypeAdapter[int] = TypeAdapter(InstantMs)


class PlannedSchedule(BaseModel):
    """An EvSchedule of the response that the response itself planned."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)

    schedule_id: str = Field(alias="id")
    ev_id: str = Field(alias="evId")
    arrival_ms: InstantMs = Field(alias="plannedArrivalTime")
    departure_ms: InstantMs = Field(alias="plannedDepartureTime")
    plan: PlanDocument
    meta: Annotated[PlanMetaDocument, Field(alias="planMeta")]


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """A response of the contract's shape; `planned` are the schedules that it planned, by their place."""

    response: PlanResponse
    planned: dict[int, PlannedSchedule]


def read_response(document: Any) -> ReadResponse:
    """The response as typed objects; raises InvalidPlanError with pointers into it."""
    response = _validated(PlanResponse, document)
    planned = {
        place: _validated(PlannedSchedule, entry, "schedules", place)
        for place, entry in enumerate(response.schedules)
        if _bears_time_of(response, entry)
    }
    return ReadResponse(response, planned)


def read_plan(document: Any, read: ReadRequest) -> Plan:
    """The plan that this document claims to be, for the request that it answers.

    Raises InvalidPlanError with pointers into the response where its shape is not the contract's.
    """
    return to_plan(read_response(document), read)


def to_plan(answer: ReadResponse, read: ReadRequest) -> Plan:
    """The plan of a response; raises InvalidPlanError where it names what the request does not hold."""
    response = answer.response
    sessions = _sessions(answer.planned, read)
    return Plan(
        strategy=Strategy(response.strategy),
        now_ms=read.plan_request.now_ms,
        sessions=sessions,
        segments=segment_columns([schedule.plan for schedule in answer.planned.values()]),
        slots=_slots(response.site.slots),
        totals=_totals(response.site),
        shortfalls=_shortfalls(response.shortfalls, sessions),
        notices=tuple(Notice(w.code, w.message, w.schedule_id) for w in response.warnings),
        report=_report(response.solver, response.strategy),
    )


def _bears_time_of(response: PlanResponse, entry: Mapping[str, Any]) -> bool:
    """Only what was planned in this response has its time in `planMeta`; the rest is as it came."""
    meta = entry.get("planMeta")
    try:
        return (
            isinstance(meta, dict)
            and _INSTANT.validate_python(meta.get("timestamp")) == response.created_at_ms
        )
    except ValidationError:
        return False


def _validated(model: type[_Model], document: Any, *prefix: str | int) -> _Model:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InvalidPlanError(
            Fault((*prefix, *fault["loc"]), fault["msg"]) for fault in error.errors(include_url=False)
        ) from error


def _sessions(planned: Mapping[int, PlannedSchedule], read: ReadRequest) -> tuple[ChargingSession, ...]:
    """The planned stays as the request has them; only an occurrence takes its times from the response."""
    request = read.plan_request
    dated = {session.source[1]: session for session in request.sessions}
    templates = {rule.template.schedule_id: rule.template for rule in request.recurring}
    count = len(entries(read.document, "schedules"))
    sessions = []
    for place, schedule in planned.items():
        known = dated.get(place) if place < count else templates.get(schedule.schedule_id.rpartition("@")[0])
        if known is None:
            raise InvalidPlanError(
                [Fault(("schedules", place, "id"), "is planned, but is not in the request")]
            )
        sessions.append(known if place < count else _occurrence(known, schedule))
    return tuple(sessions)


def _occurrence(template: ChargingSession, schedule: PlannedSchedule) -> ChargingSession:
    return replace(
        template,
        schedule_id=schedule.schedule_id,
        arrival_ms=schedule.arrival_ms,
        departure_ms=schedule.departure_ms,
    )


def _slots(slots: Sequence[SlotDocument]) -> SiteSlots:
    def column(name: str) -> list[float]:
        return [np.nan if getattr(slot, name) is None else getattr(slot, name) for slot in slots]

    return SiteSlots(
        start_ms=np.array(column("start_ms"), dtype=np.int64),
        end_ms=np.array(column("end_ms"), dtype=np.int64),
        load_kw=np.array(column("load_kw"), dtype=np.float64),
        base_load_kw=np.array(column("base_load_kw"), dtype=np.float64),
        power_cap_kw=np.array(column("power_cap_kw"), dtype=np.float64),
        price_per_kwh=np.array(column("price_per_kwh"), dtype=np.float64),
        cap_value_per_kw=np.array(column("cap_value_per_kw"), dtype=np.float64),
    )


def _totals(site: SiteDocument) -> SiteTotals:
    return SiteTotals(site.peak_kw, site.energy_kwh, site.energy_cost, site.demand_cost, site.carbon_kg)


def _shortfalls(
    documents: Sequence[ShortfallDocument], sessions: Sequence[ChargingSession]
) -> tuple[Shortfall, ...]:
    place = {session.schedule_id: i for i, session in enumerate(sessions)}
    strangers = [i for i, document in enumerate(documents) if document.schedule_id not in place]
    if strangers:
        raise InvalidPlanError(
            Fault(("shortfalls", i, "scheduleId"), "names no planned schedule") for i in strangers
        )
    return tuple(_shortfall(document, place[document.schedule_id]) for document in documents)


def _shortfall(document: ShortfallDocument, session: int) -> Shortfall:
    return Shortfall(
        session=session,
        shortfall_kwh=document.shortfall_kwh,
        planned_soc=document.planned_soc / PERCENT,
        reasons=tuple(Reason(reason.code, reason.start_ms, reason.end_ms) for reason in document.reasons),
        repairs=tuple(_repair(repair) for repair in document.repairs),
    )


def _repair(document: RepairDocument) -> Repair:
    start_ms, end_ms = document.start_ms, document.end_ms
    window = None if start_ms is None or end_ms is None else (start_ms, end_ms)
    return Repair(document.kind, dict(document.__pydantic_extra__), window)


def _report(solver: SolverDocument, strategy: str) -> SolveReport:
    stages = tuple(StageReport(stage.name, stage.value, stage.bound) for stage in solver.stages)
    named = [i for i, stage in enumerate(stages) if stage.name == strategy]
    return SolveReport(
        engine=solver.engine,
        status=SolveStatus(solver.status),
        stages=stages,
        strategy_stage=named[0] if named else len(stages) - 1,
        certificate=solver.certificate,
        churn=solver.churn,
        phases_ms=solver.phases_ms,
    )
