"""Fair shares: the shortfalls in SoC points, from the largest, as small as they can be (leximin).

The energies that can be delivered together form a polymatroid, for which the decomposition of Fujishige
(1980, Lexicographically optimal base of a polymatroid) is exact, here of all parts at once: everybody of a
part is equally short by what the part can have in all; where a minimum cut says that some ask for too much of
it, the part falls apart along the cut, and the two never meet again.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.cuts import cell_prices, is_complete
from optimiser.engines.base import Engine, Flow
from optimiser.limits import Flags
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

# A session is behind a cut if it asks for more than it can take outside of it; this share is rounding.
TIGHT = 1e-9
# Shares of a battery by which two shortfalls may differ and still be equal: 4 mWh of a bus.
EQUAL = 1e-8
# So much of all shares may be less than what can be delivered [kWh]: their sum is off by its last digits.
ROUNDING_KWH = 1e-7
# Groups of equals of a running plan in which somebody who has become shorter is looked for.
TRIES = 4


@dataclass(frozen=True, eq=False, slots=True)
class Wishes:
    """Per session: what it has for certain, what it needs, and what it may get at most [kWh]."""

    floor_kwh: Floats
    need_kwh: Floats
    most_kwh: Floats

    def demand(self, short_kwh: Floats | float = 0.0) -> Floats:
        """What everybody asks for who accepts so much shortfall."""
        wished = np.minimum(self.need_kwh - short_kwh, self.most_kwh)
        demand: Floats = np.maximum(wished, self.floor_kwh)
        return demand

    def of(self, members: Flags) -> "Wishes":
        """The members' wishes; all others stay at what they have."""
        return Wishes(self.floor_kwh, self.need_kwh, np.where(members, self.most_kwh, self.floor_kwh))


@dataclass(frozen=True, eq=False, slots=True)
class _Parts:
    """Sessions in parts that do not meet: the part of each, what each part can have in all [kWh], and the
    problem in which no cell lets energy of one part into the room of another."""

    problem: PlanningProblem
    part: Index
    total_kwh: Floats


def fair_shares(
    engine: Engine, problem: PlanningProblem, wishes: Wishes, flow: Flow, *, are_last: bool = False
) -> Floats:
    """Leximin among those with wishes; `flow` is the most that can be delivered of all of them, and less.

    Where they `are_last`, so that nothing is decided on top of them, the running plan's are tried first: they
    are met but for the last digits that a plan is off by.
    """
    total_kwh = float(flow.energy_kwh.sum())
    as_running = _as_running(engine, problem, wishes, total_kwh) if are_last else None
    if as_running is not None:
        return as_running
    if len(problem.limits) > 1:
        return _share_in_turn(engine, problem, wishes, total_kwh)
    return _share_at_once(engine, problem, wishes, total_kwh)


def _as_running(engine: Engine, problem: PlanningProblem, wishes: Wishes, total_kwh: float) -> Floats | None:
    """The running plan's shares, with whoever is shorter than all equals there as one of some of them.

    None where that is not leximin with any of the shortest equals.
    """
    if problem.running_kwh is None:
        return None
    full, floor = wishes.demand(), wishes.floor_kwh
    had = problem.delivered_kwh(problem.running_kwh)
    had = np.clip(np.where(np.isfinite(had), had, floor), floor, full)
    short, open_to = (wishes.need_kwh - had) / problem.capacity_kwh, full > floor
    levels = _in_common(short[open_to])
    for level in levels[:TRIES].tolist():
        own = open_to & ((np.abs(short - level) <= EQUAL) | (short > levels[0] + EQUAL))
        left_kwh = total_kwh - float(had[~own].sum())
        demand = np.where(own, _shared(problem, wishes, own, left_kwh), had)
        if total_kwh - demand.sum() <= ROUNDING_KWH and _is_leximin(engine, problem, wishes, demand):
            return demand
    return None


def _shared(problem: PlanningProblem, wishes: Wishes, own: Flags, left_kwh: float) -> Floats:
    """What everybody asks for at the shortfall at which these ask for what is left."""
    capacity = problem.capacity_kwh
    short = (float(wishes.need_kwh[own].sum()) - left_kwh) / float(capacity[own].sum())
    demand = wishes.demand(short * capacity)
    if abs(float(demand[own].sum()) - left_kwh) <= ROUNDING_KWH:
        return demand  # nobody's floor or most is in the way
    excess_kwh = float(wishes.demand()[own].sum()) - left_kwh
    return wishes.demand(_level(problem, wishes, np.flatnonzero(own), excess_kwh) * capacity)


def _in_common(short: Floats) -> Floats:
    """Shortfalls that two or more have in common, from the largest; each once."""
    falling = -np.sort(-short[short > EQUAL])
    goes_on = falling[:-1] - falling[1:] <= EQUAL
    begins = goes_on.copy()
    begins[1:] &= ~goes_on[:-1]
    shared: Floats = falling[:-1][begins]
    return shared


def _is_leximin(engine: Engine, problem: PlanningProblem, wishes: Wishes, demand_kwh: Floats) -> bool:
    """Whether all can have as much, and nobody could take from somebody who is less short."""
    short = np.maximum(wishes.need_kwh - demand_kwh, 0.0) / problem.capacity_kwh
    takes_at = np.where(demand_kwh < wishes.demand(), short, -np.inf)
    gives_at = np.where(demand_kwh > wishes.floor_kwh, short + EQUAL, np.inf)
    return engine.shares_level(problem, demand_kwh, takes_at, gives_at)


def _share_in_turn(engine: Engine, problem: PlanningProblem, wishes: Wishes, total_kwh: float) -> Floats:
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
        if is_complete(engine, problem, flow, demand) or own.sum() in (0, members.sum()):
            energy = demand
            continue
        got = problem.delivered_kwh(flow.energy_kwh)[behind].sum() - demand[behind & ~members].sum()
        waiting += [(members & ~behind, total_kwh - float(got)), (own, float(got))]
    return energy


def _share_at_once(engine: Engine, problem: PlanningProblem, wishes: Wishes, total_kwh: float) -> Floats:
    """All parts in one flow after the other, each in its own room."""
    everybody = np.zeros(problem.n_sessions, dtype=np.intp)
    parts = _Parts(problem, everybody, np.array([total_kwh]))
    demand = wishes.demand()
    for _ in range(problem.n_sessions):
        demand = _equally_short(problem, wishes, parts)
        in_cells = parts.problem.held_kwh
        flow = engine.most(parts.problem, np.maximum(demand, in_cells))
        if is_complete(engine, problem, flow, demand):
            break
        split = _split(parts, flow, demand)
        if split is None:
            break
        parts = split
    return demand


def _equally_short(problem: PlanningProblem, wishes: Wishes, parts: _Parts) -> Floats:
    """What everybody asks for where all of a part are short by the same share of their batteries."""
    order = np.argsort(parts.part, kind="stable")
    ends = np.searchsorted(parts.part[order], np.arange(1, parts.total_kwh.size))
    members = np.split(order, ends)
    full = wishes.demand()
    totals = zip(members, parts.total_kwh.tolist(), strict=True)
    levels = [_level(problem, wishes, own, float(full[own].sum()) - total) for own, total in totals]
    return wishes.demand(np.array(levels)[parts.part] * problem.capacity_kwh)


def _level(problem: PlanningProblem, wishes: Wishes, own: Index, excess_kwh: float) -> float:
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
