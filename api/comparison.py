"""Two plans side by side: what each costs, and what a change from one to the other would do to whom."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from api.documents import planned_schedules
from api.plan_records import shortfall_kwh
from optimiser.units import MS_PER_HOUR, iso_z, to_ms

Json = dict[str, Any]
Stay = tuple[str, int]
"""A vehicle and its departure, epoch ms: what a schedule is known by, since its id may change."""

_MOVED_FROM_KW = 1e-3
_DECIMALS = 6


def compare_plans(before: Mapping[str, Any], after: Mapping[str, Any]) -> Json:
    """The comparison of two plan responses; contract units, `change` is after less before."""
    schedules = [_schedule(stay, pair) for stay, pair in _pairs(before, after).items()]
    return {
        "before": _head(before),
        "after": _head(after),
        "figures": [
            _figure(name, old, new)
            for (name, old), new in zip(_figures(before).items(), _figures(after).values(), strict=True)
        ],
        "schedules": schedules,
        "movedKwh": _rounded(sum(schedule["movedKwh"] for schedule in schedules)),
    }


def _head(response: Mapping[str, Any]) -> Json:
    return {name: response[name] for name in ("planId", "createdAt", "strategy")}


def _figures(response: Mapping[str, Any]) -> dict[str, float | None]:
    site = response["site"]
    totals = {name: site[name] for name in ("peakKw", "energyKwh", "energyCost", "demandCost", "carbonKg")}
    return {**totals, "shortfallKwh": shortfall_kwh(response), "objective": response["solver"]["objective"]}


def _figure(name: str, before: float | None, after: float | None) -> Json:
    change = None if before is None or after is None else _rounded(after - before)
    return {"name": name, "before": before, "after": after, "change": change}


def _pairs(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[Stay, tuple[Json | None, Json | None]]:
    """Every stay of either plan, by departure, then vehicle."""
    old, new = _stays(before), _stays(after)
    ordered = sorted({*old, *new}, key=lambda stay: (stay[1], stay[0]))
    return {stay: (old.get(stay), new.get(stay)) for stay in ordered}


def _stays(response: Mapping[str, Any]) -> dict[Stay, Json]:
    missing = {entry["scheduleId"]: entry["shortfallKwh"] for entry in response["shortfalls"]}
    stays = {}
    for schedule in planned_schedules(response):
        departure_ms = to_ms(datetime.fromisoformat(schedule["plannedDepartureTime"]))
        short = missing.get(schedule["id"], 0.0)
        stays[schedule["evId"], departure_ms] = {**schedule, "shortfallKwh": short}
    return stays


def _schedule(stay: Stay, pair: tuple[Json | None, Json | None]) -> Json:
    before, after = pair
    moved_kwh, largest_kw = _difference(before, after)
    changed = "same" if largest_kw <= _MOVED_FROM_KW else "moved"
    known = after or before or {}
    return {
        "scheduleId": known["id"],
        "evId": stay[0],
        "departure": iso_z(stay[1]),
        "change": "only-after" if before is None else "only-before" if after is None else changed,
        "endSoC": _both(pair, "endSoc"),
        "energyKwh": _both(pair, "energyKwh"),
        "shortfallKwh": {
            side: None if one is None else one["shortfallKwh"]
            for side, one in zip(("before", "after"), pair, strict=True)
        },
        "largestPowerChangeKw": _rounded(largest_kw),
        "movedKwh": _rounded(moved_kwh),
    }


def _both(pair: tuple[Json | None, Json | None], name: str) -> Json:
    before, after = (None if one is None else one["plan"][name] for one in pair)
    return {"before": before, "after": after}


def _difference(before: Json | None, after: Json | None) -> tuple[float, float]:
    """Energy that moves, kWh, and the largest change of power, kW, from when both plans have begun.

    What is charged only before and what is charged only after are two areas between the powers; they
    are equal where the energy is, and the larger one is what moved.
    """
    old, new = ([] if one is None else one["plan"]["segments"] for one in (before, after))
    begin_ms = max(segments[0]["from"] for segments in (old, new) if segments)
    less_kwh = more_kwh = largest_kw = 0.0
    for start_ms, end_ms in pairwise(_edges(old, new, begin_ms)):
        change_kw = _power_kw(new, start_ms) - _power_kw(old, start_ms)
        hours = (end_ms - start_ms) / MS_PER_HOUR
        less_kwh += max(-change_kw, 0.0) * hours
        more_kwh += max(change_kw, 0.0) * hours
        largest_kw = max(largest_kw, abs(change_kw))
    return max(less_kwh, more_kwh), largest_kw


def _edges(old: Sequence[Json], new: Sequence[Json], begin_ms: int) -> list[int]:
    edges = {segment[name] for segment in (*old, *new) for name in ("from", "to")}
    return sorted(edge for edge in edges if edge >= begin_ms)


def _power_kw(segments: Sequence[Json], at_ms: int) -> float:
    return next(_powers_at(segments, at_ms), 0.0)


def _powers_at(segments: Sequence[Json], at_ms: int) -> Iterator[float]:
    return (segment["powerkW"] for segment in segments if segment["from"] <= at_ms < segment["to"])


def _rounded(value: float) -> float:
    return round(value, _DECIMALS)
