"""What a check finds, and how far a number may be off before it counts."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimiser.units import iso_z

POWER_KW = 1e-3
TIME_MS = 1
CURVE_KW = 0.05
REACHED_SOC = 5e-4
SOC = 1e-6  # 0.0001 points: far below what anybody reads, far above the noise of doubles
FIGURE = 1e-6  # of totals and stages, relative above 1


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that a plan breaks: `rule` names it, `where` says at whom or when."""

    rule: str
    where: str
    message: str


Breaches = list[Breach]


def breaches_at(
    rule: str, broken: NDArray[np.bool_], where: Callable[[int], str], message: Callable[[int], str]
) -> Breaches:
    """A breach for every true entry; `where` and `message` are asked for its position."""
    return [Breach(rule, where(int(i)), message(int(i))) for i in np.flatnonzero(broken)]


def figure_breach(rule: str, where: str, said: float, found: float, slack: float = 0.0) -> Breaches:
    """A breach where a published figure is not the recomputed one; `slack`: what 0.001 kW is worth."""
    if abs(said - found) <= slack + FIGURE * max(1.0, abs(found)):
        return []
    return [Breach(rule, where, f"says {said:.6f}, the segments give {found:.6f}")]


def span(start_ms: int, end_ms: int) -> str:
    """A stretch of time, for people."""
    return f"{iso_z(int(start_ms))} to {iso_z(int(end_ms))}"
