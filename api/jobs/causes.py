"""Why a site is planned again: what has changed at it since it was planned last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adapters.chargeye.guards import instant_ms
from adapters.chargeye.mapping import STRATEGY_VERSION_PREFIX
from api.jobs.evidence import under_way

JsonObject = Mapping[str, Any]

_SOC_POINTS = 5.0
_CAP_KW = 0.1
_NAMED = 3


class Trigger(StrEnum):
    """The `planMeta.trigger` of a plan; the vendor's list is open. The order is that of urgency."""

    EV_CONNECTED = "ev-connected"
    DEPARTURE_CHANGED = "departure-changed"
    POWER_CAP_CHANGED = "power-cap-changed"
    SOC_DEVIATION = "soc-deviation"
    SCHEDULE_CHANGED = "schedule-changed"
    TIMER = "timer"
    MANUAL = "manual"


_URGENCY = {trigger: place for place, trigger in enumerate(Trigger)}


@dataclass(frozen=True, slots=True)
class Cause:
    """A trigger, with a sentence for people."""

    trigger: Trigger
    description: str


@dataclass(frozen=True, slots=True)
class Stay:
    """What a plan goes by, as text and numbers just as they came."""

    vehicle_id: str
    arrival: str
    departure: str
    rest: tuple[object, ...]
    ours: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """A site as it was seen once. `plugged` is station by vehicle, `soc_error` the measured less the
    planned SoC in points by vehicle, `cap_kw` the cap at that instant, None where it is not known.
    """

    stays: Mapping[str, Stay] = field(default_factory=dict)
    plugged: Mapping[str, str] = field(default_factory=dict)
    soc_error: Mapping[str, float] = field(default_factory=dict)
    cap_kw: float | None = None


def sight_of_request(document: JsonObject, now_ms: int) -> Sight:
    """What a plan request shows, whose schedules hold the plans that run."""
    schedules = document["schedules"]
    return Sight(
        stays=dict(_stays(schedules, now_ms)),
        plugged=_plugged(schedules, now_ms),
        soc_error=dict(_soc_errors(schedules, now_ms)),
        cap_kw=_at(document["site"].get("powerCapKw"), "powerCapKw", now_ms),
    )


def sight_of_plan(response: JsonObject, then_ms: int, now_ms: int) -> Sight:
    """What a plan response says of when it was made (`then_ms`), with the cap that it foresaw for now."""
    schedules = response["schedules"]
    cap_kw = _at(response["site"]["slots"], "powerCapKw", now_ms)
    return Sight(dict(_stays(schedules, now_ms)), _plugged(schedules, then_ms), {}, cap_kw)


def causes(before: Sight, after: Sight) -> tuple[Cause, ...]:
    """What has changed, the most urgent first."""
    found = [*_arrivals(before, after), *_stay_changes(before, after), *_soc_changes(before, after)]
    if before.cap_kw is not None and after.cap_kw is not None and abs(before.cap_kw - after.cap_kw) > _CAP_KW:
        sentence = f"the site's cap is {after.cap_kw:g} kW, not {before.cap_kw:g} kW"
        found.append(Cause(Trigger.POWER_CAP_CHANGED, sentence))
    return tuple(sorted(found, key=lambda cause: _URGENCY[cause.trigger]))


def together(found: Sequence[Cause]) -> Cause:
    """Several causes as one: the most urgent trigger, the first few sentences."""
    named = "; ".join(cause.description for cause in found[:_NAMED])
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return Cause(found[0].trigger, named + more)


def _stays(schedules: Sequence[JsonObject], now_ms: int) -> Iterator[tuple[str, Stay]]:
    for entry in schedules:
        try:
            over = instant_ms(entry["plannedDepartureTime"]) <= now_ms
            schedule_id, vehicle_id, arrival = entry["id"], entry["evId"], entry["plannedArrivalTime"]
        except (KeyError, TypeError, ValueError):
            continue
        if not over:
            rest = tuple(entry.get(name) for name in ("startSoC", "targetSoC", "locationUid"))
            ours = _is_ours(entry)
            yield schedule_id, Stay(vehicle_id, arrival, entry["plannedDepartureTime"], rest, ours)


def _is_ours(entry: JsonObject) -> bool:
    version = (entry.get("planMeta") or {}).get("strategyVersion")
    return isinstance(version, str) and version.startswith(STRATEGY_VERSION_PREFIX)


def _plugged(schedules: Sequence[JsonObject], now_ms: int) -> dict[str, str]:
    here = (entry for entry in schedules if entry.get("stationId") and under_way(entry, now_ms))
    return {str(entry.get("evId")): str(entry["stationId"]) for entry in here}


def _soc_errors(schedules: Sequence[JsonObject], now_ms: int) -> Iterator[tuple[str, float]]:
    for entry in schedules:
        measured = entry.get("currentSoC")
        if measured is not None and under_way(entry, now_ms):
            planned = _planned_soc((entry.get("plan") or {}).get("segments") or (), now_ms)
            if planned is not None:
                yield str(entry.get("evId")), measured - planned


def _planned_soc(segments: Sequence[JsonObject], now_ms: int) -> float | None:
    """The SoC [%] that a plan foresaw for now, between the ends of the segment."""
    for segment in segments:
        start, end = segment.get("from"), segment.get("to")
        first, last = segment.get("startSoc"), segment.get("endSoc")
        if None not in (start, end, first, last) and start <= now_ms < end:  # type: ignore[operator]
            return first + (last - first) * (now_ms - start) / (end - start)  # type: ignore[operator,no-any-return]
    return None


def _at(series: object, name: str, now_ms: int) -> float | None:
    """The value at an instant of a number or a list of steps."""
    if isinstance(series, int | float):
        return float(series)
    steps = [step for step in series or () if instant_ms(step["from"]) <= now_ms]  # type: ignore[attr-defined]
    latest = max(steps, key=lambda step: instant_ms(step["from"]), default=None)
    return None if latest is None else float(latest[name])


def _arrivals(before: Sight, after: Sight) -> Iterator[Cause]:
    for vehicle_id, station_id in after.plugged.items():
        if before.plugged.get(vehicle_id) != station_id:
            yield Cause(Trigger.EV_CONNECTED, f"vehicle {vehicle_id} connected at station {station_id}")


def _stay_changes(before: Sight, after: Sight) -> Iterator[Cause]:
    left = dict(before.stays)
    for name, stay in after.stays.items():
        was = _taken(left, name, stay)
        if was is not None:
            yield from _one_stay_changes(was, stay)
        elif not stay.ours:
            yield Cause(Trigger.SCHEDULE_CHANGED, f"vehicle {stay.vehicle_id} has a new schedule")
    for stay in left.values():
        sentence = f"vehicle {stay.vehicle_id} does not come at {stay.arrival}"
        yield Cause(Trigger.SCHEDULE_CHANGED, sentence)


def _taken(left: dict[str, Stay], name: str, stay: Stay) -> Stay | None:
    """What the stay was before: by its id, or, as ids do not survive everything, by either of its times."""
    for same in ("departure", "arrival"):
        if name in left:
            break
        mine = (stay.vehicle_id, getattr(stay, same))
        name = next((n for n, was in left.items() if (was.vehicle_id, getattr(was, same)) == mine), name)
    return left.pop(name, None)


def _one_stay_changes(was: Stay, stay: Stay) -> Iterator[Cause]:
    name = f"vehicle {stay.vehicle_id}"
    if was.departure != stay.departure:
        sentence = f"{name} departs at {stay.departure}, not at {was.departure}"
        yield Cause(Trigger.DEPARTURE_CHANGED, sentence)
    if was.arrival != stay.arrival:
        sentence = f"{name} arrives at {stay.arrival}, not at {was.arrival}"
        yield Cause(Trigger.SCHEDULE_CHANGED, sentence)
    if was.rest != stay.rest:
        yield Cause(Trigger.SCHEDULE_CHANGED, f"{name} starts or ends its charge otherwise")


def _soc_changes(before: Sight, after: Sight) -> Iterator[Cause]:
    for vehicle_id, error in after.soc_error.items():
        was = before.soc_error.get(vehicle_id, 0.0)
        if min(abs(error), abs(error - was)) > _SOC_POINTS:
            side = "above" if error > 0 else "below"
            sentence = f"vehicle {vehicle_id} is {abs(error):.1f} SoC points {side} its plan"
            yield Cause(Trigger.SOC_DEVIATION, sentence)
