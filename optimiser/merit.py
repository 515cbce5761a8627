"""How a plan that keeps all rules is judged: what is missing, then what it costs."""

from dataclasses import dataclass

import numpy as np

from optimiser.engines.base import Objective
from optimiser.pattern import run_power_kw
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

NEGLIGIBLE_KWH = 1e-6
CHARGES_KWH = 1e-9


@dataclass(frozen=True, slots=True)
class Merit:
    """What a plan is judged by, in this order."""

    below_minimum_kwh: float
    missing_kwh: float
    value: float

    def beats(self, other: "Merit") -> bool:
        """Less missing below the minimum, then below what is wanted, then cheaper."""
        for own, others in (
            (self.below_minimum_kwh, other.below_minimum_kwh),
            (self.missing_kwh, other.missing_kwh),
        ):
            if abs(own - others) > NEGLIGIBLE_KWH:
                return own < others
        return self.value < other.value - 1e-7 * max(1.0, abs(other.value))


def value_of(problem: PlanningProblem, objective: Objective, energy_kwh: Floats) -> float:
    """Cost of the energies, and of the peak that they make."""
    cost = float(energy_kwh @ objective.cost_per_kwh[problem.cells.piece])
    if objective.peak is None:
        return cost
    low = run_power_kw(problem)[problem.cell_session] * problem.cell_hours
    load_kw = problem.load_kw(drawn_kwh(energy_kwh, low))[objective.peak.counts]
    return cost + objective.peak.price_per_kw * max(
        0.0, float(load_kw.max(initial=0.0)) - objective.peak.floor_kw
    )


def drawn_kwh(energy_kwh: Floats, low_kwh: Floats) -> Floats:
    """What each cell takes of the limits: a run that ends inside a piece draws its least power there."""
    return np.where(energy_kwh > CHARGES_KWH, np.maximum(energy_kwh, low_kwh), 0.0)


def missing_price(problem: PlanningProblem, objective: Objective) -> float:
    """Cost of a kWh missing, above whatever a kWh can cost: its dearest price and a peak of its own."""
    price = 10.0 * (1.0 + float(np.abs(objective.cost_per_kwh).max(initial=0.0)))
    if objective.peak is None:
        return price
    return price + 2.0 * objective.peak.price_per_kw * problem.ac_per_dc / float(np.median(problem.hours))
