"""One vehicle's best unbroken run at given prices: the small problem inside the large one.

All arrays here cover one session's window, one entry per piece. A run takes at least `low_kwh` and at
most `high_kwh` in every piece that it spans; its last piece may take less, because a run may end inside
a piece once the target is reached.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Cells, Index
from optimiser.limits import Flags
from optimiser.series import Floats

# Pairs of (start, end) times pieces that are looked at together: 4 million doubles are 32 MB.
CHUNK = 4_000_000
# Energies closer than this are equal: a window filled to the brim must not fail by the last digit.
NEGLIGIBLE_KWH = 1e-9
LONG_WINDOW = 64


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """An unbroken run over pieces `[start, end)` of the window, and its energy in every piece."""

    start: int
    end: int
    energy_kwh: Floats
    cost: float


@dataclass(frozen=True, eq=False, slots=True)
class _Spans:
    """All runs that could be: pieces [start, end), what they take at least before their last, at most."""

    start: Index
    end: Index
    least_kwh: Floats
    most_kwh: Floats


def cheapest_run(
    price: Floats,
    low_kwh: Floats,
    high_kwh: Floats,
    energy_kwh: float,
    *,
    from_first: bool = False,
    ends_early: bool = True,
) -> Run | None:
    """The cheapest run that takes `energy_kwh`, or as much of it as any run can.

    `from_first`: the run must begin in the first piece (the vehicle is charging already). `ends_early`:
    where even the least of a whole run is too much, its last piece may take less; that is for runs that
    reach their target. Among equals the earliest start wins, then the shortest. None where no run can
    take anything. Windows of more than 64 pieces are searched at every second, third, ... piece.
    """
    spans = _thinned(_spans(low_kwh, high_kwh), price.size, from_first)
    target = min(energy_kwh, float(spans.most_kwh.max(initial=0.0)))
    least = spans.least_kwh if ends_early else spans.least_kwh + low_kwh[spans.end - 1]
    return _best(
        spans,
        least < target if ends_early else least <= target + NEGLIGIBLE_KWH,
        price,
        low_kwh,
        high_kwh,
        target,
    )


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
    window = _Window(price, low_kwh, high_kwh, energy_kwh, loose_ends)
    start, end = spans.start[fits], spans.end[fits]
    costs = window.costs(start, end)
    best = int(np.lexsort((end, start, np.round(costs, 9)))[0])
    taken = window.fill(start[best : best + 1], end[best : best + 1])[0]
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
    return _Spans(spans.start[kept], spans.end[kept], spans.least_kwh[kept], spans.most_kwh[kept])


@dataclass(frozen=True, eq=False, slots=True)
class _Window:
    """Prices and bounds of a window, and the energy that every run in it takes."""

    price: Floats
    low_kwh: Floats
    high_kwh: Floats
    energy_kwh: float
    loose_ends: bool

    def costs(self, start: Index, end: Index) -> Floats:
        """Cost of each run `[start, end)`, some thousands at a time to bound the memory."""
        rows = max(1, CHUNK // self.price.size)
        chunks = range(0, start.size, rows)
        return np.concatenate(
            [self.fill(start[k : k + rows], end[k : k + rows]) @ self.price for k in chunks]
        )

    def fill(self, start: Index, end: Index) -> Floats:
        """Energy per run and piece: the least everywhere, the rest into the cheapest pieces of the run.

        Where even the least over the whole run is more than the energy, its last piece ends early.
        """
        base, spare = self._least(start, end)
        order = np.argsort(self.price, kind="stable")
        spare = spare[:, order]
        before = np.cumsum(spare, axis=1) - spare
        missing = self.energy_kwh - base.sum(axis=1)
        base[:, order] += np.clip(missing[:, None] - before, 0.0, spare)
        return base

    def _least(self, start: Index, end: Index) -> tuple[Floats, Floats]:
        """What each run takes at least in every piece, and what it could take on top."""
        piece, run = np.arange(self.price.size), np.arange(start.size)
        inside = (piece >= start[:, None]) & (piece < end[:, None])
        base = np.where(inside, self.low_kwh, 0.0)
        spare = np.where(inside, self.high_kwh - self.low_kwh, 0.0)
        if self.loose_ends:
            for edge in (start, end - 1):
                base[run, edge], spare[run, edge] = 0.0, self.high_kwh[edge]
        excess = np.maximum(base.sum(axis=1) - self.energy_kwh, 0.0)
        base[run, end - 1] -= excess
        return base, np.where(excess[:, None] > 0.0, 0.0, spare)


def cheapest_spread(
    price: Floats, low_kwh: Floats, high_kwh: Floats, energy_kwh: float, otherwise: Run | None
) -> Run | None:
    """Energy in the cheapest pieces that have room, pauses allowed; `otherwise` where that gives no more.

    Pieces are filled from the cheapest. Where the last one gets less than the least, it takes the rest
    from the others, dearest first, as far as these stay above theirs.
    """
    usable = high_kwh >= np.maximum(low_kwh, 1e-12)
    order = np.lexsort((np.arange(price.size), price, ~usable))[: int(usable.sum())]
    filled = np.cumsum(high_kwh[order])
    taken = np.zeros(price.size)
    taken[order] = np.clip(energy_kwh - (filled - high_kwh[order]), 0.0, high_kwh[order])
    _raise_last(taken, order, low_kwh)
    taken[taken < low_kwh * (1.0 - 1e-9)] = 0.0
    if otherwise is not None and otherwise.energy_kwh.sum() >= taken.sum() - 1e-9:
        return otherwise
    used = np.flatnonzero(taken)
    return Run(int(used[0]), int(used[-1]) + 1, taken, float(taken @ price)) if used.size else otherwise


def _raise_last(taken: Floats, order: Index, low_kwh: Floats) -> None:
    used = order[taken[order] > 0.0]
    if used.size == 0 or taken[used[-1]] >= low_kwh[used[-1]]:
        return
    missing = low_kwh[used[-1]] - taken[used[-1]]
    for piece in used[-2::-1]:
        given = min(missing, max(0.0, taken[piece] - low_kwh[piece]))
        taken[piece] -= given
        taken[used[-1]] += given
        missing -= given


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
