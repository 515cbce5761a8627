"""Many draws in a few numbers: how often each vehicle leaves short, and how cost and peak spread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimiser.key_figures import KeyFigures
from optimiser.series import Floats

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Spread:
    """How a figure spreads over the draws; `quantiles` belong to `QUANTILES`, between two draws on a line."""

    mean: float
    least: float
    quantiles: tuple[float, ...]
    most: float


@dataclass(frozen=True, slots=True)
class StayRisk:
    """How one stay fares: in how many draws it ends below its target, and the energy missing [kWh].

    `expected_kwh` is the mean over all draws, `most_kwh` the worst of them.
    """

    schedule_id: str
    short_draws: int
    expected_kwh: float
    most_kwh: float


@dataclass(frozen=True, slots=True)
class DrawSummary:
    """All draws together; `short_draws` counts those in which anybody is short, `stays` is by schedule id.

    Stays that are never short are not in `stays`. `gap` is the largest of all plans.
    """

    draws: int
    cost: Spread
    energy_kwh: Spread
    peak_kw: Spread
    missing_kwh: Spread
    short_draws: int
    stays: dict[str, StayRisk]
    gap: float


def summarise(figures: Sequence[KeyFigures]) -> DrawSummary:
    """The summary of at least one draw."""
    return DrawSummary(
        draws=len(figures),
        cost=_spread(np.array([each.cost for each in figures])),
        energy_kwh=_spread(np.array([each.totals.energy_kwh for each in figures])),
        peak_kw=_spread(np.array([each.totals.peak_kw for each in figures])),
        missing_kwh=_spread(np.array([each.missing_kwh for each in figures])),
        short_draws=sum(bool(each.short) for each in figures),
        stays=_risks(figures),
        gap=max(each.gap for each in figures),
    )


def _spread(values: Floats) -> Spread:
    quantiles = tuple(np.quantile(values, QUANTILES).tolist())
    return Spread(float(values.mean()), float(values.min()), quantiles, float(values.max()))


def _risks(figures: Sequence[KeyFigures]) -> dict[str, StayRisk]:
    missing: dict[str, list[float]] = {}
    for each in figures:
        for stay in each.short:
            missing.setdefault(stay.schedule_id, []).append(stay.shortfall_kwh)
    return {
        schedule_id: StayRisk(schedule_id, len(kwh), sum(kwh) / len(figures), max(kwh))
        for schedule_id, kwh in missing.items()
    }
