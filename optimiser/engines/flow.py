"""The fast engine: the relaxed problem as a network flow, in compiled code (`csrc/`).

Costs are on the pieces alone and limits form a tree, so the loads that can be served are a polymatroid and
filling pieces from the cheapest to the dearest is exact. The prices follow from what can displace what in
the full network. Where the extension was not built, importing this module fails and `engines.choice`
takes HiGHS.
"""

import numpy as np

from optimiser.engines import _flow
from optimiser.engines.base import Flow, Objective, Prices, Question
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.settle import settled


class FlowEngine:
    """Solves the relaxed problem by filling pieces; what it cannot take goes to HiGHS."""

    name = "flow"
    exact = True

    @staticmethod
    def takes(problem: PlanningProblem) -> bool:
        """Whether limits form a tree, and nobody has a charging curve or an ideal power."""
        if problem.n_sessions == 0:
            return False  # nothing to route
        linear = problem.curves is None and not problem.has_power_rules
        return linear and problem.tree is not None

    def most(self, problem: PlanningProblem, demand_kwh: Floats) -> Flow:
        """See `Engine.most`."""
        flow = _empty_flow(problem)
        _flow.most(_given(problem, demand_kwh), _arrays(flow))
        return flow

    def shares_level(
        self, problem: PlanningProblem, demand_kwh: Floats, takes_at: Floats, gives_at: Floats
    ) -> bool:
        """See `Engine.shares_level`."""
        scratch = np.empty(problem.cells.piece.size)
        return _flow.shares_level(
            _given(problem, demand_kwh), problem.running_kwh, scratch, takes_at, gives_at
        )

    def cheapest(self, problem: PlanningProblem, question: Question) -> Flow | None:
        """See `Engine.cheapest`. Under a ceiling it is HiGHS's answer, made as exact as ours."""
        if question.ceilings:
            return _by_linear_programme(problem, question)
        flow, preference = _empty_flow(problem), question.preference
        running_kwh = problem.running_kwh if preference is None else preference.running_kwh
        found = _flow.cheapest(
            _given(problem, question.energy_kwh),
            _costs(problem, question.objective, question.then),
            _arrays(flow),
            preference is not None,
            running_kwh,
        )
        return None if found is None else Flow(flow.energy_kwh, flow.prices, *found)


def _by_linear_programme(problem: PlanningProblem, question: Question) -> Flow | None:
    from optimiser.engines.highs import HighsEngine

    flow = HighsEngine().cheapest(problem, question)
    if flow is None:
        return None
    return Flow(settled(problem, flow.energy_kwh, question.energy_kwh), flow.prices)


def _given(problem: PlanningProblem, energy_kwh: Floats) -> tuple[object, ...]:
    """The problem as the extension reads it: contiguous arrays.

    None for no lower bounds, and for powers where upper bounds may be less than power times hours.
    """
    cells, tree = problem.cells, problem.tree
    if tree is None:
        raise ValueError("the limits do not form a tree")
    sizes = energy_kwh, cells.upper_kwh, tree.parent, problem.rooms_kwh
    windows = cells.first_cell, cells.first_piece, tree.lowest
    power_kw = None if problem.window_kwh is None else problem.max_power_kw
    return (*sizes, *windows, problem.raised_kwh, power_kw, problem.hours)


def _costs(problem: PlanningProblem, objective: Objective, then: Objective | None) -> tuple[object, ...]:
    """Costs per piece, the order from the cheapest to the dearest (ties as time goes), and the peak.

    The peak has an order of its own, without what is wanted then: as time goes, fewer have to step aside.
    """
    cost, peak = objective.cost_per_kwh, objective.peak
    second = None if then is None else then.cost_per_kwh
    by_cost = cost.argsort(kind="stable")
    order = by_cost if second is None else np.lexsort((second, cost))
    if peak is None:
        return cost, second, order
    kwh_per_kw = problem.hours / problem.ac_per_dc
    paid = peak.price_per_kw, peak.floor_kw, kwh_per_kw, problem.immovable_kw, peak.counts
    return (cost, second, order, *paid, by_cost)


def _empty_flow(problem: PlanningProblem) -> Flow:
    """A flow to be filled."""
    limits = np.empty((len(problem.limits), problem.n_pieces))
    return Flow(np.empty(problem.cells.piece.size), Prices(limits, np.empty(problem.n_pieces)))


def _arrays(flow: Flow) -> tuple[Floats, ...]:
    """The arrays of a flow as the extension writes them."""
    return flow.energy_kwh, flow.prices.limits, flow.prices.peak
