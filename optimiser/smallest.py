"""The smallest amount that is enough: steps from below by what is known, halving where nothing is."""

import math
from collections.abc import Callable
from dataclasses import dataclass

# Trials per search. Steps from cut to cut end after a few; growing steps and halving back take twice the
# logarithm of the range.
MOST_TRIALS = 28
TRUSTED_STEPS = 6


@dataclass(frozen=True, slots=True)
class Range:
    """Amounts in question: multiples of `unit` from `least`, which is known to be needed, to `most`."""

    unit: float
    most: float
    least: float = 0.0


def smallest(earliest: Callable[[float], float | None], within: Range) -> float | None:
    """The smallest multiple of the unit that is enough, or None where none is.

    `earliest(amount)` is None where the amount is enough, else a larger amount before which none can be
    (infinite where none ever is). Going there never passes the answer. After some of these steps they
    grow, and what they may have passed is searched by halving.
    """
    units, most = _up(within.least, within.unit), math.floor(within.most / within.unit + 1e-9)
    low = units - 1
    for trial in range(MOST_TRIALS):
        if units > most:
            return None
        after = earliest(units * within.unit)
        if after is None:
            return _halved(earliest, within.unit, low, units) * within.unit
        if not math.isfinite(after):
            return None
        following = max(units + 1, _up(after, within.unit))
        low = following - 1
        if trial >= TRUSTED_STEPS and low < most:
            following = min(most, following + (following - units) * 2 ** (trial - TRUSTED_STEPS))
        units = following
    return None


def _up(amount: float, unit: float) -> int:
    """Units that cover the amount; a millionth of one is rounding."""
    return max(0, math.ceil(amount / unit - 1e-6))


def _halved(earliest: Callable[[float], float | None], unit: float, low: int, high: int) -> int:
    """Between a number of units that is too small and one that is enough."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if earliest(middle * unit) is None else (middle, high)
    return high
