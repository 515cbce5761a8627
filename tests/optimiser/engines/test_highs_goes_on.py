"""HiGHS goes on from an earlier answer: as good as one found afresh, and never less than an answer."""

import numpy as np
import pytest

from benchmarks.generator import Request, generate
from benchmarks.phases import build, expand, parse
from benchmarks.subjects import SUBJECTS, whole_depot
from optimiser.bounds import strategy_bound
from optimiser.engines import highs
from optimiser.engines.base import Flow, Objective, Question
from optimiser.engines.highs import HighsEngine
from optimiser.preferences import make_preference
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.solve import Solution, solve
from tests.optimiser.engines.flows import assert_same, cost_of

HIGHS = HighsEngine()


class NotingEngine(HighsEngine):
    """Notes for every question whether it had a start."""

    def __init__(self) -> None:
        self.started: list[bool] = []

    def cheapest(self, problem: PlanningProblem, question: Question) -> Flow | None:
        self.started.append(question.start is not None)
        return super().cheapest(problem, question)


def a_depot(n_vehicles: int) -> PlanningProblem:
    """Feeders, tapering batteries, least powers and vehicles that cannot pause."""
    request = parse(SUBJECTS["whole-depot"].build(n_vehicles, 30)).plan_request
    return build(request, expand(request)).keeping_curves()


def narrowed(problem: PlanningProblem, share: float) -> PlanningProblem:
    """Some cells shut, as a search for patterns of on and off does."""
    shut = np.random.default_rng(5).random(problem.cells.piece.size) < share
    return problem.with_bounds(problem.lower_kwh, np.where(shut, 0.0, problem.cells.upper_kwh))


def questions(problem: PlanningProblem, energy_kwh: Floats) -> tuple[Question, Question]:
    """One without, and one with what is preferred."""
    plain = Question(energy_kwh, Objective("cost", problem.price_per_kwh))
    return plain, plain._replace(preference=make_preference(problem))


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2])
def test_it_ends_at_the_same_cost_with_prices_that_prove_it(share: float) -> None:
    """From the open depot's answer to that of one with cells shut, and once more from there."""
    problem = a_depot(12)
    closed = narrowed(problem, share)
    energy = closed.delivered_kwh(HIGHS.most(closed, closed.need_kwh).energy_kwh) * (1 - 1e-7)
    for question in questions(problem, energy):
        start = HIGHS.cheapest(problem, question)
        afresh = HIGHS.cheapest(closed, question)
        assert start is not None
        assert afresh is not None
        onward = HIGHS.cheapest(closed, question._replace(start=start.start))
        assert onward is not None
        again = HIGHS.cheapest(closed, question._replace(start=onward.start))
        for flow in (onward, again):
            assert flow is not None
            cost = cost_of(problem, question.objective, flow.energy_kwh)
            best = cost_of(problem, question.objective, afresh.energy_kwh)
            assert cost == pytest.approx(best, rel=1e-6)
            bound = strategy_bound(closed, energy, question.objective, flow.prices)
            assert bound == pytest.approx(cost, rel=1e-6)


def test_a_start_that_leads_nowhere_soon_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is then the one found afresh."""
    problem = a_depot(10)
    closed = narrowed(problem, 0.1)
    energy = closed.delivered_kwh(HIGHS.most(closed, closed.need_kwh).energy_kwh) * (1 - 1e-7)
    plain, _ = questions(problem, energy)
    start = HIGHS.cheapest(problem, plain)
    assert start is not None
    monkeypatch.setattr(highs, "MOST_STEPS", 1)
    assert_same(HIGHS.cheapest(closed, plain._replace(start=start.start)), HIGHS.cheapest(closed, plain))


@pytest.mark.parametrize("other", [9, None])
def test_a_start_of_something_else_is_passed_over(other: int | None) -> None:
    """Another depot's, or another engine's."""
    problem = a_depot(8)
    energy = problem.delivered_kwh(HIGHS.most(problem, problem.need_kwh).energy_kwh) * (1 - 1e-7)
    plain, _ = questions(problem, energy)
    start: object = "another engine's"
    if other is not None:
        larger = a_depot(other)
        found = HIGHS.cheapest(larger, questions(larger, np.zeros(larger.n_sessions))[0])
        assert found is not None
        start = found.start
    assert_same(HIGHS.cheapest(problem, plain._replace(start=start)), HIGHS.cheapest(problem, plain))


def test_what_cannot_be_is_seen_from_a_start_too() -> None:
    """None, as afresh."""
    problem = a_depot(8)
    energy = problem.delivered_kwh(HIGHS.most(problem, problem.need_kwh).energy_kwh) * (1 - 1e-7)
    plain, _ = questions(problem, energy)
    start = HIGHS.cheapest(problem, plain)
    assert start is not None
    assert HIGHS.cheapest(narrowed(problem, 0.95), plain._replace(start=start.start)) is None


def solved(request: Request) -> tuple[PlanningProblem, Solution, list[bool]]:
    """A plan's energies, and which questions had a start."""
    plan_request = parse(request).plan_request
    problem, engine = build(plan_request, expand(plan_request)), NotingEngine()
    return problem, solve(engine, problem, plan_request.strategy), engine.started


def test_a_search_goes_on_from_one_question_to_the_next_and_ends_in_the_same_plan() -> None:
    """All but the first."""
    request = SUBJECTS["whole-depot"].build(20, 30)
    (_, first, started), (_, second, _) = solved(request), solved(request)
    assert started[0] is False
    assert all(started[1:])
    assert len(started) > 3
    assert first.energy_kwh.tobytes() == second.energy_kwh.tobytes()


def test_where_somebody_is_left_short_all_is_asked_anew() -> None:
    """Another of equally cheap answers may leave nobody short."""
    problem, solution, started = solved(
        whole_depot.tapering(generate(whole_depot.KIND, 6, seed=4, slot_minutes=30))
    )
    short = solution.wanted_kwh - problem.delivered_kwh(solution.energy_kwh)
    assert short.max() > 1.0
    last_started = max(i for i, had_start in enumerate(started) if had_start)
    assert len(started) - last_started > 3
