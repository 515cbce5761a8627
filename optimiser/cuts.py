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
    if not cut.limits.any():
        return problem.reach_kwh
    if problem.window_kwh is not None and len(problem.limits) == 1:
        return _free_in_windows(problem, np.clip(1.0 - cut.limits[0], 0.0, 1.0))
    priced = cell_prices(problem, cut)
    outside = problem.cells.upper_kwh * np.clip(1.0 - priced, 0.0, 1.0)
    return problem.delivered_kwh(outside)


def _free_in_windows(problem: PlanningProblem, share: Floats) -> Floats:
    """The same from a share of each piece: cells as they were built are power times hours in one window."""
    cells = problem.cells
    hours = np.concatenate([[0.0], np.cumsum(share * problem.hours)])
    until = hours[cells.first_piece + np.diff(cells.first_cell)]
    free: Floats = problem.max_power_kw * (until - hours[cells.first_piece])
    return free


def cell_prices(problem: PlanningProblem, prices: Prices, cost_per_kwh: Floats | float = 0.0) -> Floats:
    """Sum of a cost in each piece and of all prices that each cell pays [per kWh]."""
    total = _along_paths(problem, prices.limits, prices.peak + cost_per_kwh)
    if problem.curves is not None and prices.curves.any():
        total += problem.curves.cost_of_cells(problem.cells, problem.cell_hours, prices.curves)
    return total


def _along_paths(problem: PlanningProblem, of_limits: Floats, of_pieces: Floats) -> Floats:
    """Per cell, what its piece has and what every limit above has there; limits without prices are passed."""
    path, piece = problem.paths.limit, problem.cells.piece
    shared = int(problem.paths.is_below_all())
    total: Floats = (of_pieces + of_limits[problem.paths.outside_in[:shared]].sum(axis=0))[piece]
    if not of_limits[1:].any():
        return total
    padded = np.vstack([of_limits, np.zeros(of_limits.shape[1])])  # NONE is the last row
    for limit in path[shared:]:
        total += padded[limit[problem.cell_session], piece]
    return total


def room_worth(problem: PlanningProblem, prices: Prices) -> float:
    """What all room under the limits is worth; at the prices of a cut the most that can go through it [kWh].

    No dot product: from 10,000 entries on, BLAS shares it between threads, which costs more than the sum.
    """
    return float((prices.limits * problem.rooms_kwh).sum())


def is_complete(engine: Engine, problem: PlanningProblem, flow: Flow, demand_kwh: Floats) -> bool:
    """Whether the engine's flow delivers what was asked, but for rounding."""
    missing = np.maximum(demand_kwh - problem.delivered_kwh(flow.energy_kwh), 0.0).sum()
    share = COMPLETE_IF_EXACT if engine.exact else COMPLETE
    return bool(missing <= share * max(1.0, demand_kwh.sum()))
