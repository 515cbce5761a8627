"""A problem that is laid out once answers as one that is laid out with every question."""

from dataclasses import replace

import numpy as np
import pytest

from optimiser.engines.base import Objective, Question
from optimiser.preferences import Preference
from optimiser.problem import PlanningProblem
from optimiser.running import RunningPlan
from tests.optimiser.engines.depots import a_depot
from tests.optimiser.engines.extension import FlowEngine
from tests.optimiser.engines.flows import assert_same
from tests.optimiser.engines.test_flow import KINDS, deliverable_kwh
from tests.optimiser.engines.test_flow_stays_near import a_running_plan


def a_replan(kind: dict[str, bool | float], seed: int) -> PlanningProblem:
    """A depot with a running plan that is no longer quite right."""
    problem = a_depot(seed, 40, **kind)  # type: ignore[arg-type]
    return replace(problem, running=RunningPlan.of(a_running_plan(problem, seed)))


def a_question(problem: PlanningProblem) -> Question:
    """The cheapest way to deliver what can be delivered, near to the running plan."""
    objective = Objective("cost", problem.price_per_kwh)
    return Question(deliverable_kwh(problem), objective, preference=Preference(problem, problem.running))


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_one_layout_serves_all_questions_in_any_order(kind: dict[str, bool | float]) -> None:
    """No question leaves anything behind for the next."""
    problem = a_replan(kind, 3)
    question = a_question(problem)
    once, anew = FlowEngine(problem), FlowEngine()
    cheapest, most = anew.cheapest(problem, question), anew.most(problem, problem.need_kwh)
    takes, gives = -question.energy_kwh, question.energy_kwh
    level = anew.shares_level(problem, question.energy_kwh, takes, gives)
    for _ in range(2):
        assert_same(once.most(problem, problem.need_kwh), most)
        assert_same(once.cheapest(problem, question), cheapest)
        assert once.shares_level(problem, question.energy_kwh, takes, gives) == level
        assert once.cheapest(problem, question._replace(energy_kwh=question.energy_kwh * 1e3)) is None


def test_another_problem_is_laid_out_when_it_is_asked_about() -> None:
    """Half the room lets less through, and afterwards the first problem is still itself."""
    problem = a_replan({}, 5)
    engine = FlowEngine(problem)
    before = engine.most(problem, problem.need_kwh)
    halved = problem.with_rooms(tuple(limit.room_kwh / 2 for limit in problem.limits))
    assert_same(engine.most(halved, problem.need_kwh), FlowEngine().most(halved, problem.need_kwh))
    assert engine.most(halved, problem.need_kwh).energy_kwh.sum() < before.energy_kwh.sum()
    assert_same(engine.most(problem, problem.need_kwh), before)


@pytest.mark.parametrize("running", [True, False])
def test_the_plan_that_a_question_prefers_counts_and_not_the_problem_s(running: bool) -> None:
    """Another running plan than the problem's own, or none."""
    problem = a_replan({"ties": True}, 7)
    other = RunningPlan.of(a_running_plan(problem, 8)) if running else None
    question = a_question(problem)._replace(preference=Preference(problem, other))
    theirs = FlowEngine().cheapest(replace(problem, running=other), question)
    assert_same(FlowEngine(problem).cheapest(problem, question), theirs)


def test_what_is_no_layout_is_refused() -> None:
    """It would be read as one."""
    from optimiser.engines import _flow

    problem = a_depot(0, 4)
    answer = np.empty(problem.cells.piece.size), np.empty(problem.rooms_kwh.shape), np.empty(problem.n_pieces)
    with pytest.raises(ValueError, match="Capsule"):
        _flow.most(problem, problem.need_kwh, answer)
    with pytest.raises(TypeError, match="tuple of arrays"):
        _flow.lay_out([])  # type: ignore[arg-type]
