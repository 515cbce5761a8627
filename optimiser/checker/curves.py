"""Charging curves of many sessions at once, and the time that a battery takes along one."""

import math
from dataclasses import dataclass

import numpy as np

from optimiser.domain import ChargingCurve, ChargingSession
from optimiser.series import Floats


@dataclass(frozen=True, eq=False, slots=True)
class CurveTable:
    """Points of every session's curve, shape (sessions, points), the last one repeated as padding.

    A session without a curve has points at infinite power, so that its curve never binds.
    """

    soc: Floats
    power_kw: Floats

    @classmethod
    def of(cls, sessions: tuple[ChargingSession, ...]) -> "CurveTable":
        """The table of these sessions, one row each."""
        curves = [session.vehicle.charging_curve for session in sessions]
        width = max((len(curve.soc) for curve in curves if curve), default=1)
        soc = np.zeros((len(curves), width))
        power = np.full((len(curves), width), np.inf)
        for i, curve in enumerate(curves):
            if curve:
                pad = width - len(curve.soc)
                soc[i] = curve.soc + curve.soc[-1:] * pad
                power[i] = curve.power_kw + curve.power_kw[-1:] * pad
        return cls(soc, power)

    def take(self, rows: np.ndarray) -> "CurveTable":
        """The curves of these sessions, in this order, one may come often."""
        return CurveTable(self.soc[rows], self.power_kw[rows])

    def at(self, soc: Floats) -> Floats:
        """Power [kW] at one SoC per row."""
        power = self.power_kw[:, 0].copy()
        for k in range(1, self.soc.shape[1]):
            beyond = soc > self.soc[:, k - 1]
            power[beyond] = self._on_line(k, soc, beyond)
        return power

    def _on_line(self, k: int, soc: Floats, rows: np.ndarray) -> Floats:
        left, right = self.soc[rows, k - 1], self.soc[rows, k]
        low, high = self.power_kw[rows, k - 1], self.power_kw[rows, k]
        width = right - left
        share = np.divide(soc[rows] - left, width, out=np.ones_like(width), where=width > 0)
        rise = np.subtract(high, low, out=np.zeros_like(low), where=np.isfinite(low))
        power: Floats = low + np.minimum(share, 1.0) * rise
        return power

    def least_between(self, low_soc: Floats, high_soc: Floats) -> Floats:
        """Least power [kW] at any SoC from low to high: a line has it at an end, or at a bend inside."""
        return self._extreme_between(low_soc, high_soc, np.minimum, np.inf)

    def most_between(self, low_soc: Floats, high_soc: Floats) -> Floats:
        """Largest power [kW] at any SoC from low to high."""
        return self._extreme_between(low_soc, high_soc, np.maximum, -np.inf)

    def _extreme_between(self, low: Floats, high: Floats, pick: np.ufunc, neutral: float) -> Floats:
        inside = (self.soc > low[:, None]) & (self.soc < high[:, None])
        bends = pick.reduce(np.where(inside, self.power_kw, neutral), axis=1)
        picked: Floats = pick(pick(self.at(low), self.at(high)), bends)
        return picked


def hours_to_charge(session: ChargingSession, limit_kw: float) -> float:
    """Hours from the session's SoC to its target at the largest power that limit and curve allow.

    On a straight piece of the curve dSoC/dt = p(SoC) / capacity, whose time is the capacity times the
    integral of 1/p: a logarithm where p changes.
    """
    curve = session.vehicle.charging_curve or ChargingCurve((0.0,), (limit_kw,))
    knots = _knots(curve, limit_kw, session.soc, session.target_soc)
    powers = np.minimum(np.interp(knots, curve.soc, curve.power_kw), limit_kw)
    spans = zip(np.diff(knots), powers[:-1], powers[1:], strict=True)
    return session.vehicle.battery_capacity_kwh * sum(_hours_per_kwh(*piece) for piece in spans)


def _knots(curve: ChargingCurve, limit_kw: float, start: float, end: float) -> Floats:
    """Ends, bends, and where the curve crosses the limit."""
    marks = [start, *(soc for soc in curve.soc if start < soc < end), max(start, end)]
    lines = zip(curve.soc[:-1], curve.power_kw[:-1], curve.soc[1:], curve.power_kw[1:], strict=True)
    for soc_a, kw_a, soc_b, kw_b in lines:
        if min(kw_a, kw_b) < limit_kw < max(kw_a, kw_b):
            crossing = soc_a + (limit_kw - kw_a) / (kw_b - kw_a) * (soc_b - soc_a)
            marks += [crossing] if start < crossing < end else []
    return np.unique(marks)


def _hours_per_kwh(width: float, kw_a: float, kw_b: float) -> float:
    if min(kw_a, kw_b) <= 0.0:
        return math.inf
    if math.isclose(kw_a, kw_b, rel_tol=1e-9):
        return float(width / kw_a)
    return float(width * math.log(kw_b / kw_a) / (kw_b - kw_a))
