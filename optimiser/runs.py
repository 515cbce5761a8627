"""One vehicle's best runs at given prices: the small problem inside the large one.

All arrays here cover one session's window, one entry per piece. A run takes at least `low_kwh` and at
most `high_kwh` in every piece that it spans; the last piece of the last run may take less, because a run
may end inside a piece once the target is reached. A single run is found by trying all of them, several
by `optimiser.run_moves`.
"""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.certificate import Cells, Index
from optimiser.limits import Flags
from optimiser.run_moves import cheapest_pattern
from optimiser.run_patterns import Course
from optimiser.run_rules import SAME_HOURS, RunRules, runs_of
from optimiser.run_window import NEGLIGIBLE_KWH, Run, Window
from optimiser.series import Floats

LONG_WINDOW = 64
ONE_RUN = RunRules()


@dataclass(frozen=True, eq=False, slots=True)
class _Spans:
    """All runs that could be: pieces [start, end), what they take at least before their last, at most."""

    start: Index
    end: Index
    least_kwh: Floats
    most_kwh: Floats

    def take(self, kept: Flags) -> "_Spans":
        return _Spans(self.start[kept], self.end[kept], self.least_kwh[kept], self.most_kwh[kept])


def cheapest_runs(
    course: Course, energy_kwh: float, rules: RunRules = ONE_RUN, *, ends_early: bool = True
) -> Run | None:
    """The cheapest runs under these rules that take `energy_kwh`, or as much of it as any can.

    `ends_early`: the energy meets the target, so the last run may be short and, where even the least of
    it is too much, end inside a piece. Among equals the earliest start wins, then the shortest. None
    where no run can take anything. A single run is the best there is in windows of up to 64 pieces;
    longer ones are searched at every second, third, ... piece.
    """
    if rules.most_pauses == 0 or course.price.size < 3 or energy_kwh <= 0.0:
        return _cheapest_run(course, energy_kwh, rules, ends_early)
    return _hanging(course, rules, cheapest_pattern(course, energy_kwh, rules, ends_early=ends_early))


def _cheapest_run(course: Course, energy_kwh: float, rules: RunRules, ends_early: bool) -> Run | None:
    low_kwh = course.low_kwh
    spans = _spans(low_kwh, course.high_kwh)
    spans = _thinned(spans, course.price.size, rules.goes_on and not course.blocked[:1].any())
    if rules.charging and rules.most_pauses == 0:
        spans = spans.take(spans.start == 0)
    long = _long_enough(course, spans, rules)
    spans = spans.take(long | (ends_early & (spans.most_kwh >= energy_kwh - 1e-12)))
    target = min(energy_kwh, float(spans.most_kwh.max(initial=0.0)))
    least = spans.least_kwh if ends_early else spans.least_kwh + low_kwh[spans.end - 1]
    fits = least < target if ends_early else least <= target + NEGLIGIBLE_KWH
    return _hanging(course, rules, _best(spans, fits, course.price, low_kwh, course.high_kwh, target))


def _long_enough(course: Course, spans: _Spans, rules: RunRules) -> Flags:
    """Runs that are long enough wherever they end; one under way may end with its room or the window."""
    until = np.concatenate([[0.0], np.cumsum(course.hours)])
    blocked = np.append(course.blocked, True)
    no_more_room = (spans.start == 0) & rules.charging & blocked[spans.end]
    length = until[spans.end] - until[spans.start]
    long: Flags = (length >= rules.least_at(spans.start) - SAME_HOURS) | no_more_room
    return long


def _hanging(course: Course, rules: RunRules, run: Run | None) -> Run | None:
    """The run, told whether it hangs on its target."""
    if run is None or (rules.least_hours <= 0.0 and rules.left_hours <= 0.0):
        return run
    on = run.energy_kwh > 0.0
    _, end, _ = runs_of(on, course.hours)
    under_way = bool(rules.charging and on[0] and end.size == 1)
    if under_way and np.append(course.blocked, True)[end[-1]]:
        return run
    return replace(run, hangs=rules.hang_on_target(on, course.hours))


def least_run_cost(price: Floats, low_kwh: Floats, high_kwh: Floats, energy_kwh: float) -> float | None:
    """A lower bound of the cost of every unbroken run that takes all of `energy_kwh`, or None without one.

    Neighbouring pieces that are alike are joined, and the first and last of a run may take less than
    their least: so every run is covered, wherever inside them it begins and ends.
    """
    firsts = _joints(price, low_kwh, high_kwh)
    price, low_kwh = price[firsts], np.add.reduceat(low_kwh, firsts)
    high_kwh = np.add.reduceat(high_kwh, firsts)
    spans = _spans(low_kwh, high_kwh)
    inner_kwh = np.maximum(spans.least_kwh - low_kwh[spans.start], 0.0)
    best = _best(spans, inner_kwh < energy_kwh, price, low_kwh, high_kwh, energy_kwh, loose_ends=True)
    return best.cost if best is not None else None


def _joints(price: Floats, low_kwh: Floats, high_kwh: Floats) -> Index:
    """Where a new block begins: another price, or another ratio of least to largest."""
    ratio = np.divide(low_kwh, high_kwh, out=np.full_like(price, 2.0), where=high_kwh > 0.0)
    change = (np.abs(np.diff(price)) > 1e-10) | (np.abs(np.diff(ratio)) > 1e-9)
    return np.flatnonzero(np.concatenate([[True], change]))


def _best(
    spans: _Spans,
    fits: Flags,
    price: Floats,
    low_kwh: Floats,
    high_kwh: Floats,
    energy_kwh: float,
    *,
    loose_ends: bool = False,
) -> Run | None:
    """The cheapest of the spans that fit and have room for all the energy."""
    fits = fits & (spans.most_kwh >= energy_kwh - 1e-12)
    if energy_kwh <= 0.0 or not fits.any():
        return None
    window = Window(price, low_kwh, high_kwh, energy_kwh, loose_ends)
    start, end = spans.start[fits], spans.end[fits]
    costs = window.costs(start, end)
    best = int(np.lexsort((end, start, np.round(costs, 9)))[0])
    taken = window.fill(window.inside(start[best : best + 1], end[best : best + 1]))[0]
    return Run(int(start[best]), int(end[best]), taken, float(costs[best]))


def _spans(low_kwh: Floats, high_kwh: Floats) -> _Spans:
    """All runs over pieces that all have room for the least power."""
    blocked = np.concatenate([[0], np.cumsum((high_kwh < low_kwh) | (high_kwh <= 0.0))])
    start, last = np.triu_indices(low_kwh.size)
    clear = blocked[last + 1] == blocked[start]
    start, end = start[clear], last[clear] + 1
    lows, highs = np.concatenate([[0.0], np.cumsum(low_kwh)]), np.concatenate([[0.0], np.cumsum(high_kwh)])
    return _Spans(start, end, lows[end - 1] - lows[start], highs[end] - highs[start])


def _thinned(spans: _Spans, n_pieces: int, from_first: bool) -> _Spans:
    """Fewer spans in a long window: their number times its length is what the search costs."""
    step = -(-n_pieces // LONG_WINDOW)
    kept = (spans.start % step == 0) & ((spans.end % step == 0) | (spans.end == n_pieces))
    kept = spans.start == 0 if from_first else kept
    return spans.take(kept)


def unbroken_alone(
    cells: Cells,
    cost_per_kwh: Floats,
    low_kwh: Floats,
    energy_kwh: Floats,
    sessions: Index,
    relaxed: Floats,
) -> Floats:
    """`relaxed`, the least cost of every session alone, raised for these sessions to that of one run.

    `cost_per_kwh` and `low_kwh` are per cell, `energy_kwh` and `relaxed` per session. Where no run takes
    all the energy, the session broke the rule with a reason, and the relaxed cost stays.
    """
    alone = relaxed.copy()
    for i in sessions:
        own = slice(int(cells.first_cell[i]), int(cells.first_cell[i + 1]))
        costs, lows, highs = cost_per_kwh[own], low_kwh[own], cells.upper_kwh[own]
        cost = least_run_cost(costs, lows, highs, float(energy_kwh[i]))
        alone[i] = alone[i] if cost is None else max(alone[i], cost)
    return alone
