"""Writes to ChargEye that are never wanted are refused here, before anything is sent."""

from collections.abc import Sequence
from datetime import datetime

from adapters.chargeye.wire import JsonObject, ScheduleJson, VehicleJson
from adapters.exceptions import UnsafeWriteError
from optimiser.units import iso_z, to_ms

# Part of what is read, but not of what may be written: the path names the vehicle, the vendor the id.
_NOT_POSTED = ("id", "evId")
_NOT_WRITTEN_TO_VEHICLE = ("id", "v2icp", "vin")


def instant_ms(text: str) -> int:
    """Epoch milliseconds of a ChargEye time. Raises ValueError where it is no ISO 8601 time with offset."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time without an offset")
    return to_ms(instant)


def posted(vehicle_id: str, schedules: Sequence[ScheduleJson], now_ms: int) -> list[JsonObject]:
    """The bodies of a POST, every field kept but `id` and `evId`.

    Raises UnsafeWriteError for another vehicle's schedule, a recurring one, one without location or
    readable times, one that is already over, and two with one departure: ChargEye knows schedules by it.
    """
    departures = [_checked_departure_ms(vehicle_id, schedule, now_ms) for schedule in schedules]
    _refuse_twins(departures)
    return [_without(dict(schedule), _NOT_POSTED) for schedule in schedules]


def refuse_empty(schedules: Sequence[ScheduleJson], *, allow_empty: bool) -> None:
    """An empty replace would delete the vehicle's whole future, the running stay included."""
    if not schedules and not allow_empty:
        raise UnsafeWriteError("an empty list would delete every schedule that is still to end")


def patches(changes: Sequence[ScheduleJson], now_ms: int) -> list[JsonObject]:
    """The bodies of a PATCH. Raises UnsafeWriteError without an id, or for a departure that is over."""
    for change in changes:
        if not change.get("id"):
            raise UnsafeWriteError("a patch without the id of its schedule")
        if "plannedDepartureTime" in change:
            _future_departure_ms(change, now_ms)
    return [_without(dict(change), ("evId",)) for change in changes]


def vehicle_body(vehicle_id: str, vehicle: VehicleJson) -> JsonObject:
    """What may be written of a vehicle. Raises UnsafeWriteError where it is another one."""
    if vehicle.get("id", vehicle_id) != vehicle_id:
        raise UnsafeWriteError(f"vehicle {vehicle['id']!r} is not {vehicle_id!r}")
    return _without(dict(vehicle), _NOT_WRITTEN_TO_VEHICLE)


def _checked_departure_ms(vehicle_id: str, schedule: ScheduleJson, now_ms: int) -> int:
    name = f"schedule {schedule.get('id', 'without id')!r}"
    if schedule.get("evId", vehicle_id) != vehicle_id:
        raise UnsafeWriteError(f"{name} belongs to vehicle {schedule['evId']!r}, not to {vehicle_id!r}")
    if schedule.get("recurrenceRule"):
        raise UnsafeWriteError(f"{name} recurs; what a write does to such schedules is not documented")
    if not schedule.get("locationUid"):
        raise UnsafeWriteError(f"{name} has no locationUid")
    if _time_ms(schedule, "plannedArrivalTime") >= _time_ms(schedule, "plannedDepartureTime"):
        raise UnsafeWriteError(f"{name} departs before it arrives")
    return _future_departure_ms(schedule, now_ms)


def _future_departure_ms(schedule: ScheduleJson, now_ms: int) -> int:
    departure_ms = _time_ms(schedule, "plannedDepartureTime")
    if departure_ms <= now_ms:
        raise UnsafeWriteError(f"schedule {schedule.get('id', 'without id')!r} is over at {iso_z(now_ms)}")
    return departure_ms


def _time_ms(schedule: ScheduleJson, name: str) -> int:
    try:
        return instant_ms(str(schedule.get(name)))
    except ValueError:
        raise UnsafeWriteError(
            f"schedule {schedule.get('id', 'without id')!r}: {name} is not a time with an offset"
        ) from None


def _refuse_twins(departures_ms: Sequence[int]) -> None:
    twins = {departure for departure in departures_ms if departures_ms.count(departure) > 1}
    if twins:
        raise UnsafeWriteError(f"two schedules depart at {iso_z(min(twins))}; only one would be left")


def _without(body: JsonObject, names: Sequence[str]) -> JsonObject:
    return {name: value for name, value in body.items() if name not in names}
