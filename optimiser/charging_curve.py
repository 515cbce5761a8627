"""Geometry of a charging curve: the power that a battery takes against its state of charge."""

from itertools import pairwise

import numpy as np

from optimiser.domain import ChargingCurve
from optimiser.series import Floats

# A line `power <= intercept - slope * soc`: (intercept [kW], slope [kW per unit of SoC]).
Line = tuple[float, float]


def power_at(curve: ChargingCurve, soc: Floats) -> Floats:
    """Power [kW] at each SoC; held outside the curve's points."""
    power: Floats = np.interp(soc, curve.soc, curve.power_kw)
    return power


def points_between(curve: ChargingCurve, start_soc: float, end_soc: float) -> tuple[Floats, Floats]:
    """SoC and power at both ends and at every bend between them."""
    inside = [soc for soc in curve.soc if start_soc < soc < end_soc]
    soc = np.array([start_soc, *inside, end_soc])
    return soc, power_at(curve, soc)


def least_between(curve: ChargingCurve, start_soc: float, end_soc: float) -> float:
    """Least power [kW] anywhere from one SoC to another: a line has it at an end or at a bend."""
    return float(points_between(curve, start_soc, max(start_soc, end_soc))[1].min())


def most_between(curve: ChargingCurve, start_soc: float, end_soc: float) -> float:
    """Largest power [kW] anywhere from one SoC to another."""
    return float(points_between(curve, start_soc, max(start_soc, end_soc))[1].max())


def upper_lines(curve: ChargingCurve, start_soc: float, end_soc: float) -> list[Line]:
    """Lines over the least concave curve above this one, from one SoC to another; level ones left out.

    For a concave curve they are its own. Power under all of them, and under the largest power, is all
    that a linear programme can know of a curve.
    """
    if end_soc <= start_soc:
        return []
    soc, power = points_between(curve, start_soc, end_soc)
    corners: list[int] = []
    for k in range(soc.size):
        while len(corners) > 1 and _below(soc, power, corners[-2], corners[-1], k):
            corners.pop()
        corners.append(k)
    lines = []
    for a, b in pairwise(corners):
        slope = float((power[a] - power[b]) / (soc[b] - soc[a]))
        if abs(slope) > 1e-9:
            lines.append((float(power[a]) + slope * float(soc[a]), slope))
    return lines


def _below(soc: Floats, power: Floats, a: int, b: int, c: int) -> bool:
    """Whether point b lies on or below the line from a to c."""
    rise = (power[c] - power[a]) * (soc[b] - soc[a])
    return bool((power[b] - power[a]) * (soc[c] - soc[a]) <= rise)


def most_in_piece(
    curve: ChargingCurve, soc: float, hours: float, wanted_kwh: float, capacity_kwh: float
) -> float:
    """The most energy, up to what is wanted, at one power that the curve allows throughout the piece.

    More energy means a higher SoC at the end, where the curve may be lower, so what is allowed falls with
    what is taken: the crossing, by bisection to 1e-12 of what is wanted.
    """
    if wanted_kwh <= hours * least_between(curve, soc, soc + wanted_kwh / capacity_kwh):
        return wanted_kwh
    low, high = 0.0, wanted_kwh
    for _ in range(40):
        middle = (low + high) / 2
        if middle <= hours * least_between(curve, soc, soc + middle / capacity_kwh):
            low = middle
        else:
            high = middle
    return low


def hours_to_charge(
    curve: ChargingCurve, start_soc: float, end_soc: float, limit_kw: float, capacity_kwh: float
) -> float:
    """Hours from one SoC to another at all that curve and limit allow; infinite where that is nothing.

    Where the power is a line, dSoC/dt = p(SoC) / capacity gives capacity x width x ln(p1 / p0) / (p1 - p0).
    """
    soc = _knots(curve, start_soc, end_soc, limit_kw)
    power = np.minimum(power_at(curve, soc), limit_kw)
    if power.min() <= 0.0:
        return np.inf
    rise = power[1:] / power[:-1]
    level = np.abs(rise - 1.0) < 1e-9
    mean = np.where(level, power[:-1], (power[1:] - power[:-1]) / np.log(np.where(level, 2.0, rise)))
    return float(capacity_kwh * np.sum(np.diff(soc) / mean))


def _knots(curve: ChargingCurve, start_soc: float, end_soc: float, limit_kw: float) -> Floats:
    """Both ends, the bends between them, and where the curve crosses the limit."""
    soc, power = points_between(curve, start_soc, max(start_soc, end_soc))
    over = power - limit_kw
    crosses = np.flatnonzero(over[:-1] * over[1:] < 0.0)
    share = over[crosses] / (over[crosses] - over[crosses + 1])
    return np.unique(np.concatenate([soc, soc[crosses] + share * np.diff(soc)[crosses]]))
