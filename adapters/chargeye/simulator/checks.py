"""What the simulator does not accept. The vendor documents no 400 or 404; status and text are ours."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import HTTPException

from adapters.chargeye.simulator.rules import Entry, arrival_ms, departure_ms, instant_ms, is_recurring

_LEAST = {"fullChargeEnergykWh": 1, "maxChargePowerkW": 1, "minChargePowerkW": 0}


def bad_request(message: str) -> HTTPException:
    """A 400 that says what is wrong."""
    return HTTPException(400, message)


def found(table: Mapping[str, Any], key: str, what: str) -> Any:
    """The entry of a table, or a 404."""
    if key not in table:
        raise HTTPException(404, f"no {what} {key!r}")
    return table[key]


def objects(body: object, name: str) -> list[Entry]:
    """The list of objects under a name of the body."""
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise bad_request(f"{name} is not a list of objects")
    return value


def replace_flag(body: Mapping[str, object]) -> bool:
    """`replaceFutureSchedules`, false where it is absent."""
    flag = body.get("replaceFutureSchedules", False)
    if not isinstance(flag, bool):
        raise bad_request("replaceFutureSchedules is not a boolean")
    return flag


def check_posted(entries: list[Entry], knows_location: Callable[[str], bool], now_ms: int) -> None:
    """Location and times are there and make sense, and no dated entry is already over."""
    for place, entry in enumerate(entries):
        for name in ("locationUid", "plannedArrivalTime", "plannedDepartureTime"):
            if name not in entry:
                raise bad_request(f"schedules[{place}].{name} is missing")
        _check_fields(entry, place, knows_location)
        if not is_recurring(entry) and departure_ms(entry) <= now_ms:
            raise bad_request(f"schedules[{place}].plannedDepartureTime is in the past")


def check_distinct_departures(entries: list[Entry]) -> None:
    """A replace knows entries by their departure, so two with one departure have no meaning."""
    departures = [departure_ms(entry) for entry in entries if not is_recurring(entry)]
    if len(set(departures)) < len(departures):
        raise bad_request("two schedules have one plannedDepartureTime")


def check_patches(
    changes: list[Entry], stored: Mapping[str, Entry], knows_location: Callable[[str], bool]
) -> None:
    """Every patch names an entry, and what it would become makes sense."""
    for place, change in enumerate(changes):
        if not isinstance(change.get("id"), str):
            raise bad_request(f"schedules[{place}].id is missing")
        if change["id"] in stored:
            _check_fields({**stored[change["id"]], **change}, place, knows_location)


def check_vehicle(body: object) -> dict[str, Any]:
    """A vehicle's attributes within the documented bounds."""
    if not isinstance(body, dict):
        raise bad_request("the body is not an object")
    for name, least in _LEAST.items():
        if name in body and not (_is_number(body[name]) and body[name] >= least):
            raise bad_request(f"{name} is not a number of at least {least}")
    return body


def _check_fields(entry: Entry, place: int, knows_location: Callable[[str], bool]) -> None:
    if not isinstance(entry["locationUid"], str) or not knows_location(entry["locationUid"]):
        raise bad_request(f"schedules[{place}].locationUid is not a known location")
    for name in ("plannedArrivalTime", "plannedDepartureTime"):
        _check_time(entry[name], f"schedules[{place}].{name}")
    if arrival_ms(entry) >= departure_ms(entry):
        raise bad_request(f"schedules[{place}] departs before it arrives")
    for name in ("startSoC", "targetSoC"):
        if entry.get(name) is not None and not (_is_number(entry[name]) and 0 <= entry[name] <= 100):
            raise bad_request(f"schedules[{place}].{name} is not a percentage")


def _check_time(value: object, name: str) -> None:
    try:
        instant_ms(str(value))
    except ValueError:
        raise bad_request(f"{name} is not an ISO 8601 time with an offset") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
