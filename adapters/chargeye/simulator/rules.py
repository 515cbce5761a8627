"""What ChargEye does with the schedules of one vehicle: add, replace, patch, look up.

Pure functions over entries, which are EvSchedule objects just as they came (JSON objects by id), so that
unknown fields stay. What the vendor's page says and what is our reading is told in this package's README.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from optimiser.units import to_ms

Entry = dict[str, Any]
Entries = dict[str, Entry]


@dataclass(frozen=True, slots=True)
class Written:
    """What a POST did: ids in request order (updated ones included), and what a replace removed."""

    ids: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def instant_ms(text: str) -> int:
    """Epoch milliseconds of an ISO 8601 time with offset. Raises ValueError where it is none."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("a time without an offset")
    return to_ms(instant)


def check_times(entry: Entry) -> None:
    """Raises KeyError, TypeError or ValueError where the entry has no usable place and times."""
    if not entry["locationUid"] or arrival_ms(entry) >= departure_ms(entry):
        raise ValueError("a schedule without a location, or one that departs before it arrives")


def arrival_ms(entry: Entry) -> int:
    """When the vehicle comes."""
    return instant_ms(entry["plannedArrivalTime"])


def departure_ms(entry: Entry) -> int:
    """When the vehicle leaves: what a replace knows an entry by."""
    return instant_ms(entry["plannedDepartureTime"])


def is_recurring(entry: Entry) -> bool:
    """Recurring entries are listed apart, and a replace leaves them alone."""
    return bool(entry.get("recurrenceRule"))


def is_ongoing(entry: Entry, now_ms: int) -> bool:
    """The vehicle is at the depot by plan."""
    return arrival_ms(entry) <= now_ms < departure_ms(entry)


def add(entries: Entries, posted: Iterable[Entry], vehicle_id: str, new_id: Callable[[], str]) -> Written:
    """POST without the flag: every entry is new, even one that is already there."""
    return Written(ids=[_create(entries, entry, vehicle_id, new_id) for entry in posted])


def replace_future(
    entries: Entries,
    posted: list[Entry],
    vehicle_id: str,
    now_ms: int,
    recent_ms: int,
    new_id: Callable[[], str],
) -> Written:
    """POST with `replaceFutureSchedules`: afterwards the vehicle's future is what was posted."""
    scope = [key for key, entry in entries.items() if _is_future(entry, now_ms)]
    matches = _matches(entries, posted, scope, now_ms, recent_ms)
    ids = [
        _update(entries, matches[place], entry)
        if place in matches
        else _create(entries, entry, vehicle_id, new_id)
        for place, entry in enumerate(posted)
    ]
    removed = [key for key in scope if key not in matches.values()]
    for key in removed:
        del entries[key]
    return Written(ids, removed)


def patch(entries: Entries, changes: Iterable[Entry], now_ms: int) -> list[str]:
    """PATCH: change the named entries; the ids that are unknown or already over come back."""
    skipped = []
    for change in changes:
        entry = entries.get(change["id"])
        if entry is None or _is_over(entry, now_ms):
            skipped.append(change["id"])
        else:
            _update(entries, change["id"], change)
    return skipped


def current_and_previous(entries: Entries, now_ms: int) -> tuple[Entry | None, Entry | None]:
    """The ongoing entry, else the nearest to come; and the one that ended last. Dated entries only."""
    dated = [entry for entry in entries.values() if not is_recurring(entry)]
    coming = [entry for entry in dated if departure_ms(entry) > now_ms]
    ended = [entry for entry in dated if departure_ms(entry) <= now_ms]
    return min(coming, key=arrival_ms, default=None), max(ended, key=departure_ms, default=None)


def overlapping(entries: Iterable[Entry], start_ms: int | None, end_ms: int | None) -> list[Entry]:
    """The entries that touch `[start_ms, end_ms)`; None is open."""
    later = [entry for entry in entries if start_ms is None or departure_ms(entry) > start_ms]
    return [entry for entry in later if end_ms is None or arrival_ms(entry) < end_ms]


def _is_future(entry: Entry, now_ms: int) -> bool:
    return not is_recurring(entry) and departure_ms(entry) > now_ms


def _is_over(entry: Entry, now_ms: int) -> bool:
    return not is_recurring(entry) and departure_ms(entry) <= now_ms


def _matches(
    entries: Entries, posted: list[Entry], scope: list[str], now_ms: int, recent_ms: int
) -> dict[int, str]:
    """Place in `posted` -> id: first by departure instant, then the running stay by being under way."""
    matches: dict[int, str] = {}
    dated = [(place, entry) for place, entry in enumerate(posted) if not is_recurring(entry)]
    for place, entry in dated:
        same = [key for key in scope if departure_ms(entries[key]) == departure_ms(entry)]
        _match_first(matches, place, same)
    running = _running(entries, now_ms, recent_ms)
    for place, entry in dated:
        if place not in matches and is_ongoing(entry, now_ms):
            _match_first(matches, place, running)
    return matches


def _match_first(matches: dict[int, str], place: int, candidates: Iterable[str]) -> None:
    free = next((key for key in candidates if key not in matches.values()), None)
    if free is not None:
        matches[place] = free


def _running(entries: Entries, now_ms: int, recent_ms: int) -> list[str]:
    """Entries under way, then those that ended at most `recent_ms` ago, the latest first."""
    dated = {key: entry for key, entry in entries.items() if not is_recurring(entry)}
    ongoing = [key for key, entry in dated.items() if is_ongoing(entry, now_ms)]
    ended = [key for key, entry in dated.items() if now_ms - recent_ms <= departure_ms(entry) <= now_ms]
    return ongoing + sorted(ended, key=lambda key: departure_ms(dated[key]), reverse=True)


def _create(entries: Entries, posted: Entry, vehicle_id: str, new_id: Callable[[], str]) -> str:
    key = new_id()
    entries[key] = {**posted, "id": key, "evId": vehicle_id}
    return key


def _update(entries: Entries, key: str, posted: Entry) -> str:
    kept = {"id": key, "evId": entries[key]["evId"]}
    entries[key] = {**entries[key], **posted, **kept}
    return key
