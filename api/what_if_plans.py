"""Whole plans of changed requests, for those who want to see what a change does."""

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter

from adapters.chargeye.plan_payload import DECIMALS, Json, occurrence_schedule
from api.documents import entries
from api.ids import new_id
from api.requests import ReadRequest
from api.responses import render_plan
from api.service import refuse_breaches
from optimiser.domain import ChargingSession
from optimiser.key_figures import KeyFigures, figures_of
from optimiser.planner import plan_site
from optimiser.units import PERCENT, iso_z
from optimiser.what_if import Change, apply


def whole_plan(
    read: ReadRequest, change: Change, schedules: Mapping[str, Json], *, engine: str, created_at_ms: int
) -> tuple[KeyFigures, Json]:
    """The figures and the plan response of a changed request, checked as every plan is.

    `schedules` are those that only the change has, by id. In the response every planned stay is a dated
    schedule with the times and SoC that it has by the change. Raises SelfCheckError.
    """
    changed = _changed(read, change, schedules)
    plan = plan_site(changed.plan_request, engine=engine, seconds=perf_counter)
    refuse_breaches(changed, plan)
    response = render_plan(
        changed,
        plan,
        plan_id=new_id(created_at_ms),
        created_at_ms=created_at_ms,
        trigger_description="Planned for a what-if question",
    )
    return figures_of(plan), response


def _changed(read: ReadRequest, change: Change, schedules: Mapping[str, Json]) -> ReadRequest:
    """The changed request as if it had come so, with a document that says what it plans."""
    request = apply(change, read.plan_request)
    came = {session.schedule_id: session for session in read.plan_request.sessions}
    documents = [_schedule(read, session, came, schedules) for session in request.sessions]
    sessions = tuple(
        replace(session, source=("schedules", place)) for place, session in enumerate(request.sessions)
    )
    document = {**read.document, "schedules": documents, "recurringSchedules": []}
    return ReadRequest(replace(request, sessions=sessions), document)


def _schedule(
    read: ReadRequest,
    session: ChargingSession,
    came: Mapping[str, ChargingSession],
    schedules: Mapping[str, Json],
) -> Json:
    array, place = session.source
    found = schedules.get(session.schedule_id) or entries(read.document, array)[place]
    if found["id"] != session.schedule_id:
        found = occurrence_schedule(found, session)
    before = came.get(session.schedule_id, session)
    return found if before == session else {**found, **_what_differs(before, session)}


def _what_differs(before: ChargingSession, session: ChargingSession) -> Json:
    said = {
        "plannedArrivalTime": (before.arrival_ms, session.arrival_ms, iso_z(session.arrival_ms)),
        "plannedDepartureTime": (before.departure_ms, session.departure_ms, iso_z(session.departure_ms)),
        "startSoC": (before.soc, session.soc, round(session.soc * PERCENT, DECIMALS)),
        "targetSoC": (before.target_soc, session.target_soc, round(session.target_soc * PERCENT, DECIMALS)),
    }
    return {name: text for name, (was, becomes, text) in said.items() if was != becomes}
