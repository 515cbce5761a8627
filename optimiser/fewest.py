"""As few as possible short: who is served whole where not everybody can be, and the proof of the count.

The energies that can be delivered together form a polymatroid, so any set of sessions that can be
served whole together can be, without lowering the total: what is left goes to the others. The smallest
needs are tried first, which is exact under one cut (a knapsack of equal values). Under several it need
not be, but was on each of 100 random depots with two caps that were also solved as a whole; taking one
out for two others never helped there.

The proof is that of the relaxation in which parts of a session count: its optimum serves the smallest
needs first as well (Edmonds 1970, Submodular functions, matroids and certain polyhedra), and its prices
are the cuts on that way, each weighted by what the count per kWh falls from one session to the next.
"""

import numpy as np

from optimiser.certificate import Index
from optimiser.cuts import free_kwh, is_complete, room_worth
from optimiser.engines.base import Engine, Prices
from optimiser.limits import Flags
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

# Cuts that the proof is put together from; each takes one flow. More make it no worse and slower.
MOST_CUTS = 48
NEGLIGIBLE_KWH = 1e-6
# A demand breaks a known cut only if it does by more than this share: a flow decides what is closer.
CLEAR = 1e-6


def served_whole(
    engine: Engine, problem: PlanningProblem, floor_kwh: Floats, need_kwh: Floats, active: Flags
) -> Floats:
    """The floor, raised to the need for as many active sessions as are found to fit together."""
    choice = _Choice(engine, problem, floor_kwh, need_kwh)
    choice.add(_smallest_first(need_kwh - floor_kwh, active & (need_kwh > floor_kwh)))
    return choice.demand_kwh


def count_prices(engine: Engine, problem: PlanningProblem, energy_kwh: Floats) -> dict[float, Prices]:
    """By priority: prices [schedules per kWh] that prove how many must be short in a plan of these energies.

    Others keep what they have: higher priorities all of it, lower ones what is below their minimum.
    """
    short = problem.need_kwh > energy_kwh + NEGLIGIBLE_KWH
    below = np.minimum(energy_kwh, problem.minimum_need_kwh)
    priced = {}
    for priority in np.unique(problem.priority[short])[::-1]:
        floor = np.where(problem.priority > priority, energy_kwh, below)
        priced[float(priority)] = _count_prices(engine, problem, floor, problem.priority == priority)
    return priced


def _count_prices(engine: Engine, problem: PlanningProblem, floor_kwh: Floats, members: Flags) -> Prices:
    need_kwh, total = problem.need_kwh, Prices.none(problem)
    possible = members & (need_kwh <= problem.reach_kwh) & (need_kwh > floor_kwh + NEGLIGIBLE_KWH)
    order = _smallest_first(need_kwh - floor_kwh, possible)
    if order.size == 0:
        return total
    uptos = np.unique(np.linspace(1, order.size, MOST_CUTS).astype(np.intp))
    worth = 1.0 / (need_kwh - floor_kwh)[order[uptos - 1]]
    for upto, fall in zip(uptos, worth - np.append(worth[1:], 0.0), strict=True):
        demand = floor_kwh.copy()
        demand[order[:upto]] = need_kwh[order[:upto]]
        total = _plus(total, engine.most(problem, demand).prices, float(fall))
    return total


def _plus(total: Prices, cut: Prices, weight: float) -> Prices:
    return Prices(total.limits + weight * cut.limits, total.peak)


class _Choice:
    """Sessions taken in one after the other, as long as a flow serves all of them whole."""

    def __init__(self, engine: Engine, problem: PlanningProblem, floor_kwh: Floats, need_kwh: Floats) -> None:
        self._engine = engine
        self._problem = problem
        self._need_kwh = need_kwh
        self._cuts: list[tuple[Floats, float]] = []
        self.demand_kwh = floor_kwh.copy()

    def add(self, order: Index) -> None:
        """Take in these sessions in their order, each that still fits; many at once where they all fit."""
        if order.size == 0:
            return
        demand = self.demand_kwh.copy()
        demand[order] = self._need_kwh[order]
        if self._fits(demand):
            self.demand_kwh = demand
        elif order.size > 1:
            self.add(order[: order.size // 2])
            self.add(order[order.size // 2 :])

    def _fits(self, demand_kwh: Floats) -> bool:
        if any(self._breaks(demand_kwh, *cut) for cut in self._cuts):
            return False
        flow = self._engine.most(self._problem, demand_kwh)
        if is_complete(self._engine, self._problem, flow, demand_kwh):
            return True
        self._cuts.append((free_kwh(self._problem, flow.prices), room_worth(self._problem, flow.prices)))
        return False

    @staticmethod
    def _breaks(demand_kwh: Floats, free: Floats, room_kwh: float) -> bool:
        over = float(np.maximum(demand_kwh - free, 0.0).sum()) - room_kwh
        return over > CLEAR * max(1.0, float(demand_kwh.sum()))


def _smallest_first(kwh: Floats, members: Flags) -> Index:
    """Members by energy, then in their order."""
    order = np.flatnonzero(members)
    return order[np.argsort(kwh[order], kind="stable")]
