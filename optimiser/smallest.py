"""The smallest amount that is enough: Newton's steps from below, then halving where they were too long."""

import math
from collections.abc import Callable
from dataclasses import dataclass

# Trials per search. Newton's steps on a piecewise linear function end after a few; doubling from one unit
# and halving back take twice the logarithm of the range.
MOST_TRIALS = 28
TRUSTED_STEPS = 4


@dataclass(frozen=True, slots=True)
class Lack:
    """What an amount still lacks [kWh], and by how much a unit more would lessen it at most [kWh]."""

    missing_kwh: float
    gain_kwh: float


@dataclass(frozen=True, slots=True)
class Range:
    """Amounts that are looked at: `unit` is how exact the answer is, `least` is known to be needed."""

    unit: float
    most: float
    least: float = 0.0


def smallest(lack: Callable[[float], Lack | None], within: Range) -> float | None:
    """The smallest multiple of the unit that lacks nothing (`lack` says None), or None where none does.

    A step to where the lack could end at the earliest never passes the answer. After some of these the
    steps grow, and what they may have passed is searched by halving.
    """
    units = _up(within.least, within.unit)
    most = math.floor(within.most / within.unit + 1e-9)
    low = units - 1
    for trial in range(MOST_TRIALS):
        units = min(units, most)
        found = lack(units * within.unit) if units > low else Lack(0.0, 0.0)
        if found is None:
            return _halved(lack, within.unit, low, units) * within.unit
        if found.gain_kwh <= 0.0 or units >= most:
            return None
        step = max(1, _up(found.missing_kwh / found.gain_kwh, within.unit))
        passed = trial >= TRUSTED_STEPS
        low = units if passed else units + step - 1
        units += step * 2 ** max(0, trial - TRUSTED_STEPS + 1) if passed else step
    return None


def _up(amount: float, unit: float) -> int:
    """Units that cover the amount; a millionth of one is rounding."""
    return max(0, math.ceil(amount / unit - 1e-6))


def _halved(lack: Callable[[float], Lack | None], unit: float, low: int, high: int) -> int:
    """Between a number of units that is too small and one that is enough."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if lack(middle * unit) is None else (middle, high)
    return high
