"""The flow engine against HiGHS: the same optimum, and prices that prove it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.bounds import missing_bound, strategy_bound, valid_peak_prices
from optimiser.engines.base import Ceiling, Flow, Objective, Prices, Question
from optimiser.engines.highs import HighsEngine
from optimiser.limits import Limit
from optimiser.problem import PeakCharge, PlanningProblem
from optimiser.series import Floats
from optimiser.solve import under_peak
from tests.optimiser.builders import problem_of
from tests.optimiser.engines.depots import a_depot
from tests.optimiser.engines.extension import FlowEngine
from tests.optimiser.engines.flows import cost_of
from tests.properties.strategies import depots as any_depots

PROVEN = 1e-9  # relative distance of a bound from its objective
SOLVER = 2e-6  # relative distance that HiGHS's tolerances explain
KINDS = (
    {},
    {"tree": True},
    {"ties": True},
    {"ties": True, "tree": True},
    {"slack": 0.7},
    {"slack": 0.7, "tree": True, "ties": True},
    {"odd_ms": True},
    {"odd_ms": True, "tree": True},
)


def assert_within_limits(problem: PlanningProblem, energy_kwh: Floats) -> None:
    """To the last digit, also in a piece of one millisecond."""
    assert np.all(energy_kwh >= problem.lower_kwh)
    assert np.all(energy_kwh <= problem.cells.upper_kwh)
    for limit in problem.limits:
        assert np.all(problem.used_kwh(limit, energy_kwh) <= limit.room_kwh)


def assert_proven(problem: PlanningProblem, question: Question, flow: Flow) -> None:
    """The prices make a bound that equals the cost, both ways of working it out."""
    objective, energy = question.objective, question.energy_kwh
    prices = Prices(flow.prices.limits, valid_peak_prices(problem, objective, flow.prices.peak))
    cost = cost_of(problem, objective, flow.energy_kwh)
    size = max(1.0, abs(cost), float(np.abs(objective.cost_per_kwh).max() * energy.sum()))
    assert all(np.all(price >= 0.0) for price in (*prices.limits, prices.peak))
    assert strategy_bound(problem, energy, objective, prices) == pytest.approx(cost, abs=PROVEN * size)
    assert flow.bound == pytest.approx(cost, abs=PROVEN * size)


def deliverable_kwh(problem: PlanningProblem) -> Floats:
    """As much of everybody's need as the limits let through."""
    return problem.delivered_kwh(FlowEngine().most(problem, problem.need_kwh).energy_kwh)


def peaks(problem: PlanningProblem, seed: int) -> list[PeakCharge | None]:
    """No charge, one on all time, and a dear one on half of it over a floor."""
    everywhere = np.ones(problem.n_pieces, dtype=bool)
    some = np.random.default_rng(seed).random(problem.n_pieces) < 0.5
    return [None, PeakCharge(0.4, 0.0, everywhere), PeakCharge(9.0, 20.0, some)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_most_is_the_same_and_its_cut_proves_it(kind: dict[str, bool], seed: int) -> None:
    """What the flow leaves missing is what HiGHS leaves, and what the minimum cut says must be."""
    problem = a_depot(seed, 3 + 9 * seed, **kind)
    flow = FlowEngine().most(problem, problem.need_kwh)
    assert_within_limits(problem, flow.energy_kwh)
    best = HighsEngine().most(problem, problem.need_kwh).energy_kwh.sum()
    missing = float(problem.need_kwh.sum() - flow.energy_kwh.sum())
    assert flow.energy_kwh.sum() == pytest.approx(best, rel=1e-7, abs=1e-6)
    assert missing_bound(problem, problem.need_kwh, flow.prices) == pytest.approx(missing, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_cheapest_has_the_same_cost_and_proves_it(kind: dict[str, bool], seed: int) -> None:
    """Energies to the last digit, HiGHS's cost, and a bound equal to it, with and without a peak charge."""
    problem = a_depot(seed, 3 + 9 * seed, **kind)
    energy = deliverable_kwh(problem)
    for peak in peaks(problem, seed):
        question = Question(energy, Objective("cost", problem.price_per_kwh, peak))
        flow, theirs = FlowEngine().cheapest(problem, question), HighsEngine().cheapest(problem, question)
        assert flow is not None
        assert_within_limits(problem, flow.energy_kwh)
        assert problem.delivered_kwh(flow.energy_kwh) == pytest.approx(energy, rel=1e-12, abs=1e-9)
        if not kind.get("odd_ms") or peak is None:  # HiGHS's 1e-7 kWh are 0.4 kW of a millisecond's peak
            assert_proven(problem, question, flow)
            if theirs is not None:
                best = cost_of(problem, question.objective, theirs.energy_kwh)
                assert cost_of(problem, question.objective, flow.energy_kwh) == pytest.approx(
                    best, rel=SOLVER, abs=SOLVER
                )


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_delivered_is_none(kind: dict[str, bool]) -> None:
    """A kWh more than the most for everybody who charges has no answer, with or without a peak charge."""
    problem = a_depot(3, 25, **(kind | {"slack": 0.7}))
    energy = deliverable_kwh(problem)
    too_much = np.where(energy > 0.0, energy + 1.0, energy)
    for peak in peaks(problem, 3):
        assert (
            FlowEngine().cheapest(problem, Question(too_much, Objective("c", problem.price_per_kwh, peak)))
            is None
        )


@pytest.mark.parametrize("seed", range(8))
def test_lower_bounds_are_kept_and_cost_the_same(seed: int) -> None:
    """Cells that must charge charge; the rest is the cheapest that HiGHS finds around them."""
    free = a_depot(seed, 20, tree=seed % 2 == 1, ties=seed % 3 == 0)
    start = FlowEngine().most(free, free.need_kwh).energy_kwh
    share = np.random.default_rng(seed).choice([0.0, 0.0, 0.5, 0.9], start.size)
    problem = free.with_bounds(share * start, free.cells.upper_kwh)
    energy = problem.delivered_kwh(start)
    question = Question(energy, Objective("cost", problem.price_per_kwh))
    flow, theirs = FlowEngine().cheapest(problem, question), HighsEngine().cheapest(problem, question)
    assert flow is not None
    assert theirs is not None
    assert_within_limits(problem, flow.energy_kwh)
    best = cost_of(problem, question.objective, theirs.energy_kwh)
    assert cost_of(problem, question.objective, flow.energy_kwh) == pytest.approx(
        best, rel=SOLVER, abs=SOLVER
    )


def test_lower_bounds_over_a_limit_are_none() -> None:
    """Cells that must charge more than the site lets through have no answer."""
    free = a_depot(1, 10)
    problem = free.with_bounds(free.cells.upper_kwh, free.cells.upper_kwh)
    question = Question(problem.reach_kwh, Objective("cost", problem.price_per_kwh))
    assert FlowEngine().cheapest(problem, question) is None


@pytest.mark.parametrize("seed", range(12))
def test_a_second_want_never_costs_the_first(seed: int) -> None:
    """At the first cost's optimum the second is as low as HiGHS gets it under a ceiling."""
    problem = a_depot(seed, 25, tree=seed % 2 == 0, ties=True)
    energy = deliverable_kwh(problem)
    first = Objective("first", np.random.default_rng(seed).choice([1.0, 2.0, 3.0], problem.n_pieces))
    second = Objective("second", problem.price_per_kwh)
    flow = FlowEngine().cheapest(problem, Question(energy, first, then=second))
    assert flow is not None
    assert_proven(problem, Question(energy, first), flow)
    least = cost_of(problem, first, flow.energy_kwh)
    ceiling = Ceiling(first.cost_per_kwh, least + 5e-7 * max(1.0, least))
    theirs = HighsEngine().cheapest(problem, Question(energy, second, (ceiling,)))
    assert theirs is not None
    assert cost_of(problem, second, flow.energy_kwh) == pytest.approx(
        cost_of(problem, second, theirs.energy_kwh), rel=1e-5, abs=1e-5
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_cheapest_plan_under_the_lowest_peak(seed: int) -> None:
    """As low a peak as HiGHS finds, and under it as low a cost."""
    problem = a_depot(seed, 25, tree=seed % 3 == 0)
    energy = deliverable_kwh(problem)
    everywhere = PeakCharge(1.0, 0.0, np.ones(problem.n_pieces, dtype=bool))
    lowest = Objective("peak", np.zeros(problem.n_pieces), everywhere)
    cost = Objective("cost", problem.price_per_kwh)
    flow = FlowEngine().cheapest(problem, Question(energy, lowest, then=cost))
    theirs = HighsEngine().cheapest(problem, Question(energy, lowest))
    assert flow is not None
    assert theirs is not None
    peak_kw = float(problem.load_kw(flow.energy_kwh).max())
    assert peak_kw == pytest.approx(float(problem.load_kw(theirs.energy_kwh).max()), rel=1e-7)
    assert flow.value == pytest.approx(peak_kw, rel=1e-12)
    best = HighsEngine().cheapest(under_peak(problem, peak_kw), Question(energy, cost))
    assert best is not None
    assert cost_of(problem, cost, flow.energy_kwh) == pytest.approx(
        cost_of(problem, cost, best.energy_kwh), rel=1e-5, abs=1e-5
    )


def test_a_ceiling_below_the_least_is_none() -> None:
    """A ceiling that nothing can keep has no answer."""
    problem = a_depot(2, 20)
    energy = deliverable_kwh(problem)
    ceiling = Ceiling(np.ones(problem.n_pieces), float(energy.sum()) * 0.9)
    question = Question(energy, Objective("cost", problem.price_per_kwh), (ceiling,))
    assert FlowEngine().cheapest(problem, question) is None


def test_equal_prices_are_charged_early() -> None:
    """At one price for all, no kWh could be delivered sooner in total."""
    problem = a_depot(5, 20)
    energy = deliverable_kwh(problem)
    flat = FlowEngine().cheapest(problem, Question(energy, Objective("cost", np.full(problem.n_pieces, 0.1))))
    early = FlowEngine().cheapest(problem, Question(energy, Objective("asap", problem.middle_hours)))
    assert flat is not None
    assert early is not None
    assert problem.by_piece(flat.energy_kwh) == pytest.approx(problem.by_piece(early.energy_kwh), abs=1e-9)


def test_the_same_question_has_the_same_answer() -> None:
    """Byte for byte."""
    problem = a_depot(4, 60, tree=True)
    question = Question(deliverable_kwh(problem), Objective("cost", problem.price_per_kwh))
    first, second = FlowEngine().cheapest(problem, question), FlowEngine().cheapest(problem, question)
    assert first is not None
    assert second is not None
    assert first.energy_kwh.tobytes() == second.energy_kwh.tobytes()


def test_limits_that_overlap_are_not_taken() -> None:
    """Two groups that share some sessions but not all are no tree."""
    problem = a_depot(0, 6)
    room = problem.limits[0].room_kwh
    calm = np.zeros(problem.n_pieces, dtype=bool)
    halves = [
        np.array([True, True, True, False, False, False]),
        np.array([False, True, True, True, False, False]),
    ]
    crossing = tuple(Limit(f"group:{k}", room, half, calm) for k, half in enumerate(halves))
    assert FlowEngine.takes(problem)
    assert not FlowEngine.takes(replace(problem, limits=problem.limits + crossing))
    assert not FlowEngine.takes(replace(problem, limits=crossing[:1]))


@given(st.data())
def test_any_small_depot(data: st.DataObject) -> None:
    """Whatever Hypothesis draws: the same most, the same least cost, and both proven."""
    problem = problem_of(data.draw(any_depots(relaxed=True)))
    flow = FlowEngine().most(problem, problem.need_kwh)
    missing = float(problem.need_kwh.sum() - flow.energy_kwh.sum())
    assert missing_bound(problem, problem.need_kwh, flow.prices) == pytest.approx(missing, abs=1e-8)
    energy = problem.delivered_kwh(flow.energy_kwh)
    question = Question(energy, Objective("cost", problem.price_per_kwh))
    cheapest = FlowEngine().cheapest(problem, question)
    assert cheapest is not None
    assert_within_limits(problem, cheapest.energy_kwh)
    assert_proven(problem, question, cheapest)


def test_a_large_depot_is_proven() -> None:
    """Two thousand sessions under a tight cap: no solver is needed to know that the answer is the best."""
    problem = a_depot(11, 2000, slack=1.05, tree=True)
    question = Question(deliverable_kwh(problem), Objective("cost", problem.price_per_kwh))
    flow = FlowEngine().cheapest(problem, question)
    assert flow is not None
    assert_within_limits(problem, flow.energy_kwh)
    assert_proven(problem, question, flow)
