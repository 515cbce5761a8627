"""What prices and cuts say of cells and sessions: shared by everybody who reads an engine's proof."""

import numpy as np

from optimiser.engines.base import Engine, Flow, Prices
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

# A flow is complete when no more than this share of the demand (at least of 1 kWh) is missing. HiGHS
# meets rows to 1e-7, and a depot has some hundred of them under one cut; an exact engine only rounds.
COMPLETE = 1e-7
COMPLETE_IF_EXACT = 1e-12


def free_kwh(problem: PlanningProblem, cut: Prices) -> Floats:
    """Energy that each session can take outside a cut (prices 0 or 1 per limit and piece)."""
    if not any(price.any() for price in cut.limits):
        return problem.reach_kwh
    priced = cell_prices(problem, cut)
    outside = problem.cells.upper_kwh * np.clip(1.0 - priced, 0.0, 1.0)
    return problem.delivered_kwh(outside)


def cell_prices(problem: PlanningProblem, prices: Prices, cost_per_kwh: Floats | float = 0.0) -> Floats:
    """Sum of a cost in each piece and of all prices that each cell pays [per kWh]."""
    priced = [(p, limit) for p, limit in zip(prices.limits, problem.limits, strict=True) if p.any()]
    shared = [price for price, limit in priced if limit.members.all()]
    total: Floats = (sum(shared, prices.peak) + cost_per_kwh)[problem.cells.piece]
    for price, limit in priced:
        if not limit.members.all():
            total += price[problem.cells.piece] * limit.members[problem.cell_session]
    if problem.curves is not None and prices.curves.any():
        total += problem.curves.cost_of_cells(problem.cells, problem.cell_hours, prices.curves)
    return total


def cut_room_kwh(problem: PlanningProblem, cut: Prices) -> float:
    """The most that can go through a cut [kWh]."""
    return float(sum(p @ limit.room_kwh for p, limit in zip(cut.limits, problem.limits, strict=True)))


def is_complete(engine: Engine, problem: PlanningProblem, flow: Flow, demand_kwh: Floats) -> bool:
    """Whether the engine's flow delivers what was asked, but for rounding."""
    missing = np.maximum(demand_kwh - problem.delivered_kwh(flow.energy_kwh), 0.0).sum()
    share = COMPLETE_IF_EXACT if engine.exact else COMPLETE
    return bool(missing <= share * max(1.0, demand_kwh.sum()))
