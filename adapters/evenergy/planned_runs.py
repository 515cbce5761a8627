"""When a vehicle was meant to charge: the segments of its plan as unbroken runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.evenergy.payloads import instant_ms
from optimiser.units import MS_PER_MINUTE

# A pause shorter than this is not worth a command of its own, so none is expected.
_SHORTEST_PAUSE_MS = MS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """Charging without a pause in `[from_ms, to_ms)`; at `target_percent` the vehicle may stop by itself.

    `until_ms` is when a late start can no longer be one of this run: the next run, or the departure.
    """

    from_ms: int
    to_ms: int
    until_ms: int
    target_percent: float | None = None


def planned_runs(schedule: Mapping[str, Any]) -> tuple[PlannedRun, ...]:
    """The runs of an EvSchedule with its plan, past segments included; without a plan there are none."""
    plan = schedule.get("plan")
    if not isinstance(plan, dict):
        return ()
    runs: list[tuple[int, int]] = []
    for from_ms, to_ms in sorted(_charging(plan)):
        if runs and from_ms - runs[-1][1] < _SHORTEST_PAUSE_MS:
            runs[-1] = (runs[-1][0], max(runs[-1][1], to_ms))
        else:
            runs.append((from_ms, to_ms))
    if not runs:
        return ()
    ends = [*(from_ms for from_ms, _ in runs[1:]), max(runs[-1][1], _departure_ms(schedule))]
    target = schedule.get("targetSoC")
    return tuple(PlannedRun(*run, until_ms, target) for run, until_ms in zip(runs, ends, strict=True))


def _departure_ms(schedule: Mapping[str, Any]) -> int:
    """0 where it cannot be read: then the last run ends where it was planned to."""
    try:
        return instant_ms(schedule["plannedDepartureTime"])
    except (KeyError, TypeError, ValueError):
        return 0


def _charging(plan: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    for segment in (*(plan.get("pastSegments") or ()), *(plan.get("segments") or ())):
        from_ms, to_ms, power_kw = (segment.get(name) for name in ("from", "to", "powerkW"))
        known = from_ms is not None and to_ms is not None and not segment.get("paused")
        if known and (power_kw or 0) > 0 and from_ms < to_ms:
            yield int(from_ms), int(to_ms)
