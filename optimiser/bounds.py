"""Lower bounds of every stage, from the prices of the relaxed problem: what a plan's gaps are measured to."""

import math

import numpy as np

from optimiser.certificate import cheapest_alone, fewest_short, least_missing
from optimiser.cuts import cell_prices, free_kwh, room_worth
from optimiser.engines.base import Objective, Prices
from optimiser.problem import PlanningProblem
from optimiser.runs import unbroken_alone
from optimiser.series import Floats

# A count is proven only where it is over the next lower one by more than rounding could make.
SURE = 1e-4


def missing_bound(problem: PlanningProblem, need_kwh: Floats, cut: Prices | None) -> float:
    """No plan leaves less than this missing below `need_kwh` in total [kWh].

    A kWh that is missing costs 1, and so does one over the cut: a session buys what is free.
    """
    if cut is None:
        return float(np.maximum(need_kwh - problem.reach_kwh, 0.0).sum())
    if cut.curves.any():
        alone = least_missing(problem.cells, cell_prices(problem, cut), need_kwh)
    else:
        alone = np.maximum(need_kwh - free_kwh(problem, cut), 0.0)
    return max(0.0, float(alone.sum()) - _room_value(problem, cut))


def short_count_bound(
    problem: PlanningProblem, energy_kwh: Floats, enough_kwh: Floats, priority: float, prices: Prices
) -> int:
    """No plan leaves fewer sessions of this priority with less than `enough_kwh`, as far as it is proven.

    That is of plans which give the higher priorities what this one gives them, and everybody as much
    below the minimum.
    """
    floor = np.where(
        problem.priority > priority, energy_kwh, np.minimum(energy_kwh, problem.minimum_need_kwh)
    )
    counted = (problem.priority == priority) & (enough_kwh > floor)
    alone = fewest_short(problem.cells, cell_prices(problem, prices), counted, floor, enough_kwh)
    return math.ceil(float(alone.sum()) - _room_value(problem, prices) - SURE)


def strategy_bound(
    problem: PlanningProblem, energy_kwh: Floats, objective: Objective, prices: Prices
) -> float:
    """No plan that delivers these energies per session is cheaper than this.

    Sessions that cannot pause are minimised over their unbroken runs, the others over any power up to
    their largest.
    """
    cost = cell_prices(problem, prices, objective.cost_per_kwh)
    alone = cheapest_alone(problem.cells, cost, energy_kwh)
    straight = np.array([s.vehicle.charging_curve is None for s in problem.sessions], dtype=bool)
    unbroken = np.flatnonzero(~problem.pausable & straight & (energy_kwh > 0.0))
    low_kwh = problem.min_power_kw[problem.cell_session] * problem.cell_hours
    alone = unbroken_alone(problem.cells, cost, low_kwh, energy_kwh, unbroken, alone)
    return float(alone.sum()) + _shared_value(problem, objective, prices)


def valid_peak_prices(problem: PlanningProblem, objective: Objective, peak_price: Floats) -> Floats:
    """Peak prices that add up to no more than a kW of peak costs, without which they prove nothing.

    Where the objective has no peak there are none, so they are all 0 as they come.

    A kW of peak is worth the sum over pieces of price (per kWh) times hours and AC/DC ratio; a solver
    meets that sum to its tolerance only.
    """
    if objective.peak is None:
        return peak_price
    total = float(peak_price @ problem.kwh_per_kw)
    return peak_price * min(1.0, objective.peak.price_per_kw / total) if total > 0.0 else peak_price


def _peak_value(problem: PlanningProblem, objective: Objective, prices: Prices) -> float:
    """What the peak prices make of the immovable load: sum of price, hours, ratio and rise over the floor."""
    if objective.peak is None:
        return 0.0
    kwh_per_kw = problem.hours / problem.ac_per_dc
    return float(prices.peak @ (kwh_per_kw * (problem.immovable_kw - objective.peak.floor_kw)))


def _shared_value(problem: PlanningProblem, objective: Objective, prices: Prices) -> float:
    return _peak_value(problem, objective, prices) - _room_value(problem, prices)


def _room_value(problem: PlanningProblem, prices: Prices) -> float:
    """What all room is worth: of the limits, and under the charging curves."""
    shared = room_worth(problem, prices)
    if problem.curves is None or prices.curves.size == 0:
        return shared
    return shared + float(prices.curves @ problem.curves.limit_kw)
