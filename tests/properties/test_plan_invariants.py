"""Laws that hold for every depot, whatever its numbers."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimiser.checker import check_plan
from optimiser.domain import PlanRequest, Strategy
from optimiser.plan import Plan
from optimiser.planner import plan_site
from optimiser.series import StepSeries
from tests.optimiser.builders import problem_of
from tests.properties.reference_fair import fair_energies
from tests.properties.strategies import FAIR, depots, on_five_minutes, twins

CLOSE = 1e-5  # a plan keeps to whole milliseconds and a solver to 1e-7; relative above 1


def missing_kwh(plan: Plan) -> float:
    """What the plan leaves missing below the targets."""
    return plan.report.stages[1].value


def delivered_kwh(plan: Plan) -> np.ndarray:
    """Energy of every session, in the plan's order."""
    return np.add.reduceat(plan.segments.energy_kwh, plan.segments.first[:-1])


def by_schedule(plan: Plan) -> dict[str, float]:
    """Energy of every session by its schedule."""
    ids = (session.schedule_id for session in plan.sessions)
    return dict(zip(ids, delivered_kwh(plan).tolist(), strict=True))


def not_above(value: float, other: float, share: float = CLOSE) -> bool:
    """At most the other, but for rounding."""
    return value <= other + share * max(1.0, abs(other))


@given(depots())
def test_the_independent_checker_finds_nothing(request: PlanRequest) -> None:
    """Every limit, figure, shortfall, bound and status of every plan is right."""
    assert check_plan(request, plan_site(request)) == ()


@given(depots(relaxed=True))
def test_a_plan_without_least_power_that_may_pause_is_proven(request: PlanRequest) -> None:
    """The linear programme is the whole truth there: no gap in any want."""
    report = plan_site(request).report
    assert [stage.gap for stage in report.stages[:3]] == pytest.approx([0.0] * 3, abs=1e-6)


@given(depots(relaxed=True, strategy=Strategy.COST), st.sampled_from([0.5, 7.0, 100.0]))
def test_more_cap_never_costs_more(request: PlanRequest, more_kw: float) -> None:
    """With more room less is missing, and what was delivered in full is delivered no dearer."""
    cap = request.site.power_cap_kw
    raised = StepSeries(cap.starts_ms, cap.values + more_kw, cap.end_ms)
    before, after = (
        plan_site(request),
        plan_site(replace(request, site=replace(request.site, power_cap_kw=raised))),
    )
    assert not_above(missing_kwh(after), missing_kwh(before))
    if missing_kwh(before) < 1e-6:
        assert not_above(after.report.strategy.value, before.report.strategy.value)


@given(depots(relaxed=True, policies=FAIR), st.randoms(use_true_random=False))
def test_the_order_of_vehicles_does_not_matter(request: PlanRequest, random) -> None:
    """Shuffled, every session gets the same energy and every want has the same value."""
    order = list(range(len(request.sessions)))
    random.shuffle(order)
    plan = plan_site(request)
    other = plan_site(replace(request, sessions=tuple(request.sessions[i] for i in order)))
    for stage, same in zip(plan.report.stages, other.report.stages, strict=True):
        assert stage.value == pytest.approx(same.value, rel=CLOSE, abs=CLOSE)
    assert by_schedule(other) == pytest.approx(by_schedule(plan), abs=1e-4)


@given(depots())
def test_the_same_request_gives_the_same_plan(request: PlanRequest) -> None:
    """Segments are equal to the last bit."""
    one, other = plan_site(request).segments, plan_site(request).segments
    for column in fields(one):
        assert np.array_equal(getattr(one, column.name), getattr(other, column.name))


@given(twins())
def test_a_higher_priority_is_not_short_where_a_lower_one_charges(request: PlanRequest) -> None:
    """In one window without minimum SoC, a lower one charges only while the higher one is at its most."""
    plan = plan_site(request)
    first, second = (plan.segments.rows(i) for i in (0, 1))
    assume(any(shortfall.session == 0 for shortfall in plan.shortfalls))
    most_kw, s = request.sessions[0].vehicle.max_power_kw, plan.segments
    for start, end, kw in zip(s.start_ms[first], s.end_ms[first], s.power_kw[first], strict=True):
        if kw < most_kw - 0.01:
            meanwhile = (s.start_ms[second] < end) & (s.end_ms[second] > start)
            assert s.power_kw[second][meanwhile].max() < 0.01


@given(depots(relaxed=True, most=4, policies=FAIR))
def test_shortfalls_are_fair(request: PlanRequest) -> None:
    """By priority, then leximin in SoC points, as the slow reference finds it."""
    tidy = on_five_minutes(request)
    plan, problem = plan_site(tidy), problem_of(tidy)
    assume(plan.shortfalls)
    delivered = delivered_kwh(plan) / problem.capacity_kwh
    assert delivered == pytest.approx(fair_energies(problem) / problem.capacity_kwh, abs=3e-5)
