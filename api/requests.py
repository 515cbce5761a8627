"""The way in of a plan request: a parsed JSON document becomes what the planner plans.

Every fault is found, not the first, and each names its field. Faults of single vehicles and schedules may
be set aside (`OnInvalid.SKIP`); faults of the request itself, its site or its settings never.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.chargeye import payloads
from adapters.chargeye.checks import stay_faults
from adapters.chargeye.mapping import (
    Stay,
    Surroundings,
    assumptions,
    to_power_rules,
    to_recurring,
    to_session,
)
from adapters.chargeye.sources import CallerSettings
from adapters.chargeye.vehicle_mapping import VehicleSources, to_vehicle, vehicle_faults
from api.schemas import PlanRequestBody, SettingsBody
from api.shape import ENTRY_LISTS, Shape, read_shape
from api.sites import read_site
from optimiser.domain import (
    ChargingSession,
    Notice,
    PlanRequest,
    RecurringSession,
    ShortfallPolicy,
    Site,
    Strategy,
)
from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE, PERCENT, to_ms


class OnInvalid(StrEnum):
    """What becomes of a request in which some vehicles or schedules are wrong."""

    REJECT = "reject"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Rejected:
    """An entry that was set aside: where it is, why, and its id where it has one."""

    pointer: str
    message: str
    id: str | None


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """`plan_request` for the planner, and `document` untouched, so that the answer can give it back."""

    plan_request: PlanRequest
    document: dict[str, object]
    rejected: tuple[Rejected, ...] = ()


@dataclass(slots=True)
class _Reading:
    """What was read so far; `bad_vehicles` are ids whose entry is at fault."""

    faults: list[Fault] = field(default_factory=list)
    bad_vehicles: set[str] = field(default_factory=set)
    seen_ids: set[str] = field(default_factory=set)
    sessions: list[ChargingSession] = field(default_factory=list)
    recurring: list[RecurringSession] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def read_request(
    document: object, *, clock_now_ms: int, on_invalid: OnInvalid = OnInvalid.REJECT
) -> ReadRequest:
    """Read a parsed JSON document; `clock_now_ms` is `now` where the request does not say it.

    Raises:
        InvalidRequestError: with every fault, each with its path; with `OnInvalid.SKIP` only where
            something other than single vehicles and schedules is wrong.
    """
    shape = read_shape(document)
    if shape.body is None or not isinstance(document, dict):
        raise InvalidRequestError(shape.faults)
    body = shape.body
    now_ms = clock_now_ms if body.now is None else to_ms(body.now)
    site, site_faults = read_site(body.site, now_ms)
    reading = _Reading(faults=[*shape.faults, *site_faults, *_settings_faults(body.settings)])
    around = Surroundings(
        now_ms=now_ms,
        settings=_caller_settings(body.settings),
        vehicles={},
        stations={station.station_id: station for station in site.stations},
    )
    _read_vehicles(shape, document, around, reading)
    _read_schedules(shape, around, reading, body, skip=on_invalid is OnInvalid.SKIP)
    rejected = _set_aside(reading.faults, document, on_invalid)
    return ReadRequest(_plan_request(body, now_ms, site, reading), document, rejected)


def _settings_faults(settings: SettingsBody) -> Iterator[Fault]:
    least, largest = settings.ev_min_power_kw, settings.ev_max_power_kw
    if least is not None and largest is not None and least > largest:
        yield Fault(("settings", "evMinPowerkW"), "must not be above evMaxPowerkW")


def _caller_settings(settings: SettingsBody) -> CallerSettings:
    margin, rules = settings.departure_margin_minutes, settings.power_rules
    return CallerSettings(
        margin_ms=None if margin is None else round(margin * MS_PER_MINUTE),
        minimum_soc=_fraction(settings.minimum_soc),
        bulk_soc=_fraction(settings.bulk_soc),
        least_power_kw=settings.ev_min_power_kw,
        largest_power_kw=settings.ev_max_power_kw,
        assumed_start_soc=settings.assumed_start_soc / PERCENT,
        assumed_target_soc=settings.assumed_target_soc / PERCENT,
        power_rules=None if rules is None else to_power_rules(rules),
    )


def _fraction(percent: float | None) -> float | None:
    return None if percent is None else percent / PERCENT


def _read_vehicles(
    shape: Shape, document: dict[str, object], around: Surroundings, reading: _Reading
) -> None:
    """Entries by id; an entry at fault is kept as well, so that its schedules know that it is there."""
    reading.bad_vehicles |= _ids_at(document, shape.faults, "vehicles")
    entries = shape.body.vehicles if shape.body else []
    for place, entry in zip(shape.kept["vehicles"], entries, strict=True):
        path = ("vehicles", place)
        if entry.id in around.vehicles:
            reading.faults.append(Fault((*path, "id"), "another vehicle has this id"))
            continue
        around.vehicles[entry.id] = (entry, path)
        sources = VehicleSources(entry, path, around.settings)
        vehicle = to_vehicle(entry.id, sources, place_limit_kw=None)
        found = list(vehicle_faults(vehicle, sources))
        if found:
            reading.faults += found
            reading.bad_vehicles.add(entry.id)
        elif vehicle.battery_capacity_kwh and vehicle.max_power_kw:
            around.known[entry.id] = vehicle


def _ids_at(document: dict[str, object], faults: tuple[Fault, ...], name: str) -> set[str]:
    ids = {_id_at(document, fault) for fault in faults if fault.path[:1] == (name,)}
    return {found for found in ids if found is not None}


def _id_at(document: dict[str, object], fault: Fault) -> str | None:
    """The id of the vehicle or schedule in which the fault lies."""
    entries = document.get(str(fault.path[0]))
    place = fault.path[1] if len(fault.path) > 1 else None
    if not isinstance(entries, list) or not isinstance(place, int):
        return None
    found = entries[place].get("id") if isinstance(entries[place], dict) else None
    return found if isinstance(found, str) else None


def _read_schedules(
    shape: Shape, around: Surroundings, reading: _Reading, body: PlanRequestBody, *, skip: bool
) -> None:
    horizon_end_ms = around.now_ms + round(body.horizon_hours * MS_PER_HOUR)
    lists = {"schedules": body.schedules, "recurringSchedules": body.recurring_schedules}
    for name, schedules in lists.items():
        for place, schedule in zip(shape.kept[name], schedules, strict=True):
            stay = Stay.of(schedule, (name, place))
            faults = _schedule_faults(stay, around, reading, skip=skip)
            if faults:
                reading.faults += faults
                continue
            _take(stay, around, reading, horizon_end_ms)


def _schedule_faults(stay: Stay, around: Surroundings, reading: _Reading, *, skip: bool) -> list[Fault]:
    """A schedule of a bad vehicle is at fault only where the vehicle's fault does not end it all."""
    schedule, faults = stay.schedule, []
    if schedule.id in reading.seen_ids:
        faults.append(Fault((*stay.source, "id"), "another schedule has this id"))
    reading.seen_ids.add(schedule.id)
    if stay.source[0] == "recurringSchedules" and not _has_rule(schedule):
        faults.append(Fault((*stay.source, "recurrenceRule"), "a recurring schedule needs a rule"))
    found = list(stay_faults(stay, around))
    if not (faults or found or reading.bad_vehicles):
        return []
    if schedule.ev_id in reading.bad_vehicles:
        found = [fault for fault in found if fault.path[:1] != ("vehicles",) and fault.path[2:] != ("evId",)]
    elsewhere = any(fault.path[:2] != stay.source for fault in found)
    if skip and (elsewhere or schedule.ev_id in reading.bad_vehicles):
        found.append(Fault((*stay.source, "evId"), "the entry of this vehicle is wrong"))
    return faults + found


def _has_rule(schedule: payloads.EvSchedule) -> bool:
    return bool((schedule.recurrence_rule or "").strip())


def _take(stay: Stay, around: Surroundings, reading: _Reading, horizon_end_ms: int) -> None:
    """A schedule with a rule recurs, whichever list it came in: one vendor call mixes both kinds."""
    if _has_rule(stay.schedule):
        reading.recurring.append(to_recurring(stay, around))
        reading.notices.extend(assumptions(stay, around, recurring=True))
        return
    reading.sessions.append(to_session(stay, around))
    if stay.departure_ms > around.now_ms and stay.arrival_ms < horizon_end_ms:
        reading.notices.extend(assumptions(stay, around))


def _set_aside(
    faults: list[Fault], document: dict[str, object], on_invalid: OnInvalid
) -> tuple[Rejected, ...]:
    """Raise, unless every fault lies in an entry that may be left out."""
    found = list(dict.fromkeys(faults))
    grave = [fault for fault in found if on_invalid is OnInvalid.REJECT or not _in_entry(fault)]
    if grave:
        raise InvalidRequestError(grave)
    return tuple(Rejected(fault.pointer, fault.message, _id_at(document, fault)) for fault in found)


def _in_entry(fault: Fault) -> bool:
    return len(fault.path) > 1 and fault.path[0] in ENTRY_LISTS


def _plan_request(body: PlanRequestBody, now_ms: int, site: Site, reading: _Reading) -> PlanRequest:
    settings = body.settings
    return PlanRequest(
        now_ms=now_ms,
        horizon_ms=round(body.horizon_hours * MS_PER_HOUR),
        slot_minutes=body.slot_minutes,
        strategy=_strategy(body),
        site=site,
        sessions=tuple(reading.sessions),
        recurring=tuple(reading.recurring),
        shortfall_policy=ShortfallPolicy(settings.shortfall_policy),
        min_run_minutes=settings.min_run_minutes,
        max_pauses=settings.max_pauses,
        notices=tuple(reading.notices),
    )


def _strategy(body: PlanRequestBody) -> Strategy:
    if body.strategy is None:
        return Strategy.COST if body.site.prices else Strategy.PEAK_SUPPRESSION
    return to_strategy(body.strategy)


def to_strategy(name: str) -> Strategy:
    """The strategy of this name, in the vendor's spelling or in the dictionary's."""
    return Strategy.PEAK_SUPPRESSION if name == "peak-suppression" else Strategy(name)
