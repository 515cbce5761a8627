"""The stay that evidence of now bears on: each vehicle's current or next one, dated or of a rule."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.evenergy.payloads import instant_ms
from optimiser.domain import ChargingSession, RecurringSession, Vehicle
from optimiser.exceptions import InvalidRequestError
from optimiser.recurrence import occurrences
from optimiser.units import MS_PER_DAY, iso_z

Json = dict[str, Any]

# Far enough for the next occurrence of a weekly rule, near enough that a daily one yields few.
_AHEAD_MS = 8 * MS_PER_DAY
_ANY_VEHICLE = Vehicle("", 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Stay:
    """An EvSchedule with its times. `index` is its place among the dated ones, None for an occurrence."""

    entry: Json
    arrival_ms: int
    departure_ms: int
    index: int | None = None

    def overlaps(self, other: "Stay") -> bool:
        """Whether a dated stay takes an occurrence's place."""
        meets = self.arrival_ms < other.departure_ms and other.arrival_ms < self.departure_ms
        return meets or self.departure_ms == other.departure_ms


def current_stays(document: Json, vehicle_ids: Iterable[str], now_ms: int) -> dict[str, Stay]:
    """By vehicle, the first stay of a plan request that is not over.

    What cannot be read is passed over: the planner says what is wrong with it.
    """
    wanted = frozenset(vehicle_ids)
    dated: defaultdict[str, list[Stay]] = defaultdict(list)
    for index, entry in _entries(document, "schedules", wanted):
        if (times := _times(entry)) and times[1] > now_ms:
            dated[entry["evId"]].append(Stay(entry, *times, index))
    stays = {vehicle_id: list(found) for vehicle_id, found in dated.items()}
    for stay in _occurrences(document, wanted, now_ms):
        vehicle_id = stay.entry["evId"]
        if not any(stay.overlaps(other) for other in dated.get(vehicle_id, ())):
            stays.setdefault(vehicle_id, []).append(stay)
    return {vehicle_id: min(found, key=lambda stay: stay.arrival_ms) for vehicle_id, found in stays.items()}


def _entries(document: Json, name: str, wanted: frozenset[str]) -> Iterator[tuple[int, Json]]:
    entries = document.get(name)
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and isinstance(entry.get("evId"), str) and entry["evId"] in wanted:
            yield index, entry


def _times(entry: Mapping[str, Any]) -> tuple[int, int] | None:
    try:
        arrival_ms, departure_ms = (
            instant_ms(entry[name]) for name in ("plannedArrivalTime", "plannedDepartureTime")
        )
    except (KeyError, TypeError, ValueError):
        return None
    return (arrival_ms, departure_ms) if arrival_ms < departure_ms else None


def _occurrences(document: Json, wanted: frozenset[str], now_ms: int) -> Iterator[Stay]:
    zone = _zone(document)
    for _, entry in _entries(document, "recurringSchedules", wanted):
        times, rule = _times(entry), entry.get("recurrenceRule")
        if zone and times and isinstance(rule, str):
            template = ChargingSession(str(entry.get("id")), _ANY_VEHICLE, *times, soc=0.0, target_soc=1.0)
            yield from _next_of(entry, RecurringSession(template, rule), zone, now_ms)


def _next_of(entry: Json, recurring: RecurringSession, zone: ZoneInfo, now_ms: int) -> Iterator[Stay]:
    try:
        for dated in occurrences(recurring, zone, now_ms, now_ms + _AHEAD_MS):
            yield Stay(_dated(entry, dated), dated.arrival_ms, dated.departure_ms)
    except InvalidRequestError:
        return


def _dated(entry: Json, dated: ChargingSession) -> Json:
    """An occurrence as the planner would give it back; what its rule's plan did before is not its own."""
    times = {
        "plannedArrivalTime": iso_z(dated.arrival_ms),
        "plannedDepartureTime": iso_z(dated.departure_ms),
    }
    kept = {name: value for name, value in entry.items() if name != "recurrenceRule"}
    return {**kept, "id": dated.schedule_id, **times}


def _zone(document: Json) -> ZoneInfo | None:
    site = document.get("site")
    try:
        return ZoneInfo(site["timeZone"]) if isinstance(site, dict) else None
    except (KeyError, TypeError, ValueError, OSError, ZoneInfoNotFoundError):
        return None
