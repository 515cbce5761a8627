"""One vehicle's best runs at given prices where it may pause, but not as it likes.

A dynamic programme over pieces at a *margin*, which is what a kWh is worth to the vehicle: every piece of
a run takes its most where the price is below the margin and its least elsewhere. Low margins want too
little energy and high ones too much; of all that is found on the way to the margin in between, the runs
that are cheapest when they take exactly the energy win (Lagrangian relaxation of one equation).
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.limits import Flags
from optimiser.run_rules import SAME_HOURS, Patterns, RunRules
from optimiser.series import Floats

MARGINS = 16  # tried at once
PASSES = 2  # each between the two neighbours of the pass before that enclose the energy


@dataclass(frozen=True, eq=False, slots=True)
class Course:
    """The window of one session: price, bounds and length of its pieces."""

    price: Floats
    low_kwh: Floats
    high_kwh: Floats
    hours: Floats

    @property
    def blocked(self) -> Flags:
        """Pieces without room for the least power."""
        return (self.high_kwh < self.low_kwh) | (self.high_kwh <= 0.0)


def run_patterns(course: Course, energy_kwh: float, rules: RunRules) -> tuple[Patterns, float]:
    """Patterns near the best runs, the last of them perhaps short, from the margins nearest the energy;
    and what the energy costs at least (but for what a run saves that ends inside a piece)."""
    spread = float(np.ptp(course.price)) + float(np.abs(course.price).max()) + 1.0
    lowest, highest = float(course.price.min()) - spread, float(course.price.max()) + spread
    margins = np.unique(np.concatenate([[lowest, highest], _between(course.price)]))
    found, bound = [], -np.inf
    for _ in range(PASSES):
        patterns, taken, worth = _at_margins(course, margins, rules)
        found.append(patterns)
        bound = max(bound, float((worth + margins * energy_kwh).max()))
        above = int(np.searchsorted(taken, energy_kwh))
        margins = np.linspace(margins[max(above - 1, 0)], margins[min(above, margins.size - 1)], MARGINS + 2)[
            1:-1
        ]
    return np.unique(np.concatenate(found), axis=0), bound


def _between(price: Floats) -> Floats:
    """Margins between neighbouring prices, `MARGINS` of them at most."""
    levels = np.unique(np.round(price, 9))
    middles = (levels[1:] + levels[:-1]) / 2.0
    if middles.size > MARGINS:
        middles = middles[np.linspace(0, middles.size - 1, MARGINS).astype(np.intp)]
    return middles


def _at_margins(course: Course, margins: Floats, rules: RunRules) -> tuple[Patterns, Floats, Floats]:
    """The best pattern at each margin without and with a short last run; energy of the first, not falling;
    and the least worth."""
    below = course.price[None, :] < margins[:, None]
    energy = np.where(below, course.high_kwh, course.low_kwh)
    worth = np.where(course.blocked, 0.0, (course.price - margins[:, None]) * energy)
    walk = _Walk(course, rules, worth)
    whole = [walk.pattern(m, short=False) for m in range(margins.size)]
    taken = np.array([float(energy[m] @ pattern) for m, pattern in enumerate(whole)])
    short = [walk.pattern(m, short=True) for m in range(margins.size)]
    least = np.minimum(walk.short_best, walk.best[-1].min(axis=0))
    return np.array(whole + short), np.maximum.accumulate(taken), least


class _Walk:
    """Least worth up to every edge of the window, by pauses used, at all margins side by side.

    `best[e, p, m]`: pieces before edge e decided, a run behind them, none under way, p pauses used.
    `came[e, p, m]`: where the run begins that ends at e, -1 where none does. One level of pauses does
    where any number is allowed.
    """

    def __init__(self, course: Course, rules: RunRules, worth: Floats) -> None:
        n, m = course.price.size, worth.shape[0]
        self.rules = rules
        self.counted = rules.most_pauses < (n + 1) // 2
        self.levels = rules.most_pauses + 1 if self.counted else 1
        self.total = np.concatenate([np.zeros((m, 1)), np.cumsum(worth, axis=1)], axis=1).T
        self.edges = np.concatenate([[0.0], np.cumsum(course.hours)])
        self.blocked = course.blocked
        self.ready = self._ready_edges(n)
        self.best = np.full((n + 1, self.levels, m), np.inf)
        self.came = np.full((n + 1, self.levels, m), -1, dtype=np.int32)
        self.short_best = np.zeros(m)  # no run at all is worth 0
        self.short_end = np.full((2, m), -1, dtype=np.int32)
        self.short_came = np.full(m, -1, dtype=np.int32)
        self._walk(n, m)

    def _ready_edges(self, n: int) -> Index:
        """The first edge at which a run that begins in each piece is long enough."""
        least = self.rules.least_at(np.arange(n))
        # the run under way may end where its room or the window does
        least[:1] = np.minimum(least[:1], self.edges[int(np.argmax(np.append(self.blocked, True)))])
        ready = np.searchsorted(self.edges, self.edges[:n] + least - SAME_HOURS)
        later: Index = np.maximum(ready, np.arange(n) + 1)
        return later

    def _begun(self, s: int) -> Floats:
        """Least worth of all before a run that begins in piece s, by pauses used with it."""
        m = self.total.shape[1]
        begun = np.full((self.levels, m), np.inf)
        held = self.rules.goes_on and s > 0 and not self.blocked[0]
        if not held:
            late = int(self.rules.charging and s > 0 and self.counted)
            if late < self.levels:
                begun[late] = 0.0
        if self.counted:
            begun[1:] = np.minimum(begun[1:], self.best[s, :-1])
            return begun
        either: Floats = np.minimum(begun, self.best[s])
        return either

    def _walk(self, n: int, m: int) -> None:
        long, any_length = _Least(self.levels, m), _Least(self.levels, m)
        waiting: list[tuple[int, int, Floats]] = []
        for e in range(1, n + 1):
            self.best[e] = self.best[e - 1]
            if self.blocked[e - 1]:
                long, any_length, waiting = _Least(self.levels, m), _Least(self.levels, m), []
                continue
            begun = self._begun(e - 1) - self.total[e - 1]
            any_length.add(begun, e - 1)
            waiting.append((int(self.ready[e - 1]), e - 1, begun))
            while waiting and waiting[0][0] <= e:
                _, s, value = waiting.pop(0)
                long.add(value, s)
            self._end_at(e, long, any_length)

    def _end_at(self, e: int, long: "_Least", any_length: "_Least") -> None:
        ended = self.total[e] + long.value
        better = ended < self.best[e] - 1e-12
        self.best[e] = np.where(better, ended, self.best[e])
        self.came[e] = np.where(better, long.start, -1)
        short = self.total[e] + any_length.value
        level = np.argmin(short, axis=0)
        columns = np.arange(level.size)
        value = short[level, columns]
        better = value < self.short_best - 1e-12
        self.short_best = np.where(better, value, self.short_best)
        self.short_end = np.where(better, np.stack([np.full_like(level, e), level]), self.short_end)
        self.short_came = np.where(better, any_length.start[level, columns], self.short_came)

    def pattern(self, m: int, *, short: bool) -> Flags:
        """The pieces that are on at a margin; `short`: its last run of any length."""
        on = np.zeros(self.blocked.size, dtype=bool)
        if short:
            e, level, s = int(self.short_end[0, m]), int(self.short_end[1, m]), int(self.short_came[m])
            if s < 0:
                return on
            on[s:e] = True
            e, level = self._before(s, level, m)
        else:
            e = self.blocked.size
            level = int(np.argmin(self.best[e, :, m]))
            if self.best[e, level, m] >= 0.0 and not self.rules.goes_on:
                return on
        while e > 0 and np.isfinite(self.best[e, level, m]):
            s = int(self.came[e, level, m])
            if s < 0:
                e -= 1
                continue
            on[s:e] = True
            e, level = self._before(s, level, m)
        return on

    def _before(self, s: int, level: int, m: int) -> tuple[int, int]:
        """Edge and pauses before a run that begins in piece s; edge 0 where it is the first run."""
        before = level - 1 if self.counted else level
        earlier = self.best[s, before, m] if before >= 0 else np.inf
        late = int(self.rules.charging and s > 0 and self.counted)
        held = self.rules.goes_on and s > 0 and not self.blocked[0]
        first = 0.0 if not held and level == late else np.inf
        return (0, 0) if first <= earlier else (s, max(before, 0))


class _Least:
    """The least of all values added, and where the run of each begins; by pauses and margins."""

    def __init__(self, levels: int, m: int) -> None:
        self.value = np.full((levels, m), np.inf)
        self.start = np.full((levels, m), -1, dtype=np.int32)

    def add(self, value: Floats, start: int) -> None:
        better = value < self.value
        self.value = np.where(better, value, self.value)
        self.start = np.where(better, start, self.start)
