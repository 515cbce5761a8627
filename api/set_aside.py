"""Entries whose fault shows only on the calendar (a rule without end, two stays that overlap), left out.

Reading a request leaves out what is wrong with an entry by itself; this is the other half of
`onInvalid=skip`, and making a plan and checking it both go through it.
"""

from dataclasses import replace

from api.documents import entries
from api.requests import ReadRequest, Rejected
from optimiser.domain import PlanRequest
from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.sessions import dated_sessions

_SCHEDULE_LISTS = ("schedules", "recurringSchedules")


def without_unplannable(read: ReadRequest) -> ReadRequest:
    """The request without the schedules that cannot be planned, these listed as rejected.

    Raises InvalidRequestError for faults that are not a schedule's own.
    """
    while faults := _planning_faults(read.plan_request):
        if any(fault.path[:1] not in {(name,) for name in _SCHEDULE_LISTS} for fault in faults):
            raise InvalidRequestError(faults)
        read = _without(read, faults)
    return read


def _planning_faults(request: PlanRequest) -> tuple[Fault, ...]:
    try:
        dated_sessions(request)
    except InvalidRequestError as error:
        return error.faults
    return ()


def _without(read: ReadRequest, faults: tuple[Fault, ...]) -> ReadRequest:
    request, bad = read.plan_request, {fault.path[:2] for fault in faults}
    rejected = tuple(Rejected(fault.pointer, fault.message, _id_at(read, fault)) for fault in faults)
    gone = {entry.id for entry in rejected}
    kept = replace(
        request,
        sessions=tuple(session for session in request.sessions if session.source not in bad),
        recurring=tuple(rule for rule in request.recurring if rule.template.source not in bad),
        notices=tuple(notice for notice in request.notices if notice.schedule_id not in gone - {None}),
    )
    return replace(read, plan_request=kept, rejected=read.rejected + rejected)


def _id_at(read: ReadRequest, fault: Fault) -> str:
    name, place = fault.path[:2]
    found: str = entries(read.document, str(name))[int(place)]["id"]
    return found
