"""The cheapest runs with pauses between them: patterns from their programme, then moved while that pays."""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.run_patterns import Course, run_patterns
from optimiser.run_rules import Patterns, RunRules
from optimiser.run_window import NEGLIGIBLE_KWH, Run, Window
from optimiser.series import Floats

# Several runs: further than this share of its cost from their bound, patterns are moved so many times,
# each by a stretch between two of so many edges.
NEAR = 5e-3
MOVES = 2
MOVED_EDGES = 16
MOVED_BASES = 2


def cheapest_pattern(course: Course, energy_kwh: float, rules: RunRules, *, ends_early: bool) -> Run | None:
    """The cheapest of the patterns that deliver most of the energy, moved while that makes it cheaper."""
    search = _Patterns(course, energy_kwh, rules, ends_early)
    patterns, bound = run_patterns(course, energy_kwh, rules)
    best = search.best(patterns)
    for _ in range(MOVES):
        if best is not None and search.is_near(best, bound):
            break
        bases = patterns if best is None else np.stack([best.energy_kwh > 0.0, np.zeros_like(patterns[0])])
        moved = search.best(_moved(bases))
        if moved is None or (best is not None and not search.beats(moved, best)):
            break
        best = moved
    return best


def _moved(bases: Patterns) -> Patterns:
    """Each pattern with one stretch of the window switched over, on a grid of `MOVED_EDGES` edges."""
    n = bases.shape[1]
    edges = np.unique(np.linspace(0, n, min(n, MOVED_EDGES) + 1).astype(np.intp))
    start, end = (edges[k] for k in np.triu_indices(edges.size, 1))
    piece = np.arange(n)
    stretch = (piece >= start[:, None]) & (piece < end[:, None])
    bases = bases[np.linspace(0, bases.shape[0] - 1, min(bases.shape[0], MOVED_BASES)).astype(np.intp)]
    return np.asarray((bases[:, None, :] ^ stretch).reshape(-1, n))


@dataclass(frozen=True, eq=False, slots=True)
class _Patterns:
    """What patterns are judged by: the most of the energy, then its least cost."""

    course: Course
    energy_kwh: float
    rules: RunRules
    ends_early: bool

    def best(self, patterns: Patterns) -> Run | None:
        """The best that keeps the rules, if there is one; among equals the one that ends first."""
        course = self.course
        patterns = patterns[patterns.any(axis=1) & ~(patterns & course.blocked).any(axis=1)]
        takes, last = self._takes(patterns)
        enough = np.flatnonzero(takes >= max(float(takes.max(initial=0.0)) - NEGLIGIBLE_KWH, NEGLIGIBLE_KWH))
        if enough.size == 0:
            return None
        energy_kwh = float(takes[enough].min())
        filled = Window(course.price, course.low_kwh, course.high_kwh, energy_kwh, False).fill(
            patterns[enough]
        )
        costs = filled @ course.price
        best = int(np.lexsort((last[enough], np.round(costs, 9)))[0])
        used = np.flatnonzero(patterns[enough[best]])
        return Run(int(used[0]), int(used[-1]) + 1, filled[best], float(costs[best]))

    def _takes(self, patterns: Patterns) -> tuple[Floats, Index]:
        """What of the energy each pattern can take, 0 where it breaks a rule; and its last piece."""
        course = self.course
        most = patterns @ course.high_kwh
        last = course.price.size - 1 - np.argmax(patterns[:, ::-1], axis=1)
        at_target = (most >= self.energy_kwh - 1e-12) & self.ends_early
        takes = np.minimum(most, self.energy_kwh)
        least = patterns @ course.low_kwh - np.where(at_target, course.low_kwh[last], -NEGLIGIBLE_KWH)
        kept = self.rules.kept_rows(patterns, course.hours, ~course.blocked, at_target)
        takes[~kept | (least >= takes + np.where(at_target, 0.0, 2.0 * NEGLIGIBLE_KWH))] = 0.0
        return takes, last

    def is_near(self, run: Run, bound: float) -> bool:
        """Whether a run takes all the energy at about its least cost."""
        taken = float(run.energy_kwh.sum())
        scale = float(np.abs(run.energy_kwh * self.course.price).sum())
        return taken >= self.energy_kwh - NEGLIGIBLE_KWH and run.cost <= bound + NEAR * scale

    def beats(self, run: Run, other: Run) -> bool:
        """More energy, or as much and cheaper."""
        more_kwh = float(run.energy_kwh.sum() - other.energy_kwh.sum())
        if abs(more_kwh) > NEGLIGIBLE_KWH:
            return more_kwh > 0.0
        return run.cost < other.cost - 1e-9
