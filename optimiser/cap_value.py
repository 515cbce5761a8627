"""What one more kW of site cap in a slot would save, at the energy delivered now: a right derivative.

A solver's dual price is only one of many where a plan is degenerate, and may be too high: the right
derivative is the least over all optimal prices. Without a demand charge it needs no prices at all: one
more kWh of room in piece j lets in the dearest energy that can be moved there, from piece k, and saves
c[k] - c[j]. What can be moved where is a question of paths (`optimiser.network`), and paths through
different pieces do not disturb each other, so a slot is worth the sum of its pieces.
"""

import numpy as np

from optimiser.engines.base import Objective, Prices
from optimiser.network import Network, make_network
from optimiser.peak_value import peak_pieces, slot_values_under_peak
from optimiser.problem import PlanningProblem
from optimiser.series import Floats


def cap_value_per_kw(
    problem: PlanningProblem, energy_kwh: Floats, objective: Objective, prices: Prices
) -> Floats:
    """Saving [currency per kW] of a higher site cap in every slot; NaN where limits do not form a tree.

    `energy_kwh` is an optimal point of the objective, `prices` are some optimal prices of it.
    """
    n_slots = problem.grid.slot_edges_ms.size - 1
    network = make_network(problem, energy_kwh)
    if network is None:
        return np.full(n_slots, np.nan)
    priced = priced_slots(problem, prices)
    if not priced.any():
        return np.zeros(n_slots)
    if objective.peak is not None and peak_pieces(problem, energy_kwh, objective.peak).any():
        values = slot_values_under_peak(problem, network, energy_kwh, objective, priced)
    else:
        values = per_slot(problem, piece_values(problem, network, objective))
    # Any optimal price is an upper bound of the derivative, so rounding never makes a slot worth more.
    least: Floats = np.fmin(values, per_slot(problem, _useful(problem, prices.limits[0])))
    return least


def piece_values(problem: PlanningProblem, network: Network, objective: Objective) -> Floats:
    """Saving per kWh [DC] of room in every piece, without a demand charge: dearest less own cost."""
    lowest = float(objective.cost_per_kwh.min()) - 1.0  # marks are above 0, also where prices are not
    dearest = network.between_pieces(objective.cost_per_kwh - lowest, np.maximum)
    saving = np.maximum(dearest + lowest - objective.cost_per_kwh, 0.0)
    worth: Floats = np.where((dearest > 0.0) & ~network.open[0], saving, 0.0)
    return _useful(problem, worth)


def priced_slots(problem: PlanningProblem, prices: Prices) -> np.ndarray:
    """Slots whose site cap has a price at all; a price of 0 proves that more cap is worth nothing there."""
    return per_slot(problem, _useful(problem, prices.limits[0])) > 0.0


def per_slot(problem: PlanningProblem, value_per_kwh: Floats) -> Floats:
    """Worth of a kW of AC power throughout each slot, from the worth of a kWh [DC] in each piece."""
    first = problem.grid.first_piece_of_slot
    values: Floats = np.add.reduceat(value_per_kwh * problem.hours / problem.ac_per_dc, first)
    return values


def _useful(problem: PlanningProblem, value_per_kwh: Floats) -> Floats:
    """Nothing where immovable load is over the cap: a kW more of it is still no room."""
    useful: Floats = np.where(problem.limits[0].overloaded, 0.0, value_per_kwh)
    return useful
