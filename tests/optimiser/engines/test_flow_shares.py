"""Whether shares are level: nobody could take from somebody who is less short."""

from dataclasses import replace

import numpy as np
import pytest

from optimiser.delivery import decide_delivery
from optimiser.engines.highs import HighsEngine
from optimiser.problem import PlanningProblem
from optimiser.running import RunningPlan
from optimiser.series import Floats
from optimiser.taper import reach_kwh
from tests.optimiser.builders import a_problem, a_session, a_site
from tests.optimiser.engines.depots import a_depot
from tests.optimiser.engines.extension import FlowEngine
from tests.optimiser.engines.test_flow_stays_near import a_running_plan

CLOSE = 1e-7


def is_level(problem: PlanningProblem, energy_kwh: Floats) -> bool:
    """Of whole shares: everybody takes up to what the stay allows alone, and gives down to nothing."""
    short = np.maximum(problem.need_kwh - energy_kwh, 0.0) / problem.capacity_kwh
    takes_at = np.where(energy_kwh < reach_kwh(problem) - CLOSE, short, -np.inf)
    gives_at = np.where(energy_kwh > CLOSE, short + CLOSE, np.inf)
    return FlowEngine().shares_level(problem, energy_kwh, takes_at, gives_at)


@pytest.mark.parametrize("beside_a_plan", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_fair_shares_are_level_and_others_are_not(seed: int, beside_a_plan: bool) -> None:
    """Leximin shares are; a tenth of a kWh from one of the shortest to one who is less short is not."""
    problem = a_depot(seed, 25, tree=seed % 2 == 1, slack=0.5)
    if beside_a_plan:
        problem = replace(problem, running=RunningPlan.of(a_running_plan(problem, seed)))
    energy = decide_delivery(FlowEngine(), replace(problem, running=None), reach_kwh(problem)).energy_kwh
    assert is_level(problem, energy)
    short = (problem.need_kwh - energy) / problem.capacity_kwh
    able = np.flatnonzero(energy > 0.2)
    poorer = able[np.argmax(short[able])]
    equal = able[np.abs(short[able] - short[poorer]) < CLOSE]
    if equal.size > 1:
        moved = energy.copy()
        moved[equal[0]] -= 0.1
        moved[equal[1]] += 0.1
        fits = FlowEngine().most(problem, moved).energy_kwh.sum() > moved.sum() - 1e-9
        assert not (fits and is_level(problem, moved))


def test_more_than_there_is_is_no_share() -> None:
    """Two buses ask for 20 kWh each in an hour with 30."""
    problem = a_problem(a_session("a", leaves_h=1), a_session("b", leaves_h=1), site=a_site(30.0))
    assert is_level(problem, np.array([15.0, 15.0]))
    assert not is_level(problem, np.array([20.0, 20.0]))
    assert not is_level(problem, np.array([20.0, 10.0]))


def test_who_cannot_meet_need_not_be_level() -> None:
    """One leaves before the other comes, so its shortfall is its own."""
    early = a_session("early", leaves_h=1, need_kwh=20.0)
    late = a_session("late", arrives_h=1, leaves_h=2, need_kwh=12.0)
    problem = a_problem(early, late, site=a_site(10.0))
    assert is_level(problem, np.array([10.0, 10.0]))


def test_a_linear_programme_cannot_tell() -> None:
    """So it says no, and shares are found the long way."""
    problem = a_problem(a_session())
    nothing = np.full(1, -np.inf)
    assert not HighsEngine().shares_level(problem, np.array([40.0]), nothing, nothing)
