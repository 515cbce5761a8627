"""A peer's energies as a plan of ours, so that the same checker says what it costs and what it breaks."""

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.night import Energies, Night, Stay
from benchmarks.phases import Outcome
from optimiser import planner
from optimiser.bounds import strategy_bound
from optimiser.checker import Breach, check_plan
from optimiser.domain import PlanRequest
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.solve import Solution

# Less than this in a slot is a solver's dust, not charging.
DUST_KWH = 1e-6


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a plan costs, what it leaves missing, what it puts where nobody stands, and what it breaks."""

    cost: float
    missing_kwh: float
    outside_kwh: float
    breaches: tuple[Breach, ...]


def night_of(problem: PlanningProblem) -> Night:
    """The problem in a peer's words. Raises ValueError where its pieces are not equal slots."""
    slot_hours = float(problem.hours[0])
    if not np.allclose(problem.hours, slot_hours):
        raise ValueError("peers know equal slots only")
    (site,) = problem.limits
    stays = [_stay(problem, i) for i in range(problem.n_sessions)]
    room_kw = (site.room_kwh / slot_hours).tolist()
    return Night(slot_hours, room_kw, problem.price_per_kwh.tolist(), stays)


def _stay(problem: PlanningProblem, session: int) -> Stay:
    pieces = problem.cells.piece[_cells_of(problem, session)]
    power_kw = float(problem.max_power_kw[session])
    return Stay(float(problem.need_kwh[session]), power_kw, int(pieces[0]), int(pieces[-1]) + 1)


def _cells_of(problem: PlanningProblem, session: int) -> slice:
    first = problem.cells.first_cell
    return slice(int(first[session]), int(first[session + 1]))


def judge(request: PlanRequest, outcome: Outcome, energies: Energies) -> Verdict:
    """The checker's word on energies by stay and slot; `outcome` is our plan of the same request."""
    problem = outcome.problem
    given = np.array(energies)
    given[np.abs(given) < DUST_KWH] = 0.0
    energy = given[problem.cell_session, problem.cells.piece]
    plan = planner.make_plan(request, problem, _with_energies(outcome, energy), "peer", ())
    return Verdict(
        cost=plan.report.strategy.value,
        missing_kwh=plan.report.stages[1].value,
        outside_kwh=float(given.sum() - energy.sum()),
        breaches=check_plan(request, plan),
    )


def _with_energies(outcome: Outcome, energy: Floats) -> Solution:
    """A peer's energies with our prices, which bound every plan that delivers as much."""
    problem, ours = outcome.problem, outcome.solution
    bound = strategy_bound(problem, problem.delivered_kwh(energy), ours.objective, ours.prices)
    return ours._replace(energy_kwh=energy, bound=bound)
