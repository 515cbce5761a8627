"""The fast engine: the relaxed problem as a network flow, in compiled code (`csrc/`).

Costs are on the pieces alone and limits form a tree, so the loads that can be served are a polymatroid and
filling pieces from the cheapest to the dearest is exact. The prices follow from what can displace what in
the full network. Where the extension was not built, importing this module fails and `engines.choice`
takes HiGHS.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
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
        return linear and _flow.takes(_given(problem, problem.need_kwh))

    def most(self, problem: PlanningProblem, demand_kwh: Floats) -> Flow:
        """See `Engine.most`."""
        flow, answer = _empty_flow(problem)
        _flow.most(_given(problem, demand_kwh), answer)
        return flow

    def cheapest(self, problem: PlanningProblem, question: Question) -> Flow | None:
        """See `Engine.cheapest`."""
        objective = question.objective
        if not question.ceilings:
            return _cheapest(problem, question, _ordered(objective.cost_per_kwh))
        if objective.peak is not None or len(question.ceilings) > 1:
            return _by_linear_programme(problem, question)
        return _cheapest_under_ceiling(problem, question)


def _cheapest_under_ceiling(problem: PlanningProblem, question: Question) -> Flow | None:
    """First cost, then second: exact where the ceiling is the least that the first can be."""
    (ceiling,) = question.ceilings
    flow = _cheapest(problem, question, _ordered(ceiling.cost_per_kwh, question.objective.cost_per_kwh))
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


@dataclass(frozen=True, eq=False, slots=True)
class _Order:
    """Pieces from the cheapest to the dearest, and the rank of each: equal where costs are."""

    piece: Index
    rank: Index


def _ordered(*costs: Floats) -> _Order:
    """By the first cost, then the next."""
    piece = np.lexsort(costs[::-1])
    rises = np.zeros(piece.size, dtype=bool)
    for cost in costs:
        rises[1:] |= np.diff(cost[piece]) != 0.0
    rank = np.empty(piece.size, dtype=np.int64)
    rank[piece] = np.cumsum(rises)
    return _Order(piece.astype(np.int64, copy=False), rank)


def _cheapest(problem: PlanningProblem, question: Question, order: _Order) -> Flow | None:
    flow, answer = _empty_flow(problem)
    costs = _costs(problem, question.objective, order)
    preference, given = question.preference, _given(problem, question.energy_kwh)
    running_kwh = None if preference is None else _above_lower(problem, preference.running_kwh)
    found = _flow.cheapest(given, costs, answer, preference is not None, running_kwh)
    return flow if found else None


def _above_lower(problem: PlanningProblem, running_kwh: Floats | None) -> Floats | None:
    """A running plan as the extension reads it: what is above the lower bounds."""
    if running_kwh is None or not problem.lower_kwh.any():
        return running_kwh
    return np.maximum(running_kwh - problem.lower_kwh, 0.0)


def _given(problem: PlanningProblem, energy_kwh: Floats) -> tuple[np.ndarray, ...]:
    """The problem as the extension reads it: contiguous arrays of its widths."""
    cells = problem.cells
    return (
        np.ascontiguousarray(cells.first_cell, dtype=np.int64),
        np.ascontiguousarray(cells.piece, dtype=np.int64),
        np.ascontiguousarray(problem.lower_kwh),
        np.ascontiguousarray(cells.upper_kwh),
        np.array([limit.members for limit in problem.limits]),
        np.array([limit.room_kwh for limit in problem.limits]),
        np.ascontiguousarray(energy_kwh, dtype=np.float64),
    )


def _costs(problem: PlanningProblem, objective: Objective, order: _Order) -> tuple[object, ...]:
    cost = np.ascontiguousarray(objective.cost_per_kwh)
    peak = objective.peak
    ordered = cost, order.piece, order.rank
    if peak is None:
        return ordered
    kwh_per_kw = problem.hours / problem.ac_per_dc
    immovable_kw = np.ascontiguousarray(problem.immovable_kw)
    return (
        cost,
        order.piece,
        order.rank,
        peak.price_per_kw,
        peak.floor_kw,
        kwh_per_kw,
        immovable_kw,
        peak.counts,
    )


def _empty_flow(problem: PlanningProblem) -> tuple[Flow, tuple[Floats, ...]]:
    """A flow to be filled, and its arrays as the extension writes them."""
    energy = np.empty(problem.cells.piece.size)
    limits = np.empty((len(problem.limits), problem.n_pieces))
    peak = np.zeros(problem.n_pieces)
    return Flow(energy, Prices(tuple(limits), peak)), (energy, limits, peak)
