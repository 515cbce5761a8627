"""What a full replace must hold, and whether it was taken: pure functions over schedules as they travel.

A replace deletes what it leaves out. So what is sent is everything of the vehicle that is still to end,
just as it was read a moment before, with our plans put in; a schedule is known by its departure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from adapters.chargeye.guards import instant_ms
from adapters.chargeye.plan_change import AS_SENT, WORTH_SENDING, plans_differ
from adapters.chargeye.wire import ScheduleJson
from optimiser.units import iso_z

# Ours on a schedule of a plan request; the platform has no place for them.
OUR_FIELDS = ("currentSoC", "stationId", "connectorId")

_PLAN_FIELDS = ("plan", "planMeta")
_STAY_FIELDS = ("locationUid", "startSoC", "targetSoC")
_INNER_INPUTS = ("tx", "priority", "settings")
_FAR_MS = 2**62

Planned = Mapping[int, ScheduleJson]
"""Schedules with a plan of ours, by departure [epoch ms]."""


def departure_ms(schedule: Mapping[str, Any]) -> int | None:
    """The departure, None where it cannot be read."""
    try:
        return instant_ms(schedule["plannedDepartureTime"])
    except (KeyError, TypeError, ValueError):
        return None


def by_departure(schedules: Iterable[ScheduleJson]) -> dict[int, ScheduleJson]:
    """Schedules by their departure; those whose departure cannot be read are left out."""
    known = ((departure_ms(schedule), schedule) for schedule in schedules)
    return {departure: schedule for departure, schedule in known if departure is not None}


def to_come(schedules: Iterable[ScheduleJson], now_ms: int) -> list[ScheduleJson]:
    """The dated ones that are still to end; a replace leaves recurring ones alone.

    One whose departure cannot be read stays in: what is not understood must not be left out.
    """
    dated = (entry for entry in schedules if not entry.get("recurrenceRule"))
    return [entry for entry in dated if (departure_ms(entry) or _FAR_MS) > now_ms]


def arrives_before(schedule: ScheduleJson, instant: int) -> bool:
    """Also true where the arrival cannot be read."""
    try:
        return instant_ms(schedule["plannedArrivalTime"]) < instant
    except (KeyError, TypeError, ValueError):
        return True


def ends_about(schedules: Iterable[ScheduleJson], now_ms: int, doubt_ms: int) -> bool:
    """Whether a dated one ends within `doubt_ms` of now, before or after."""
    departures = (departure_ms(entry) for entry in schedules if not entry.get("recurrenceRule"))
    return any(departure is not None and abs(departure - now_ms) <= doubt_ms for departure in departures)


def inputs_differ(seen: Sequence[ScheduleJson], fresh: Sequence[ScheduleJson]) -> bool:
    """Whether what a plan goes by has changed between two readings of the same schedules."""
    return _inputs(seen) != _inputs(fresh)


def _inputs(schedules: Sequence[ScheduleJson]) -> list[tuple[str, Mapping[str, Any]]]:
    return sorted(((str(entry.get("id")), _input(entry)) for entry in schedules), key=lambda item: item[0])


def _input(schedule: ScheduleJson) -> Mapping[str, Any]:
    """All but the plan, and of the plan what the planner reads even where it makes a new one."""
    plan, meta = schedule.get("plan") or {}, schedule.get("planMeta") or {}
    inner = plan.get("schedule") or {}
    frozen = bool(meta.get("frozen"))
    return {
        **{name: value for name, value in schedule.items() if name not in _PLAN_FIELDS},
        "inner": {name: inner.get(name) for name in _INNER_INPUTS},
        "preconditioning": (inner.get("ev") or {}).get("preconditioning"),
        "frozen": plan.get("segments") if frozen else None,
    }


def changed_departures(
    planned: Planned, seen: Sequence[ScheduleJson], now_ms: int, *, force: bool = False
) -> list[int]:
    """Departures whose plan is not, or not nearly, the one that the platform has."""
    there = by_departure(to_come(seen, now_ms))
    return [
        departure
        for departure, schedule in planned.items()
        if force
        or departure not in there
        or plans_differ(there[departure].get("plan"), schedule["plan"], now_ms, departure, WORTH_SENDING)
    ]


def full_list(
    fresh: Sequence[ScheduleJson], planned: Planned, location_uid: str, now_ms: int
) -> list[ScheduleJson]:
    """Everything of a vehicle that is still to end, our plans put in; planned occurrences are new."""
    left = dict(planned)
    entries = [_with_plan(entry, left, location_uid) for entry in to_come(fresh, now_ms)]
    new = [_without_our_fields(schedule) for departure, schedule in left.items() if departure > now_ms]
    return entries + new


def _with_plan(entry: ScheduleJson, left: dict[int, ScheduleJson], location_uid: str) -> ScheduleJson:
    departure = departure_ms(entry) if entry.get("locationUid") == location_uid else None
    planned = None if departure is None else left.pop(departure, None)
    return _without_our_fields(entry) if planned is None else _planned_entry(entry, planned)


def _planned_entry(entry: ScheduleJson, planned: ScheduleJson) -> ScheduleJson:
    """The entry as the platform has it now, what has happened included; only the plan is ours."""
    past = (entry.get("plan") or {}).get("pastSegments") or []
    plan = {**(planned["plan"] or {}), "pastSegments": past}
    return _without_our_fields(ScheduleJson(**{**entry, "plan": plan, "planMeta": planned["planMeta"]}))


def _without_our_fields(schedule: ScheduleJson) -> ScheduleJson:
    return cast(ScheduleJson, {name: value for name, value in schedule.items() if name not in OUR_FIELDS})


def plan_patches(
    fresh: Sequence[ScheduleJson], planned: Planned, location_uid: str, now_ms: int
) -> list[ScheduleJson]:
    """`{id, plan, planMeta}` for every planned schedule that the platform has."""
    entries = full_list(fresh, planned, location_uid, now_ms)
    known = {entry["id"] for entry in to_come(fresh, now_ms) if "id" in entry}
    return [
        ScheduleJson(id=entry["id"], plan=entry["plan"], planMeta=entry["planMeta"])
        for entry in entries
        if entry.get("id") in known and departure_ms(entry) in planned
    ]


def not_as_sent(sent: Sequence[ScheduleJson], found: Sequence[ScheduleJson], now_ms: int) -> Iterator[str]:
    """What the platform does not have as it was sent: one sentence each."""
    dated = to_come(found, now_ms)
    for departure, entry in by_departure(sent).items():
        same = [other for other in dated if departure_ms(other) == departure]
        if len(same) != 1:
            yield f"{len(same)} schedules depart at {iso_z(departure)}, not one"
        elif not _same_stay(entry, same[0]):
            yield f"the schedule that departs at {iso_z(departure)} is not as sent"
        elif plans_differ(same[0].get("plan"), entry.get("plan"), now_ms, departure, AS_SENT):
            yield f"the plan until {iso_z(departure)} is not as sent"


def _same_stay(sent: ScheduleJson, found: ScheduleJson) -> bool:
    """Place, SoCs and arrival; the platform may spell a time in another way."""
    if any(sent.get(name) != found.get(name) for name in _STAY_FIELDS if name in sent):
        return False
    try:
        return instant_ms(sent["plannedArrivalTime"]) == instant_ms(found["plannedArrivalTime"])
    except (KeyError, TypeError, ValueError):
        return False
