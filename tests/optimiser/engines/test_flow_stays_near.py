"""The flow engine beside a running plan: HiGHS's cost, and as near to the plan as HiGHS gets.

Where several heights of the peak are equally cheap the flow keeps the one that it found, so problems with
equal prices are asked without a price on the peak.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.requests import read_request
from api.service import make_plan
from benchmarks.generator import Request
from benchmarks.subjects import SUBJECTS
from optimiser.checker import check_plan
from optimiser.engines.base import Ceiling, Flow, Objective, Question
from optimiser.engines.highs import HighsEngine
from optimiser.planner import plan_site
from optimiser.preferences import Preference
from optimiser.problem import PlanningProblem
from optimiser.running import RunningPlan
from optimiser.series import Floats
from tests.optimiser.builders import problem_of
from tests.optimiser.engines.depots import a_depot
from tests.optimiser.engines.extension import FlowEngine
from tests.optimiser.engines.flows import cost_of
from tests.optimiser.engines.test_flow import (
    KINDS,
    assert_proven,
    assert_within_limits,
    deliverable_kwh,
    peaks,
)
from tests.optimiser.engines.test_flow_plans import CLOCK_MS
from tests.properties.strategies import depots as any_depots


def beyond_kwh(running_kwh: Floats, energy_kwh: Floats) -> float:
    """Energy that the running plan does not have where it is now charged."""
    return float(np.maximum(energy_kwh - running_kwh, 0.0).sum())


def a_running_plan(problem: PlanningProblem, seed: int) -> Floats:
    """The cheapest flow of a depot with other prices for some hours, without a plan for some sessions."""
    rng = np.random.default_rng(seed)
    prices = problem.price_per_kwh.copy()
    others = rng.random(prices.size) < rng.choice([0.0, 0.1, 0.5])
    prices[others] = rng.permutation(prices[others])
    flow = FlowEngine().cheapest(problem, Question(deliverable_kwh(problem), Objective("cost", prices)))
    assert flow is not None
    changed = rng.random(problem.n_sessions) < 0.1
    running = np.where(changed[problem.cell_session], 0.7, 1.0) * flow.energy_kwh
    unplanned = rng.random(problem.n_sessions) < rng.choice([0.0, 0.1, 0.9])
    return np.where(unplanned[problem.cell_session], np.inf, running)


def assert_as_near(problem: PlanningProblem, question: Question, running_kwh: Floats) -> Flow:
    """Cost as without a running plan, proven; and no further away than HiGHS's answer."""
    question = question._replace(preference=Preference(problem, RunningPlan.of(running_kwh)))
    flow, free = (FlowEngine().cheapest(problem, q) for q in (question, question._replace(preference=None)))
    theirs = HighsEngine().cheapest(problem, question)
    assert flow is not None
    assert free is not None
    assert_within_limits(problem, flow.energy_kwh)
    assert problem.delivered_kwh(flow.energy_kwh) == pytest.approx(question.energy_kwh, rel=1e-12, abs=1e-9)
    cost = cost_of(problem, question.objective, free.energy_kwh)
    assert cost_of(problem, question.objective, flow.energy_kwh) == pytest.approx(cost, rel=1e-9, abs=1e-9)
    if theirs is not None:
        best = beyond_kwh(running_kwh, theirs.energy_kwh)
        assert beyond_kwh(running_kwh, flow.energy_kwh) <= best + 1e-6 * max(1.0, question.energy_kwh.sum())
    return flow


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(12))
def test_no_cheapest_flow_is_nearer(kind: dict[str, bool], seed: int) -> None:
    """Roomy, over-subscribed, with groups and stations, with ties, with and without a price on the peak."""
    problem = a_depot(seed, 3 + 5 * seed, **kind)
    running = a_running_plan(problem, seed)
    n_peaks = 1 if kind.get("odd_ms") or kind.get("ties") else 3
    for peak in peaks(problem, seed)[:n_peaks]:
        question = Question(deliverable_kwh(problem), Objective("cost", problem.price_per_kwh, peak))
        flow = assert_as_near(problem, question, running)
        assert_proven(problem, question, flow)


@pytest.mark.parametrize("seed", range(8))
def test_a_second_want_stays_near_too(seed: int) -> None:
    """The first want ranks the pieces, the second those of one rank, and the plan decides among the best."""
    problem = a_depot(seed, 25, tree=seed % 2 == 0, ties=True)
    running, energy = a_running_plan(problem, seed), deliverable_kwh(problem)
    first = Objective("first", np.random.default_rng(seed).choice([1.0, 2.0, 3.0], problem.n_pieces))
    second = Objective("second", problem.price_per_kwh)
    question = Question(energy, first, preference=Preference(problem, RunningPlan.of(running)), then=second)
    flow = FlowEngine().cheapest(problem, question)
    free = FlowEngine().cheapest(problem, question._replace(preference=None))
    assert flow is not None
    assert free is not None
    assert_within_limits(problem, flow.energy_kwh)
    for objective in (first, second):
        cost = cost_of(problem, objective, free.energy_kwh)
        assert cost_of(problem, objective, flow.energy_kwh) == pytest.approx(cost, rel=1e-9, abs=1e-9)
    least = cost_of(problem, first, flow.energy_kwh)
    ceiling = Ceiling(first.cost_per_kwh, least + 5e-7 * max(1.0, least))
    held = Question(energy, second, (ceiling,), Preference(problem, RunningPlan.of(running)))
    theirs = HighsEngine().cheapest(problem, held)
    if theirs is not None:
        best = beyond_kwh(running, theirs.energy_kwh)
        assert beyond_kwh(running, flow.energy_kwh) <= best + 1e-4 * max(1.0, energy.sum())


@pytest.mark.parametrize("seed", range(8))
def test_lower_bounds_hold_beside_a_running_plan(seed: int) -> None:
    """Cells that must charge charge, whether the running plan has them or not."""
    free = a_depot(seed, 20, tree=seed % 2 == 1)
    start = FlowEngine().most(free, free.need_kwh).energy_kwh
    share = np.random.default_rng(seed).choice([0.0, 0.0, 0.5, 0.9], start.size)
    problem = free.with_bounds(share * start, free.cells.upper_kwh)
    question = Question(problem.delivered_kwh(start), Objective("cost", problem.price_per_kwh))
    assert_as_near(problem, question, a_running_plan(free, seed))


def test_a_plan_is_not_given_up_for_its_last_digits() -> None:
    """Off by as much as a written one, it leaves 2e-9 kWh without a place: 192 kWh moved for that once."""
    problem = a_depot(298, 38, slack=0.7)
    running = a_running_plan(problem, 298)
    digits = np.random.default_rng(298).normal(0.0, 1e-11, running.size)
    running = np.where(np.isfinite(running), running * (1.0 + digits), running)
    question = Question(deliverable_kwh(problem), Objective("cost", problem.price_per_kwh))
    question = question._replace(preference=Preference(problem, RunningPlan.of(running)))
    flow = FlowEngine().cheapest(problem, question)
    assert flow is not None
    assert beyond_kwh(running, flow.energy_kwh) < 22.0


def test_next_to_full_and_next_to_nothing_mislead_no_search() -> None:
    """What counts as full or empty when the plan is put in does so in a search: 2.8 kWh moved for it once."""
    problem, rng = a_depot(5176, 19, ties=True), np.random.default_rng(5176)
    running, kind = a_running_plan(problem, 5176), rng.random(problem.cells.piece.size)
    traces = 10.0 ** -rng.integers(8, 13, running.size)
    dusty = np.where(kind < 0.2, problem.cells.upper_kwh * (1.0 - 1e-10), running)
    dusty = np.where((kind > 0.2) & (kind < 0.5), traces, dusty)
    question = Question(deliverable_kwh(problem), Objective("cost", problem.price_per_kwh))
    assert_as_near(problem, question, np.where(np.isfinite(running), dusty, running))


def test_the_plan_of_an_optimum_is_kept_to_the_letter() -> None:
    """Nothing changed, so nothing moves."""
    problem = a_depot(3, 60, tree=True)
    question = Question(deliverable_kwh(problem), Objective("cost", problem.price_per_kwh))
    first = FlowEngine().cheapest(problem, question)
    assert first is not None
    again = question._replace(preference=Preference(problem, RunningPlan.of(first.energy_kwh)))
    second = FlowEngine().cheapest(problem, again)
    assert second is not None
    assert second.energy_kwh == pytest.approx(first.energy_kwh, abs=1e-9)


def late(schedule: Request) -> None:
    """An hour later."""
    arrives = datetime.fromisoformat(schedule["plannedArrivalTime"])
    schedule["plannedArrivalTime"] = (arrives + timedelta(hours=1)).isoformat()


def emptier(schedule: Request) -> None:
    """Ten points less in the battery."""
    schedule["startSoC"] -= 10


def unknown(schedule: Request) -> None:
    """A vehicle that had no plan."""
    schedule["plan"] = schedule["planMeta"] = None


@pytest.mark.parametrize("change", [late, emptier, unknown])
@pytest.mark.parametrize("name", ["overnight-buses", "demand-charge", "over-subscribed", "flat-tariff"])
def test_a_replan_moves_no_more_than_by_highs(name: str, change: Callable[[Request], None]) -> None:
    """One vehicle changed: whole plans by both engines, from the request with its plans in it."""
    document = SUBJECTS[name].build(30, 15)
    document["schedules"] = make_plan(document, clock=lambda: CLOCK_MS)["schedules"]
    change(document["schedules"][3])
    request = read_request(document, clock_now_ms=CLOCK_MS).plan_request
    ours, theirs = (plan_site(request, engine=engine) for engine in ("flow", "highs"))
    assert check_plan(request, ours) == ()
    assert ours.report.churn <= theirs.report.churn + 1e-6


@given(st.data())
def test_any_small_depot_stays_near(data: st.DataObject) -> None:
    """Whatever Hypothesis draws, with the plan of any other prices running."""
    problem = problem_of(data.draw(any_depots(relaxed=True)))
    running = a_running_plan(problem, data.draw(st.integers(0, 99)))
    question = Question(deliverable_kwh(problem), Objective("cost", problem.price_per_kwh))
    assert_as_near(problem, question, running)
