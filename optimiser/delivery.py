"""Who gets how much energy: wants 1 and 2, decided before anything is said about when.

The energies that can be delivered together form a polymatroid (vehicles are the sources of a flow into
the pieces), so serving a higher priority first, or spreading a shortfall evenly, never lowers the
total. Among equals the shortfalls in SoC points are made leximin by the decomposition of Fujishige
(1980, Lexicographically optimal base of a polymatroid): find the smallest level at which everybody can
be equally short, by Newton steps over minimum cuts; fix those whom the last cut holds there; go on
with the others. Where as few as possible are to be short, those whom `optimiser.fewest` serves whole come
first, and the others share what is left in the same way.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimiser.cuts import cut_room_kwh, free_kwh, is_complete
from optimiser.domain import ShortfallPolicy
from optimiser.engines.base import Engine, Prices
from optimiser.fewest import served_whole
from optimiser.limits import Flags
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.taper import reach_kwh

# A cut holds a session that asks for what it can take outside the cut, or for more; this share is rounding.
TIGHT = 1e-9
# Who may get all but this may be served whole.
WHOLE_KWH = 1e-6


@dataclass(frozen=True, eq=False, slots=True)
class Delivery:
    """Energy for every session, and a cut that proves the total of each of the two wants."""

    energy_kwh: Floats
    minimum_cut: Prices
    target_cut: Prices


def decide_delivery(engine: Engine, problem: PlanningProblem, need_kwh: Floats | None = None) -> Delivery:
    """Least missing below the minimum, then below the target, by priority; equals as the policy says.

    `need_kwh` is what each session may get at most; its need to the target unless given.
    """
    most = problem.need_kwh if need_kwh is None else need_kwh
    floor = problem.delivered_kwh(problem.lower_kwh)
    energy, minimum_cut = _serve(engine, problem, floor, most, problem.minimum_need_kwh)
    energy, target_cut = _serve(engine, problem, energy, most, problem.need_kwh)
    return Delivery(energy, minimum_cut, target_cut)


def full_delivery(problem: PlanningProblem) -> Delivery:
    """Everybody gets all that the stay allows; nobody is in another's way, so the cuts are empty."""
    return Delivery(reach_kwh(problem), Prices.none(problem), Prices.none(problem))


def _serve(
    engine: Engine, problem: PlanningProblem, floor_kwh: Floats, most_kwh: Floats, wanted_kwh: Floats
) -> tuple[Floats, Prices]:
    """Raise everybody from the floor towards what is wanted, at most so far as each may get.

    Returns the energies, and the cut that proves the least total missing.
    """
    need_kwh = np.minimum(wanted_kwh, most_kwh)
    demand = np.maximum(floor_kwh, need_kwh)
    flow = engine.most(problem, demand)
    if is_complete(problem, flow, demand):
        return demand, Prices.none(problem)
    whole = need_kwh >= wanted_kwh - WHOLE_KWH
    for members in _by_priority(problem.priority):
        if problem.shortfall_policy is ShortfallPolicy.FEWEST:
            floor_kwh = served_whole(engine, problem, floor_kwh, need_kwh, members & whole)
        floor_kwh = _serve_equals(engine, problem, floor_kwh, need_kwh, members)
    return floor_kwh, flow.prices


def _by_priority(priority: Floats) -> Iterator[Flags]:
    """The sessions of each priority, highest first."""
    for value in np.unique(priority)[::-1]:
        yield priority == value


def _serve_equals(
    engine: Engine, problem: PlanningProblem, floor_kwh: Floats, need_kwh: Floats, members: Flags
) -> Floats:
    """Leximin among `members`: the largest shortfall in SoC points as small as can be, then the next."""
    floor_kwh = floor_kwh.copy()
    active = members & (need_kwh > floor_kwh)
    while active.any():
        level, held = _least_level(engine, problem, floor_kwh, need_kwh, active)
        demand = _demand(problem, floor_kwh, need_kwh, active, level)
        fixed = active & held
        floor_kwh[fixed] = demand[fixed]
        active &= ~fixed
    return floor_kwh


def _demand(
    problem: PlanningProblem, floor_kwh: Floats, need_kwh: Floats, active: Flags, level: float
) -> Floats:
    """What everybody asks for when active sessions accept `level` of their battery as shortfall."""
    return np.where(active, np.maximum(floor_kwh, need_kwh - level * problem.capacity_kwh), floor_kwh)


def _least_level(
    engine: Engine, problem: PlanningProblem, floor_kwh: Floats, need_kwh: Floats, active: Flags
) -> tuple[float, Flags]:
    """The smallest common level, and who is held at it. At level 0 everybody is.

    Each Newton step solves the last violated cut for its level, so levels rise and end in the least.
    """
    level, held = 0.0, active
    for _ in range(4 * problem.n_sessions + 10):
        demand = _demand(problem, floor_kwh, need_kwh, active, level)
        flow = engine.most(problem, demand)
        if is_complete(problem, flow, demand):
            return level, held
        free = free_kwh(problem, flow.prices)
        cut_room = cut_room_kwh(problem, flow.prices)
        next_level = _level_of_cut(problem, (floor_kwh, need_kwh, active), free, cut_room, level)
        at_next = _demand(problem, floor_kwh, need_kwh, active, next_level)
        held = active & (demand > free) & (at_next >= free - TIGHT * np.maximum(1.0, free))
        if next_level <= level or not held.any():
            return level, active if not held.any() else held
        level = next_level
    return level, active


def _level_of_cut(
    problem: PlanningProblem,
    state: tuple[Floats, Floats, Flags],
    free: Floats,
    cut_room_kwh: float,
    level: float,
) -> float:
    """Where the demand over a cut equals its room: the root of a convex falling function, by Newton."""
    floor_kwh, need_kwh, active = state
    for _ in range(active.size + 1):
        demand = _demand(problem, floor_kwh, need_kwh, active, level)
        excess = np.maximum(demand - free, 0.0).sum() - cut_room_kwh
        falling = active & (demand > free) & (demand > floor_kwh)
        slope = problem.capacity_kwh[falling].sum()
        if excess <= 1e-12 * max(1.0, cut_room_kwh) or slope == 0.0:
            return level
        level += excess / slope
    return level
