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
from optimiser.running import RunningPlan
from optimiser.series import Floats
from optimiser.settle import settled

_NO_PLAN = None, None, None


class FlowEngine:
    """Solves the relaxed problem by filling pieces; what it cannot take goes to HiGHS.

    What no question changes of a problem, the running plan included, is laid out once for the problem that
    the engine was chosen for, and for others with every question.
    """

    name = "flow"
    exact = True

    def __init__(self, problem: PlanningProblem | None = None) -> None:
        self._problem = problem
        self._layout = None if problem is None else _laid_out(problem, problem.running)

    @staticmethod
    def takes(problem: PlanningProblem) -> bool:
        """Whether limits form a tree, and nobody has a charging curve or an ideal power."""
        if problem.n_sessions == 0:
            return False  # nothing to route
        linear = problem.curves is None and not problem.has_power_rules
        return linear and problem.tree is not None

    def most(self, problem: PlanningProblem, demand_kwh: Floats) -> Flow:
        """See `Engine.most`."""
        energy_kwh, limits, peak = answer = _empty_answer(problem)
        layout = self._layout if problem is self._problem else _laid_out(problem, None)
        _flow.most(layout, demand_kwh, answer)
        return Flow(energy_kwh, Prices(limits, peak))

    def shares_level(
        self, problem: PlanningProblem, demand_kwh: Floats, takes_at: Floats, gives_at: Floats
    ) -> bool:
        """See `Engine.shares_level`."""
        scratch = np.empty(problem.cells.piece.size)
        layout = self._layout_of(problem, problem.running)
        return _flow.shares_level(layout, demand_kwh, scratch, takes_at, gives_at)

    def cheapest(self, problem: PlanningProblem, question: Question) -> Flow | None:
        """See `Engine.cheapest`. Under a ceiling it is HiGHS's answer, made as exact as ours."""
        if question.ceilings:
            return _by_linear_programme(problem, question)
        energy_kwh, limits, peak = answer = _empty_answer(problem)
        preference = question.preference
        running = problem.running if preference is None else preference.running
        found = _flow.cheapest(
            self._layout_of(problem, running),
            question.energy_kwh,
            _costs(problem, question.objective, question.then),
            answer,
            preference is not None,
        )
        return None if found is None else Flow(energy_kwh, Prices(limits, peak), *found)

    def _layout_of(self, problem: PlanningProblem, running: RunningPlan | None) -> object:
        if self._layout is not None and problem is self._problem and running is problem.running:
            return self._layout
        return _laid_out(problem, running)


def _by_linear_programme(problem: PlanningProblem, question: Question) -> Flow | None:
    from optimiser.engines.highs import HighsEngine

    flow = HighsEngine().cheapest(problem, question)
    if flow is None:
        return None
    return Flow(settled(problem, flow.energy_kwh, question.energy_kwh), flow.prices)


def _laid_out(problem: PlanningProblem, running: RunningPlan | None) -> object:
    """The problem as the extension reads it: contiguous arrays.

    None for no lower bounds, and for powers where upper bounds may be less than power times hours.
    """
    cells, tree = problem.cells, problem.tree
    if tree is None:
        raise ValueError("the limits do not form a tree")
    sizes = tree.lowest, cells.upper_kwh, tree.parent, problem.rooms_kwh
    power_kw = None if problem.window_kwh is None else problem.max_power_kw
    windows = cells.first_cell, cells.first_piece, problem.hours
    return _flow.lay_out((*sizes, *windows, problem.raised_kwh, power_kw, *(running or _NO_PLAN)))


def _costs(problem: PlanningProblem, objective: Objective, then: Objective | None) -> tuple[object, ...]:
    """Costs per piece, what decides between equals (at last, as time goes), and the peak.

    The peak is searched for without what is wanted then: as time goes, fewer have to step aside.
    """
    per_piece = objective.cost_per_kwh, None if then is None else then.cost_per_kwh
    peak = objective.peak
    if peak is None:
        return per_piece
    paid = peak.price_per_kw, peak.floor_kw, problem.kwh_per_kw, problem.immovable_kw, peak.counts
    return *per_piece, *paid


def _empty_answer(problem: PlanningProblem) -> tuple[Floats, Floats, Floats]:
    """What the extension writes: energy per cell, prices of the limits and of the peak."""
    rooms, pieces = problem.rooms_kwh.shape, problem.hours.size
    return np.empty(problem.cells.piece.size), np.empty(rooms), np.empty(pieces)
