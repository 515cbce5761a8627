"""One vehicle's best unbroken run at given prices: the small problem inside the large one.

All arrays here cover one session's window, one entry per piece. A run takes at least `low_kwh` and at
most `high_kwh` in every piece that it spans; its last piece may take less, because a run may end inside
a piece once the target is reached.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.series import Floats

# Pairs of (start, end) times pieces that are looked at together: 4 million doubles are 32 MB.
CHUNK = 4_000_000


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
    price: Floats, low_kwh: Floats, high_kwh: Floats, energy_kwh: float, *, from_first: bool = False
) -> Run | None:
    """The cheapest run that takes `energy_kwh`, or as much of it as any run can.

    `from_first`: the run must begin in the first piece (the vehicle is charging already). Among equals
    the earliest start wins, then the shortest. None where no run can take anything.
    """
    spans = _spans(low_kwh, high_kwh, from_first)
    if spans.start.size == 0:
        return None
    target = min(energy_kwh, float(spans.most_kwh.max()))
    fits = (spans.most_kwh >= target - 1e-12) & (spans.least_kwh < target)
    if not fits.any():
        return None
    start, end = spans.start[fits], spans.end[fits]
    costs = _costs(price, low_kwh, high_kwh, target, start, end)
    best = int(np.lexsort((end, start, np.round(costs, 9)))[0])
    taken = _fill(price, low_kwh, high_kwh, target, start[best : best + 1], end[best : best + 1])[0]
    return Run(int(start[best]), int(end[best]), taken, float(costs[best]))


def _spans(low_kwh: Floats, high_kwh: Floats, from_first: bool) -> _Spans:
    """Runs over pieces that all have room for the least power."""
    n = low_kwh.size
    blocked = np.concatenate([[0], np.cumsum((high_kwh < low_kwh) | (high_kwh <= 0.0))])
    start, end = np.triu_indices(n) if not from_first else (np.zeros(n, dtype=np.intp), np.arange(n))
    end = end + 1
    clear = blocked[end] == blocked[start]
    start, end = start[clear], end[clear]
    lows, highs = np.concatenate([[0.0], np.cumsum(low_kwh)]), np.concatenate([[0.0], np.cumsum(high_kwh)])
    return _Spans(start, end, lows[end - 1] - lows[start], highs[end] - highs[start])


def _costs(
    price: Floats, low_kwh: Floats, high_kwh: Floats, energy_kwh: float, start: Index, end: Index
) -> Floats:
    rows = max(1, CHUNK // price.size)
    return np.concatenate(
        [
            _fill(price, low_kwh, high_kwh, energy_kwh, start[k : k + rows], end[k : k + rows]) @ price
            for k in range(0, start.size, rows)
        ]
    )


def _fill(
    price: Floats, low_kwh: Floats, high_kwh: Floats, energy_kwh: float, start: Index, end: Index
) -> Floats:
    """Energy per run and piece: the least everywhere, the rest into the cheapest pieces of the run.

    Where even the least over the whole run is more than the energy, its last piece ends early.
    """
    piece = np.arange(price.size)
    inside = (piece >= start[:, None]) & (piece < end[:, None])
    base = np.where(inside, low_kwh, 0.0)
    excess = np.maximum(base.sum(axis=1) - energy_kwh, 0.0)
    base[np.arange(start.size), end - 1] -= excess
    order = np.argsort(price, kind="stable")
    spare = np.where(inside & (excess[:, None] == 0.0), high_kwh - low_kwh, 0.0)[:, order]
    before = np.cumsum(spare, axis=1) - spare
    missing = energy_kwh - base.sum(axis=1)
    base[:, order] += np.clip(missing[:, None] - before, 0.0, spare)
    return base


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
