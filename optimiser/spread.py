"""One vehicle's energy at given prices where it may pause as it likes, but has a least power."""

import numpy as np

from optimiser.certificate import Index
from optimiser.run_window import Run
from optimiser.series import Floats


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
