"""Trying repairs out: would this session reach its target, and the others keep what they have?

Four tests, from the cheapest. *Held*: everybody else stays where the plan has put them, and the session
fills the room that is left; enough, but not needed. *Relaxed*: the others may move; that is exact for a
linear depot (no least power, rules of runs or charging curves), for others needed, but not enough.
*Alone*: the others' plans are frozen and the session is planned by its own rules; enough. *Planned*: the
whole depot is planned again.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from optimiser.commitment import is_linear
from optimiser.domain import ChargingSession, PlanRequest
from optimiser.engines.base import Engine, Prices
from optimiser.engines.choice import AUTO, choose_engine
from optimiser.neighbourhood import Trial
from optimiser.network import ROUNDING_KWH
from optimiser.plan import Segments
from optimiser.problem import PlanningProblem
from optimiser.repair_alone import Beside, most_alone
from optimiser.repair_outline import Amended, Outline, problem_of
from optimiser.series import Floats
from optimiser.shortfalls import REACHED_SOC
from optimiser.solve import Solution, solve

# A repair must bring the session to within this share of what counts as reached: so that rounding in
# between never undoes it, and so that it is not larger than needed.
AIMED_SHARE = 0.999
KEPT_KWH = 1e-3  # what another session may lose to rounding


@dataclass(frozen=True, eq=False, slots=True)
class Planned:
    """A finished plan and what it was made from. `request` has dated sessions only, all of them."""

    request: PlanRequest
    problem: PlanningProblem
    solution: Solution
    segments: Segments
    engine: Engine

    @property
    def is_linear(self) -> bool:
        """Whether the relaxed problem says all about this depot."""
        return is_linear(self.problem)


class Depot:
    """What the trials of all repairs of one plan share; `engine` makes the relaxed flows, deaf to curves."""

    def __init__(self, planned: Planned) -> None:
        self.planned = planned
        self.outline = Outline(planned.request)
        self.beside = Beside(planned.request, planned.problem, planned.segments)
        self.places = _places(planned)
        free = replace(self.outline.plain.without_curves(), has_power_rules=False)
        self.engine = planned.engine if planned.is_linear else choose_engine(AUTO, free)
        problem, energy_kwh = planned.problem, planned.solution.energy_kwh
        self.kept_kwh = problem.delivered_kwh(energy_kwh)
        used_kwh = [problem.used_kwh(limit, energy_kwh) for limit in problem.limits]
        self._used_kwh = _running_sums(np.array(used_kwh))

    def solver(self, problem: PlanningProblem) -> Engine:
        """The plan's engine, unless the first curve has come into the depot with a repair."""
        is_new = problem.curves is not None and self.planned.problem.curves is None
        return choose_engine(AUTO, problem) if is_new else self.planned.engine

    def taken_by_others(self, i: int) -> Floats:
        """Energy that others have charged under each limit up to each edge of the plan's pieces."""
        problem = self.planned.problem
        cells = slice(int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1]))
        own_kwh = np.zeros(problem.n_pieces)
        own_kwh[problem.cells.piece[cells]] = self.planned.solution.energy_kwh[cells]
        above = np.array([limit.members[i] for limit in problem.limits], dtype=np.float64)
        taken: Floats = self._used_kwh - above[:, None] * _running_sums(own_kwh[None, :])
        return taken


def _running_sums(per_piece: Floats) -> Floats:
    """Sums along each row up to each edge, from 0."""
    sums: Floats = np.concatenate([np.zeros((per_piece.shape[0], 1)), np.cumsum(per_piece, axis=1)], axis=1)
    return sums


class Trials:
    """The tests of one session's repairs; an amended request goes in, what is missing comes out."""

    def __init__(self, depot: "Depot", i: int) -> None:
        self.planned = depot.planned
        self.depot = depot
        self.i = i
        self.session = self.planned.problem.sessions[i]
        self.kept_kwh = depot.kept_kwh
        self.place = next(place for place, own in depot.places.items() if own == i)
        self._taken_kwh = depot.taken_by_others(i)
        self._above = [bool(limit.members[i]) for limit in self.planned.problem.limits]

    def aim_kwh(self, need_kwh: float) -> float:
        """The least energy at which the session's target counts as reached, and a little more."""
        reached = AIMED_SHARE * REACHED_SOC * float(self.planned.problem.capacity_kwh[self.i])
        return max(0.0, need_kwh - reached)

    def held(self, depot: Amended) -> float:
        """Energy missing of the aim where all others stay where they are, whatever the session's rules.

        Infinite where they cannot: preconditioning that moves with a departure may be in their way.
        """
        known_ms = self.planned.problem.grid.piece_edges_ms
        taken = [np.diff(np.interp(depot.edges_ms, known_ms, kwh)) for kwh in self._taken_kwh]
        left = [room_kwh - kwh for room_kwh, kwh in zip(depot.rooms_kwh, taken, strict=True)]
        if min(float(kwh.min()) for kwh in left) < -ROUNDING_KWH:
            return math.inf
        own = [left_kwh[depot.pieces] for left_kwh, above in zip(left, self._above, strict=True) if above]
        most = np.minimum(depot.upper_kwh, np.min(own, axis=0))
        return self.aim_kwh(depot.need_kwh) - float(np.maximum(most, 0.0).sum())

    def relaxed(self, problem: PlanningProblem) -> tuple[float, Prices]:
        """What is missing where the others may move but keep their energy, and the cut that says why."""
        demand = self.kept_kwh.copy()
        demand[self.i] = self.aim_kwh(float(problem.need_kwh[self.i]))
        flow = self.depot.engine.most(problem.without_curves(), demand)
        missing = np.maximum(demand - problem.delivered_kwh(flow.energy_kwh), 0.0)
        return float(missing.sum()), flow.prices

    def alone(self, request: PlanRequest) -> float:
        """What is missing where the others are frozen and the session is planned by its own rules."""
        session = request.sessions[self.place]
        problem = problem_of(self.depot.beside.request_of(self.i, request, session))
        aim_kwh = self.aim_kwh(float(problem.need_kwh[0]))
        return aim_kwh - most_alone(problem, aim_kwh)

    def planned_again(self, request: PlanRequest, trial: Trial) -> bool:
        """Whether the planner brings the session to its target, and the others to what they had."""
        problem = problem_of(self._content(request))
        solution = solve(self.depot.solver(problem), problem, request.strategy, trial=trial)
        delivered = problem.delivered_kwh(solution.energy_kwh)
        wanted = self.kept_kwh - KEPT_KWH
        wanted[self.i] = self.aim_kwh(float(problem.need_kwh[self.i]))
        return bool(np.all(delivered >= wanted))

    def _content(self, request: PlanRequest) -> PlanRequest:
        """All others with the SoC that they reach as their target."""
        places = self.depot.places
        sessions = tuple(
            replace(session, target_soc=self._reached_soc(session, places[place]))
            if place in places and places[place] != self.i
            else session
            for place, session in enumerate(request.sessions)
        )
        return replace(request, sessions=sessions)

    def _reached_soc(self, session: ChargingSession, i: int) -> float:
        reached = session.soc + float(self.kept_kwh[i]) / session.vehicle.battery_capacity_kwh
        return session.target_soc if session.frozen is not None else min(session.target_soc, reached)


def _places(planned: Planned) -> dict[int, int]:
    """Where in the request each session of the problem is: place in the request -> session."""
    ours = (p for p, session in enumerate(planned.request.sessions) if session.vehicle.controllable)
    return {place: i for i, place in enumerate(ours)}
