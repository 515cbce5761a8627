"""Who gets how much energy: wants 1 and 2, decided before anything is said about when.

The energies that can be delivered together form a polymatroid (vehicles are the sources of a flow into
the pieces), so serving a higher priority first, or spreading a shortfall evenly, never lowers the
total. Among equals the shortfalls in SoC points are made leximin by the decomposition of Fujishige
(1980, Lexicographically optimal base of a polymatroid), all parts at once: everybody of a part is equally
short by what the part can have in all; where a minimum cut says that some ask for too much of it, the part
falls apart along the cut, and the two never meet again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from optimiser.certificate import Index
from optimiser.engines.base import Engine, Flow, Prices
from optimiser.limits import Flags
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.taper import reach_kwh

# A flow is complete when no more than this share of the demand (at least of 1 kWh) is missing. HiGHS
# meets rows to 1e-7, and a depot has some hundred of them under one cut; an exact engine only rounds.
COMPLETE = 1e-7
COMPLETE_IF_EXACT = 1e-12
# A session is behind a cut if it asks for more than it can take outside of it; this share is rounding.
TIGHT = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Delivery:
    """Energy for every session, and a cut that proves the total of each of the two wants."""

    energy_kwh: Floats
    minimum_cut: Prices
    target_cut: Prices


def decide_delivery(engine: Engine, problem: PlanningProblem, most_kwh: Floats | None = None) -> Delivery:
    """Least missing below the minimum, then below the target, by priority, fair among equals.

    `most_kwh` is what each session may get at most; its need to the target unless given.
    """
    most = problem.need_kwh if most_kwh is None else most_kwh
    floor = problem.delivered_kwh(problem.lower_kwh)
    energy, minimum_cut = _serve(engine, problem, _Wishes(floor, problem.minimum_need_kwh, most))
    energy, target_cut = _serve(engine, problem, _Wishes(energy, problem.need_kwh, most))
    return Delivery(energy, minimum_cut, target_cut)


def full_delivery(problem: PlanningProblem) -> Delivery:
    """Everybody gets all that the stay allows; nobody is in another's way, so the cuts are empty."""
    return Delivery(reach_kwh(problem), Prices.none(problem), Prices.none(problem))


@dataclass(frozen=True, eq=False, slots=True)
class _Wishes:
    """Per session: what it has for certain, what it needs, and what it may get at most [kWh]."""

    floor_kwh: Floats
    need_kwh: Floats
    most_kwh: Floats

    def demand(self, short_kwh: Floats | float = 0.0) -> Floats:
        """What everybody asks for who accepts so much shortfall."""
        wished = np.minimum(self.need_kwh - short_kwh, self.most_kwh)
        demand: Floats = np.maximum(wished, self.floor_kwh)
        return demand

    def of(self, members: Flags) -> "_Wishes":
        """The members' wishes; all others stay at what they have."""
        return _Wishes(self.floor_kwh, self.need_kwh, np.where(members, self.most_kwh, self.floor_kwh))


def _serve(engine: Engine, problem: PlanningProblem, wishes: _Wishes) -> tuple[Floats, Prices]:
    """Raise everybody from the floor towards the need; also the cut that proves the least total missing."""
    demand = wishes.demand()
    flow = engine.most(problem, demand)
    if _is_complete(engine, problem, flow, demand):
        return demand, Prices.none(problem)
    energy = wishes.floor_kwh
    for members in _by_priority(problem.priority):
        among = replace(wishes, floor_kwh=energy).of(members)
        first = flow if members.all() else engine.most(problem, among.demand())
        energy = _share(engine, problem, among, first)
    return energy, flow.prices


def _by_priority(priority: Floats) -> Iterator[Flags]:
    """The sessions of each priority, highest first."""
    for value in np.unique(priority)[::-1]:
        yield priority == value


@dataclass(frozen=True, eq=False, slots=True)
class _Parts:
    """Sessions in parts that do not meet: the part of each, what each part can have in all [kWh], and the
    problem in which no cell lets energy of one part into the room of another."""

    problem: PlanningProblem
    part: Index
    total_kwh: Floats


def _share(engine: Engine, problem: PlanningProblem, wishes: _Wishes, flow: Flow) -> Floats:
    """Leximin among those with wishes; `flow` is the most that can be delivered of all of them."""
    demand = wishes.demand()
    if _is_complete(engine, problem, flow, demand):
        return demand
    total_kwh = float(flow.energy_kwh.sum())
    if len(problem.limits) > 1:
        return _share_in_turn(engine, problem, wishes, total_kwh)
    return _share_at_once(engine, problem, wishes, total_kwh)


def _share_in_turn(engine: Engine, problem: PlanningProblem, wishes: _Wishes, total_kwh: float) -> Floats:
    """One part after the other: a part's share of a limit that it has in common with others is known only
    when it has been decided."""
    energy = wishes.floor_kwh
    waiting = [(np.ones(problem.n_sessions, dtype=bool), total_kwh)]
    while waiting:
        members, total_kwh = waiting.pop()
        excess_kwh = float(wishes.demand()[members].sum()) - total_kwh
        level = _level(problem, wishes, np.flatnonzero(members), excess_kwh)
        demand = np.where(members, wishes.demand(level * problem.capacity_kwh), energy)
        flow = engine.most(problem, demand)
        behind = _behind(problem, _inside(problem, flow), demand)
        own = behind & members
        if _is_complete(engine, problem, flow, demand) or own.sum() in (0, members.sum()):
            energy = demand
            continue
        got = problem.delivered_kwh(flow.energy_kwh)[behind].sum() - demand[behind & ~members].sum()
        waiting += [(members & ~behind, total_kwh - float(got)), (own, float(got))]
    return energy


def _share_at_once(engine: Engine, problem: PlanningProblem, wishes: _Wishes, total_kwh: float) -> Floats:
    """All parts in one flow after the other, each in its own room."""
    everybody = np.zeros(problem.n_sessions, dtype=np.intp)
    parts = _Parts(problem, everybody, np.array([total_kwh]))
    demand = wishes.demand()
    for _ in range(problem.n_sessions):
        demand = _equally_short(problem, wishes, parts)
        in_cells = problem.delivered_kwh(parts.problem.lower_kwh)
        flow = engine.most(parts.problem, np.maximum(demand, in_cells))
        if _is_complete(engine, problem, flow, demand):
            break
        split = _split(parts, flow, demand)
        if split is None:
            break
        parts = split
    return demand


def _equally_short(problem: PlanningProblem, wishes: _Wishes, parts: _Parts) -> Floats:
    """What everybody asks for where all of a part are short by the same share of their batteries."""
    order = np.argsort(parts.part, kind="stable")
    ends = np.searchsorted(parts.part[order], np.arange(1, parts.total_kwh.size))
    members = np.split(order, ends)
    full = wishes.demand()
    totals = zip(members, parts.total_kwh.tolist(), strict=True)
    levels = [_level(problem, wishes, own, float(full[own].sum()) - total) for own, total in totals]
    return wishes.demand(np.array(levels)[parts.part] * problem.capacity_kwh)


def _level(problem: PlanningProblem, wishes: _Wishes, own: Index, excess_kwh: float) -> float:
    """The shortfall, as a share of the battery, at which these sessions ask for so much less together."""
    if excess_kwh <= 0.0:
        return 0.0
    capacity, need, floor = problem.capacity_kwh[own], wishes.need_kwh[own], wishes.floor_kwh[own]
    full = np.maximum(np.minimum(need, wishes.most_kwh[own]), floor)
    begins = np.maximum(need - full, 0.0) / capacity
    stops = np.maximum((need - floor) / capacity, begins)
    return _fallen_by(excess_kwh, begins, stops, capacity)


def _fallen_by(excess_kwh: float, begins: Floats, stops: Floats, capacity_kwh: Floats) -> float:
    """The share at which demands have fallen by the excess; each falls from one share to another."""
    points = np.concatenate([begins, stops])
    order = np.argsort(points, kind="stable")
    points = points[order]
    slope = np.cumsum(np.concatenate([capacity_kwh, -capacity_kwh])[order])
    fallen = np.concatenate([[0.0], np.cumsum(slope[:-1] * np.diff(points))])
    at = int(np.searchsorted(fallen, excess_kwh)) - 1
    if at + 1 >= points.size:
        return float(points[-1])
    return float(points[at] + (excess_kwh - fallen[at]) / slope[at])


def _split(parts: _Parts, flow: Flow, demand_kwh: Floats) -> _Parts | None:
    """Parts in which some ask for more than a minimum cut lets through, in two; None where there are none.

    Those behind the cut use up all of its room, and whatever they can have outside of it.
    """
    problem = parts.problem
    inside = _inside(problem, flow)
    behind = _behind(problem, inside, demand_kwh)
    n_parts = parts.total_kwh.size
    counts = np.bincount(parts.part, minlength=n_parts)
    splits = np.flatnonzero((np.bincount(parts.part, behind, minlength=n_parts) % counts) > 0.0)
    if splits.size == 0:
        return None
    new_part = np.arange(n_parts)
    new_part[splits] = n_parts + np.arange(splits.size)
    moved = behind & np.isin(parts.part, splits)
    part = np.where(moved, new_part[parts.part], parts.part)
    got = np.bincount(part, problem.delivered_kwh(flow.energy_kwh), minlength=n_parts + splits.size)
    total = np.concatenate([parts.total_kwh, got[n_parts:]])
    total[splits] -= got[n_parts:]
    bounded = _apart(problem, behind[problem.cell_session], inside)
    return _Parts(bounded, part, total)


def _inside(problem: PlanningProblem, flow: Flow) -> Flags:
    """Cells that are behind a minimum cut."""
    inside: Flags = cell_prices(problem, flow.prices) > 0.5
    return inside


def _behind(problem: PlanningProblem, inside: Flags, demand_kwh: Floats) -> Flags:
    """Sessions that ask for more than they can take outside of a minimum cut."""
    outside = np.where(inside, problem.lower_kwh, problem.cells.upper_kwh)
    behind: Flags = demand_kwh > problem.delivered_kwh(outside) * (1.0 + TIGHT)
    return behind


def _apart(problem: PlanningProblem, behind: Flags, inside: Flags) -> PlanningProblem:
    """Cells of sessions behind a cut are full outside it; those of all others are empty inside it."""
    upper = np.where(inside & ~behind, problem.lower_kwh, problem.cells.upper_kwh)
    lower = np.where(behind & ~inside, upper, problem.lower_kwh)
    return problem.with_bounds(lower, upper)


def free_kwh(problem: PlanningProblem, cut: Prices) -> Floats:
    """Energy that each session can take outside a cut (prices 0 or 1 per limit and piece)."""
    if not any(price.any() for price in cut.limits):
        return problem.reach_kwh
    priced = cell_prices(problem, cut)
    outside = problem.cells.upper_kwh * np.clip(1.0 - priced, 0.0, 1.0)
    return problem.delivered_kwh(outside)


def cell_prices(problem: PlanningProblem, prices: Prices, cost_per_kwh: Floats | float = 0.0) -> Floats:
    """Sum of a cost in each piece and of all prices that each cell pays [per kWh]."""
    priced = [(p, limit) for p, limit in zip(prices.limits, problem.limits, strict=True) if p.any()]
    shared = [price for price, limit in priced if limit.members.all()]
    total: Floats = (sum(shared, prices.peak) + cost_per_kwh)[problem.cells.piece]
    for price, limit in priced:
        if not limit.members.all():
            total += price[problem.cells.piece] * limit.members[problem.cell_session]
    if problem.curves is not None and prices.curves.any():
        total += problem.curves.cost_of_cells(problem.cells, problem.cell_hours, prices.curves)
    return total


def _is_complete(engine: Engine, problem: PlanningProblem, flow: Flow, demand_kwh: Floats) -> bool:
    missing = np.maximum(demand_kwh - problem.delivered_kwh(flow.energy_kwh), 0.0).sum()
    share = COMPLETE_IF_EXACT if engine.exact else COMPLETE
    return bool(missing <= share * max(1.0, demand_kwh.sum()))
