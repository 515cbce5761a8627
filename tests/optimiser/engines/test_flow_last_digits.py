"""Plans to begin from that are not what they seem: the answer is as good as without one, and ends."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from optimiser.domain import Strategy
from optimiser.engines.base import Flow, Objective, Question
from optimiser.preferences import Preference
from optimiser.problem import PlanningProblem
from optimiser.running import RunningPlan
from optimiser.series import Floats
from optimiser.solve import solve
from tests.optimiser.builders import a_problem, a_session, a_site
from tests.optimiser.engines.depots import a_depot
from tests.optimiser.engines.extension import FlowEngine
from tests.optimiser.engines.flows import cost_of
from tests.optimiser.engines.test_flow import deliverable_kwh, peaks
from tests.optimiser.engines.test_flow_stays_near import a_running_plan

Change = Callable[[Floats, np.random.Generator], Floats]


def some(plan: Floats, rng: np.random.Generator) -> Floats:
    """A third of the planned cells."""
    return np.isfinite(plan) & (rng.random(plan.size) < 0.3)


CHANGES: dict[str, Change] = {
    "minus zero": lambda plan, rng: np.where(some(plan, rng), -0.0, plan),
    "no number": lambda plan, rng: np.where(some(plan, rng), np.nan, plan),
    "below zero": lambda plan, rng: np.where(some(plan, rng), -plan, plan),
    "dust in empty cells": lambda plan, rng: np.where(plan == 0.0, 1e-12, plan),
    "more dust": lambda plan, rng: np.where(plan == 0.0, 3e-9, plan),
    "off by the last digit": lambda plan, rng: plan * (1.0 + rng.normal(0.0, 1e-11, plan.size)),
    "rounded": lambda plan, rng: np.round(plan, 3),
    "far too much": lambda plan, rng: np.where(some(plan, rng), plan + 1e6, plan),
    "another plan altogether": lambda plan, rng: np.where(np.isfinite(plan), rng.permutation(plan), plan),
}


def assert_as_good(problem: PlanningProblem, question: Question, running_kwh: Floats) -> Flow:
    """The value and what is delivered are those of an answer without a plan, and proven."""
    free = FlowEngine().cheapest(problem, question)
    beside = question._replace(preference=Preference(problem, RunningPlan.of(running_kwh)))
    flow = FlowEngine().cheapest(problem, beside)
    assert free is not None
    assert flow is not None
    value = cost_of(problem, question.objective, free.energy_kwh)
    close = pytest.approx(value, rel=2e-9, abs=2e-9)
    assert cost_of(problem, question.objective, flow.energy_kwh) == close
    assert flow.value == close
    assert flow.bound == pytest.approx(value, rel=1e-8, abs=1e-8)
    delivered = problem.delivered_kwh(flow.energy_kwh)
    assert delivered == pytest.approx(question.energy_kwh, rel=1e-11, abs=5e-9)
    assert np.all(problem.used_by_limits(flow.energy_kwh) <= problem.rooms_kwh + 1e-12)
    return flow


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_plan_says(change: Change, seed: int) -> None:
    """As good, with and without a price on the peak."""
    problem = a_depot(seed, 30, tree=seed % 2 == 1, slack=1.05)
    running = change(a_running_plan(problem, seed), np.random.default_rng(seed))
    for peak in peaks(problem, seed):
        question = Question(deliverable_kwh(problem), Objective("cost", problem.price_per_kwh, peak))
        assert_as_good(problem, question, running)


@pytest.mark.parametrize("seed", range(6))
def test_a_cap_that_binds_nobody_hides_nothing(seed: int) -> None:
    """A thousand million kW: what counts as rounding is not a share of that."""
    problem = a_depot(seed, 20)
    roomy = problem.with_rooms(tuple(limit.room_kwh + 1e9 for limit in problem.limits))
    question = Question(roomy.need_kwh * 0.999, Objective("cost", roomy.price_per_kwh))
    question = question._replace(energy_kwh=np.minimum(question.energy_kwh, roomy.reach_kwh))
    running = a_running_plan(problem, seed)
    assert_as_good(roomy, question, np.where(np.isfinite(running), running + 1e-4, running))


def test_what_does_not_fit_does_not_fit_from_a_plan_either() -> None:
    """None, whatever the plan promises."""
    problem = a_depot(4, 25, slack=0.6)
    question = Question(problem.reach_kwh, Objective("cost", problem.price_per_kwh))
    assert FlowEngine().cheapest(problem, question) is None
    running = Preference(problem, RunningPlan.of(a_running_plan(problem, 4)))
    assert FlowEngine().cheapest(problem, question._replace(preference=running)) is None


def test_a_plan_in_a_dear_hour_is_left_for_a_cheap_one() -> None:
    """One bus, planned in the dear hour: the whole of it moves."""
    problem = a_problem(a_session(leaves_h=2, need_kwh=20.0), site=a_site(100.0, [(0, 0.3), (1, 0.1)]))
    energy, running = np.array([20.0]), np.array([20.0, 0.0])
    question = Question(energy, Objective("cost", problem.price_per_kwh))
    assert assert_as_good(problem, question, running).energy_kwh.tolist() == [0.0, 20.0]


def test_the_running_peak_is_no_floor() -> None:
    """A plan with a needless peak: the lowest is found below it."""
    problem = a_problem(a_session(leaves_h=4, need_kwh=40.0), site=a_site(100.0))
    beside = replace(problem, running=RunningPlan.of(np.array([20.0, 20.0, 0.0, 0.0])))
    solution = solve(FlowEngine(), beside, Strategy.PEAK_SUPPRESSION)
    assert solution.energy_kwh.tolist() == pytest.approx([10.0] * 4)
    assert solution.bound == pytest.approx(10.0)


def test_whole_numbers_are_not_read_as_doubles() -> None:
    """An array of another kind with items as wide would be nonsense."""
    problem = a_depot(0, 5)
    whole = replace(problem, max_power_kw=np.full(problem.n_sessions, 11))
    with pytest.raises(TypeError, match="another kind"):
        FlowEngine().most(whole, problem.need_kwh)
