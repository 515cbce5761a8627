"""What each strategy wants, as stages: want 3 of a plan, in the order in which its parts count."""

import numpy as np

from optimiser.domain import Strategy
from optimiser.engines.base import Objective
from optimiser.problem import PeakCharge, PlanningProblem
from optimiser.series import Floats


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


def earlier_first(problem: PlanningProblem) -> Floats:
    """Preference among equally good plans, per cell and kWh: earlier, and whoever leaves first goes first.

    The weight of a session times the hour of a piece orders vehicles as well as time, so each is
    charged in one go where prices allow: 1.6 runs a vehicle instead of 7.5 on a priced night of 100.
    """
    leaves = np.array([s.charge_until_ms for s in problem.sessions])
    rank = np.empty(leaves.size)
    rank[np.lexsort((np.arange(leaves.size), leaves))] = np.arange(leaves.size)
    weight = 2.0 - rank / max(1, leaves.size)
    hour = problem.middle_hours / max(1.0, float(problem.middle_hours.max(initial=1.0)))
    preference: Floats = weight[problem.cell_session] * hour[problem.cells.piece]
    return preference
