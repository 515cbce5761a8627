"""Who gets how much energy: wants 1 and 2, decided before anything is said about when.

The energies that can be delivered together form a polymatroid (vehicles are the sources of a flow into
the pieces), so serving a higher priority first, or spreading a shortfall evenly, never lowers the
total. Equals share as `optimiser.fair` has it. Where as few as possible are to be short, those whom
`optimiser.fewest` serves whole come first, and the others share what is left in the same way.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from optimiser.cuts import is_complete
from optimiser.domain import ShortfallPolicy
from optimiser.engines.base import Engine, Flow, Prices
from optimiser.fair import Wishes, fair_shares
from optimiser.fewest import served_whole
from optimiser.limits import Flags
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

# Who may get all but this may be served whole.
WHOLE_KWH = 1e-6


class Delivery(NamedTuple):
    """Energy for every session, and a cut that proves the total of each of the two wants.

    No cut where nobody stands in another's way: then everybody's own window is the proof.
    """

    energy_kwh: Floats
    minimum_cut: Prices | None = None
    target_cut: Prices | None = None


def decide_delivery(engine: Engine, problem: PlanningProblem, most_kwh: Floats | None = None) -> Delivery:
    """Least missing below the minimum, then below the target, by priority; equals as the policy says.

    `most_kwh` is what each session may get at most; its need to the target unless given.
    """
    most = problem.need_kwh if most_kwh is None else most_kwh
    floor = problem.held_kwh
    energy, minimum_cut = _serve(engine, problem, Wishes(floor, problem.minimum_need_kwh, most))
    energy, target_cut = _serve(engine, problem, Wishes(energy, problem.need_kwh, most))
    return Delivery(energy, minimum_cut, target_cut)


def _serve(engine: Engine, problem: PlanningProblem, wishes: Wishes) -> tuple[Floats, Prices | None]:
    """Raise everybody from the floor towards the need; also the cut that proves the least total missing."""
    demand, energy = wishes.demand(), wishes.floor_kwh
    if not (demand > energy).any():
        return demand, None
    flow = engine.most(problem, demand)
    if is_complete(engine, problem, flow, demand):
        return demand, None
    whole = demand >= wishes.need_kwh - WHOLE_KWH
    for members in _by_priority(problem.priority):
        if problem.shortfall_policy is ShortfallPolicy.FEWEST:
            energy = served_whole(engine, problem, energy, demand, members & whole)
        among = replace(wishes, floor_kwh=energy).of(members)
        energy = _share(engine, problem, among, flow if members.all() else None)
    return energy, flow.prices


def _share(engine: Engine, problem: PlanningProblem, wishes: Wishes, flow: Flow | None) -> Floats:
    """What those with wishes get; `flow` is the most that can be delivered, if it is known and not enough.

    Where that is of all of them, to the target, nothing is decided on top of their shares.
    """
    if flow is not None:
        are_last = wishes.need_kwh is problem.need_kwh
        return fair_shares(engine, problem, wishes, flow, are_last=are_last)
    flow = engine.most(problem, wishes.demand())
    if is_complete(engine, problem, flow, wishes.demand()):
        return wishes.demand()
    return fair_shares(engine, problem, wishes, flow)


def _by_priority(priority: Floats) -> Iterator[Flags]:
    """The sessions of each priority, highest first."""
    first = priority == priority[0]
    values = priority[:1] if first.all() else np.unique(priority)[::-1]  # mostly all have the same
    for value in values:
        yield priority == value
