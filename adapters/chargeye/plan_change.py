"""Whether two plans of a vehicle differ by more than is worth telling.

A plan here is ChargEye's `plan` object: segments with `from`, `to` (epoch ms) and `powerkW`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from optimiser.units import MS_PER_MINUTE

PlanJson = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Plans differ where their powers are more than `power_kw` apart for longer than `duration_ms` at a
    stretch: a step that moved counts by how far, a power that changed by how much.
    """

    power_kw: float
    duration_ms: int


WORTH_SENDING = Tolerance(power_kw=0.5, duration_ms=MS_PER_MINUTE)
AS_SENT = Tolerance(power_kw=0.01, duration_ms=1_000)


def plans_differ(
    before: PlanJson | None,
    after: PlanJson | None,
    start_ms: int,
    end_ms: int,
    tolerance: Tolerance = WORTH_SENDING,
) -> bool:
    """Whether the plans differ anywhere in `[start_ms, end_ms)`; no plan there differs from any."""
    lasting_ms = 0
    for begin_ms, stop_ms, before_kw, after_kw in _pieces(before, after, start_ms, end_ms):
        same = before_kw == after_kw or (
            before_kw is not None and after_kw is not None and abs(before_kw - after_kw) <= tolerance.power_kw
        )
        lasting_ms = 0 if same else lasting_ms + stop_ms - begin_ms
        if lasting_ms > tolerance.duration_ms:
            return True
    return False


def _pieces(
    before: PlanJson | None, after: PlanJson | None, start_ms: int, end_ms: int
) -> Iterator[tuple[int, int, float | None, float | None]]:
    """Stretches over which neither plan changes, with the power [kW] of both."""
    steps = [_steps(plan) for plan in (before, after)]
    inside = {edge for plan in steps for step in plan for edge in step[:2] if start_ms < edge < end_ms}
    edges = sorted({start_ms, *inside, max(start_ms, end_ms)})
    for begin_ms, stop_ms in pairwise(edges):
        yield begin_ms, stop_ms, _power_kw(steps[0], begin_ms), _power_kw(steps[1], begin_ms)


def _steps(plan: PlanJson | None) -> list[tuple[int, int, float]]:
    segments = (plan or {}).get("segments") or ()
    return [(int(s["from"]), int(s["to"]), float(s["powerkW"])) for s in segments if _is_whole(s)]


def _is_whole(segment: object) -> bool:
    """The vendor's own plans may lack anything; what cannot be read is no plan there."""
    return isinstance(segment, Mapping) and all(
        isinstance(segment.get(name), int | float) for name in ("from", "to", "powerkW")
    )


def _power_kw(steps: list[tuple[int, int, float]], instant_ms: int) -> float | None:
    """The power at an instant, None where no segment covers it."""
    return next((power for start, end, power in steps if start <= instant_ms < end), None)
