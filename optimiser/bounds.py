"""Lower bounds of every stage, from the prices of the relaxed problem: what a plan's gaps are measured to."""

import numpy as np

from optimiser.certificate import cheapest_alone, least_missing
from optimiser.delivery import cell_prices
from optimiser.engines.base import Objective, Prices
from optimiser.problem import PlanningProblem
from optimiser.runs import unbroken_alone
from optimiser.series import Floats


def missing_bound(problem: PlanningProblem, need_kwh: Floats, cut: Prices) -> float:
    """No plan leaves less than this missing below `need_kwh` in total [kWh]."""
    alone = least_missing(problem.cells, cell_prices(problem, cut), need_kwh)
    return max(0.0, float(alone.sum()) - _room_value(problem, cut))


def strategy_bound(
    problem: PlanningProblem, energy_kwh: Floats, objective: Objective, prices: Prices
) -> float:
    """No plan that delivers these energies is cheaper than this.

    Sessions that cannot pause are minimised over their unbroken runs, the others over any power up to
    their largest.
    """
    cost = objective.cost_per_kwh[problem.cells.piece] + cell_prices(problem, prices)
    alone = cheapest_alone(problem.cells, cost, energy_kwh)
    straight = np.array([s.vehicle.charging_curve is None for s in problem.sessions], dtype=bool)
    unbroken = np.flatnonzero(~problem.pausable & straight & (energy_kwh > 0.0))
    low_kwh = problem.min_power_kw[problem.cell_session] * problem.cell_hours
    alone = unbroken_alone(problem.cells, cost, low_kwh, energy_kwh, unbroken, alone)
    return float(alone.sum()) - _room_value(problem, prices) + _peak_value(problem, objective, prices)


def valid_peak_prices(problem: PlanningProblem, objective: Objective, peak_price: Floats) -> Floats:
    """Peak prices that add up to no more than a kW of peak costs, without which they prove nothing.

    A kW of peak is worth the sum over pieces of price (per kWh) times hours and AC/DC ratio; a solver
    meets that sum to its tolerance only.
    """
    if objective.peak is None:
        return np.zeros(problem.n_pieces)
    total = float(peak_price @ (problem.hours / problem.ac_per_dc))
    return peak_price * min(1.0, objective.peak.price_per_kw / total) if total > 0.0 else peak_price


def _peak_value(problem: PlanningProblem, objective: Objective, prices: Prices) -> float:
    """What the peak prices make of the immovable load: sum of price, hours, ratio and rise over the floor."""
    if objective.peak is None:
        return 0.0
    kwh_per_kw = problem.hours / problem.ac_per_dc
    return float(prices.peak @ (kwh_per_kw * (problem.immovable_kw - objective.peak.floor_kw)))


def _room_value(problem: PlanningProblem, prices: Prices) -> float:
    """What all room is worth: of the limits, and under the charging curves."""
    shared = sum(float(p @ limit.room_kwh) for p, limit in zip(prices.limits, problem.limits, strict=True))
    return shared if problem.curves is None else shared + float(prices.curves @ problem.curves.limit_kw)
