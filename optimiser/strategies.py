"""What each strategy wants, as stages: want 3 of a plan, in the order in which its parts count."""

import numpy as np

from optimiser.domain import Strategy
from optimiser.engines.base import Objective
from optimiser.problem import PeakCharge, PlanningProblem


def objectives(problem: PlanningProblem, strategy: Strategy) -> tuple[Objective, ...]:
    """The strategy's own stage first; what it names after that follows."""
    match strategy:
        case Strategy.COST:
            return (_cost(problem),)
        case Strategy.PEAK_SUPPRESSION:
            return (_peak(problem), _cost(problem))
        case Strategy.ASAP:
            return (Objective("asap", problem.middle_hours),)
        case Strategy.CARBON:
            return (Objective("carbon", problem.carbon_kg_per_kwh), _cost(problem))


def _cost(problem: PlanningProblem) -> Objective:
    """Energy cost, and the demand charge on the rise of the peak."""
    demand = problem.demand
    charged = demand is not None and demand.price_per_kw > 0.0 and bool(demand.counts.any())
    return Objective("cost", problem.price_per_kwh, demand if charged else None)


def _peak(problem: PlanningProblem) -> Objective:
    """The lowest AC peak of the whole planned time: 1 per kW over 0."""
    everywhere = np.ones(problem.n_pieces, dtype=bool)
    return Objective(
        Strategy.PEAK_SUPPRESSION.value, np.zeros(problem.n_pieces), PeakCharge(1.0, 0.0, everywhere)
    )
