"""When a vehicle was meant to charge: the segments of its plan as unbroken runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optimiser.units import MS_PER_MINUTE

# A pause shorter than this is not worth a command of its own, so none is expected.
_SHORTEST_PAUSE_MS = MS_PER_MINUTE


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """Charging without a pause in `[from_ms, to_ms)`; at `target_percent` the vehicle may stop by itself."""

    from_ms: int
    to_ms: int
    target_percent: float | None = None


def planned_runs(schedule: Mapping[str, Any]) -> tuple[PlannedRun, ...]:
    """The runs of an EvSchedule with its plan, past segments included; without a plan there are none."""
    plan = schedule.get("plan")
    if not isinstance(plan, dict):
        return ()
    target = schedule.get("targetSoC")
    runs: list[tuple[int, int]] = []
    for from_ms, to_ms in sorted(_charging(plan)):
        if runs and from_ms - runs[-1][1] < _SHORTEST_PAUSE_MS:
            runs[-1] = (runs[-1][0], max(runs[-1][1], to_ms))
        else:
            runs.append((from_ms, to_ms))
    return tuple(PlannedRun(from_ms, to_ms, target) for from_ms, to_ms in runs)


def _charging(plan: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    for segment in (*(plan.get("pastSegments") or ()), *(plan.get("segments") or ())):
        from_ms, to_ms, power_kw = (segment.get(name) for name in ("from", "to", "powerkW"))
        known = from_ms is not None and to_ms is not None and not segment.get("paused")
        if known and (power_kw or 0) > 0 and from_ms < to_ms:
            yield int(from_ms), int(to_ms)
