"""What can be wrong with a change although its shape is right, each fault with its place."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.documents import entries
from api.what_if_schemas import OneMoreChange, RepairChange
from api.what_if_shapes import Path
from optimiser.amendments import RAISE_GROUP_CAP
from optimiser.domain import ChargingSession, PlanRequest, Site
from optimiser.exceptions import Fault
from optimiser.sessions import select_sessions


def one_more_faults(
    body: OneMoreChange, document: Mapping[str, Any], base: PlanRequest, path: Path
) -> Iterator[Fault]:
    """Ids that are taken or do not fit together."""
    schedule, vehicle = body.schedule, body.vehicle
    came = [*entries(document, "schedules"), *entries(document, "recurringSchedules")]
    taken = {entry["id"] for entry in came} | {session.schedule_id for session in base.sessions}
    if schedule.id in taken:
        yield Fault((*path, "schedule", "id"), "a schedule of the request has this id")
    if vehicle is None:
        return
    if vehicle.id in {entry["id"] for entry in entries(document, "vehicles")}:
        yield Fault((*path, "vehicle", "id"), "the request has this vehicle: leave it out here")
    if schedule.ev_id != vehicle.id:
        yield Fault((*path, "schedule", "evId"), "must be the id of the vehicle")


def moved(fault: Fault, path: Path) -> Fault:
    """From its place in the request of its own to its place in the change."""
    names = {"vehicles": "vehicle", "schedules": "schedule"}
    inside = (names[str(fault.path[0])], *fault.path[2:]) if fault.path[0] in names else ()
    return Fault((*path, *inside), fault.message)


def lateness_faults(stays: Sequence[ChargingSession], by_ms: int, now_ms: int, path: Path) -> Iterator[Fault]:
    """A vehicle that is there already cannot be late; of several stays of it the others can."""
    to_come = [stay for stay in stays if stay.arrival_ms > now_ms]
    if stays and not to_come:
        yield Fault((*path, "byMinutes"), "the vehicle has arrived already")
    for stay in to_come:
        if stay.arrival_ms + by_ms >= stay.departure_ms:
            yield Fault((*path, "byMinutes"), f"{stay.schedule_id} would come after its departure")


def departure_faults(
    stays: Sequence[ChargingSession], by_ms: int, now_ms: int, path: Path
) -> Iterator[Fault]:
    """A stay must last beyond its arrival, and beyond now."""
    for stay in stays:
        if stay.departure_ms + by_ms <= max(stay.arrival_ms, now_ms):
            yield Fault((*path, "byMinutes"), f"{stay.schedule_id} would leave before it can charge")


def repair_faults(
    body: RepairChange, named: Sequence[ChargingSession], site: Site, path: Path
) -> Iterator[Fault]:
    """A repair needs its stay, its group, a time that does not end first, and less of a least power."""
    repair, place = body.repair, (*path, "repair")
    kind, _, group_id = repair.kind.partition(":")
    if not named:
        yield Fault((*path, "scheduleId"), "no stay with this id is planned")
    if kind == RAISE_GROUP_CAP and group_id not in {group.group_id for group in site.groups}:
        yield Fault((*place, "kind"), "the site has no group with this id")
    if repair.from_at is not None and repair.to_at is not None and repair.to_at <= repair.from_at:
        yield Fault((*place, "to"), "must be after from")
    for stay in named:
        if repair.to_kw is not None and repair.to_kw > stay.vehicle.min_power_kw:
            yield Fault((*place, "toKw"), "is more than the vehicle's least power")


def planning_faults(request: PlanRequest, path: Path) -> list[Fault]:
    """What keeps the changed request from being planned, at the change that leads to it."""
    messages = [*_stay_messages(request.sessions)]
    if not messages:
        messages += [fault.message for fault in select_sessions(request).faults]
    return [Fault(path, message) for message in messages]


def _stay_messages(sessions: Sequence[ChargingSession]) -> Iterator[str]:
    """What changes that are sound one by one can do together."""
    for session in sessions:
        if session.departure_ms <= session.arrival_ms:
            yield f"{session.schedule_id} would leave before it comes"
    counts = Counter(session.schedule_id for session in sessions)
    yield from (f"{name} would be there twice" for name, count in counts.items() if count > 1)
