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

# By this much, relative to max(1, its value), an earlier want may be above its optimum and still count as
# held at it. The contract of a plan allows 1e-6.
HELD_AT_OPTIMUM = 1e-6


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
        """See `Engine.cheapest`."""
        objective = question.objective
        if not question.ceilings:
            return _cheapest(problem, question)
        if objective.peak is not None or len(question.ceilings) > 1:
            return _by_linear_programme(problem, question)
        return _cheapest_under_ceiling(problem, question)


def _cheapest_under_ceiling(problem: PlanningProblem, question: Question) -> Flow | None:
    """First cost, then second: exact where the ceiling is the least that the first can be."""
    (ceiling,) = question.ceilings
    flow = _cheapest(problem, question, ceiling.cost_per_kwh)
    if flow is None:
        return None
    left = ceiling.value - float(problem.by_piece(flow.energy_kwh) @ ceiling.cost_per_kwh)
    held = 0.0 <= left <= HELD_AT_OPTIMUM * max(1.0, abs(ceiling.value))
    return flow if held else _by_linear_programme(problem, question)


def _by_linear_programme(problem: PlanningProblem, question: Question) -> Flow | None:
    """HiGHS's answer, made as exact as ours."""
    from optimiser.engines.highs import HighsEngine

    flow = HighsEngine().cheapest(problem, question)
    if flow is None:
        return None
    return Flow(settled(problem, flow.energy_kwh, question.energy_kwh), flow.prices)


def _cheapest(problem: PlanningProblem, question: Question, before: Floats | None = None) -> Flow | None:
    """The cheapest flow; `before` is a cost per kWh in each piece that counts first, if there is one."""
    flow, preference = _empty_flow(problem), question.preference
    running_kwh = problem.running_kwh if preference is None else preference.running_kwh
    found = _flow.cheapest(
        _given(problem, question.energy_kwh),
        _costs(problem, question.objective, before),
        _arrays(flow),
        preference is not None,
        running_kwh,
    )
    return None if found is None else Flow(flow.energy_kwh, flow.prices, *found)


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


def _costs(problem: PlanningProblem, objective: Objective, before: Floats | None) -> tuple[object, ...]:
    """Costs per piece, the order from the cheapest to the dearest (ties as time goes), and the peak."""
    cost, peak = objective.cost_per_kwh, objective.peak
    order = cost.argsort(kind="stable") if before is None else np.lexsort((cost, before))
    if peak is None:
        return cost, before, order
    kwh_per_kw = problem.hours / problem.ac_per_dc
    paid = peak.price_per_kw, peak.floor_kw, kwh_per_kw, problem.immovable_kw, peak.counts
    return (cost, before, order, *paid)


def _empty_flow(problem: PlanningProblem) -> Flow:
    """A flow to be filled."""
    limits = np.empty((len(problem.limits), problem.n_pieces))
    return Flow(np.empty(problem.cells.piece.size), Prices(limits, np.empty(problem.n_pieces)))


def _arrays(flow: Flow) -> tuple[Floats, ...]:
    """The arrays of a flow as the extension writes them."""
    return flow.energy_kwh, flow.prices.limits, flow.prices.peak
