"""Integrals of step series over time."""

import numpy as np

from optimiser.series import Floats, Instants, StepSeries
from optimiser.units import MS_PER_HOUR


def integral_until(series: StepSeries, origin_ms: int, end_ms: int, instants_ms: Instants) -> Floats:
    """Integral [value x h] of a series from `origin_ms` to each instant of `[origin_ms, end_ms]`."""
    knots = np.concatenate([[origin_ms], series.edges_between(origin_ms, end_ms), [end_ms]])
    areas = series.at(knots[:-1]) * (np.diff(knots) / MS_PER_HOUR)
    grown = np.concatenate([[0.0], np.cumsum(areas)])
    integral: Floats = np.interp(instants_ms, knots, grown)
    return integral


def integral_over(series: StepSeries, start_ms: Instants, end_ms: Instants) -> Floats:
    """Integral [value x h] of a series over each `[start, end)`."""
    if not start_ms.size:
        return np.zeros(0)
    bounds = int(start_ms.min()), int(end_ms.max())
    return integral_until(series, *bounds, end_ms) - integral_until(series, *bounds, start_ms)
