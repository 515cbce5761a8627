"""As few as possible short, and how the count is proven."""

from dataclasses import replace

import numpy as np
import pulp
import pytest
from hypothesis import given

from optimiser.checker import check_plan
from optimiser.domain import PlanRequest, ShortfallPolicy
from optimiser.engines.highs import HighsEngine
from optimiser.fewest import count_prices
from optimiser.plan import Plan, StageReport
from optimiser.planner import plan_site
from optimiser.problem import PlanningProblem
from optimiser.shortfalls import REACHED_SOC
from tests.optimiser.builders import a_request, a_session, a_site, problem_of
from tests.properties.strategies import depots


def hour(name: str, need_kwh: float, **changes):
    """A bus of 100 kWh that stands for one hour."""
    return a_session(name, leaves_h=1, need_kwh=need_kwh, max_kw=80.0, **changes)


def fewest(*sessions, cap_kw: float, **site) -> Plan:
    """The plan of a depot that wants as few as possible short."""
    request = a_request(*sessions, site=a_site(cap_kw, **site), shortfall_policy=ShortfallPolicy.FEWEST)
    plan = plan_site(request)
    assert check_plan(request, plan) == ()
    return plan


def short(plan: Plan) -> list[str]:
    """Who is."""
    return [plan.sessions[shortfall.session].schedule_id for shortfall in plan.shortfalls]


def counts(plan: Plan) -> list[StageReport]:
    """The stages that say how many are short."""
    return list(plan.report.stages[3:])


def test_one_carries_what_all_would_share() -> None:
    """60 kWh for needs of 30, 20 and 20: fairly all were short, now only the largest is, by the same 10."""
    plan = fewest(hour("a", 30), hour("b", 20), hour("c", 20), cap_kw=60.0)
    assert short(plan) == ["a"]
    assert plan.report.stages[1].value == pytest.approx(10.0)
    assert counts(plan) == [StageReport("fewest-short:0", 1.0, 1.0)]


def test_what_is_left_goes_to_the_others_fairly() -> None:
    """35 kWh for needs of 30, 34 and 10: the small one is served, the others are both 19.5 short."""
    plan = fewest(hour("a", 30), hour("b", 34), hour("c", 10), cap_kw=35.0)
    assert short(plan) == ["a", "b"]
    assert [s.shortfall_kwh for s in plan.shortfalls] == pytest.approx([19.5, 19.5], abs=1e-3)


def test_a_higher_priority_is_still_served_first() -> None:
    """Its 40 kWh would serve two others."""
    plan = fewest(hour("a", 20), hour("b", 20), hour("c", 40, priority=1.0), cap_kw=40.0)
    assert short(plan) == ["a", "b"]
    assert [(stage.name, stage.value) for stage in counts(plan)] == [("fewest-short:0", 2.0)]


def test_who_cannot_be_served_at_all_takes_no_ones_place() -> None:
    """`late` stands for 6 minutes and wants 20 kWh; the two others are served whole."""
    late = a_session("late", 0.9, 1.0, need_kwh=20.0, max_kw=80.0)
    plan = fewest(late, hour("b", 25), hour("c", 25), cap_kw=50.0)
    assert short(plan) == ["late"]
    assert counts(plan)[0].bound == 1.0


def test_a_count_says_nothing_where_nobody_is_short() -> None:
    """Or where shares are fair."""
    assert counts(fewest(hour("a", 30), cap_kw=60.0)) == []
    fair = plan_site(a_request(hour("a", 30), site=a_site(20.0)))
    assert counts(fair) == []


@pytest.mark.parametrize("change", [{"bound": 2.0}, {"value": 0.0}, {"name": "fewest-short:1"}])
def test_the_checker_finds_a_false_count(change: dict[str, object]) -> None:
    """A bound that no prices prove, a value that the segments refute, a priority that nobody has."""
    request = a_request(
        hour("a", 30), hour("b", 20), site=a_site(40.0), shortfall_policy=ShortfallPolicy.FEWEST
    )
    plan = plan_site(request)
    stages = (*plan.report.stages[:3], replace(plan.report.stages[3], **change))
    assert check_plan(request, replace(plan, report=replace(plan.report, stages=stages)))


@given(depots(relaxed=True, most=6))
def test_no_count_is_below_the_least_and_no_bound_above_it(request: PlanRequest) -> None:
    """The least of equals, solved as a whole; greedily chosen sets are at it or very near."""
    equal = tuple(replace(session, priority=0.0, minimum_soc=0.0) for session in request.sessions)
    wanted = replace(request, sessions=equal, shortfall_policy=ShortfallPolicy.FEWEST)
    plan, problem = plan_site(wanted), problem_of(wanted)
    for stage in counts(plan):
        assert stage.bound <= least_short(problem) <= stage.value


def least_short(problem: PlanningProblem) -> int:
    """The fewest that can be short, by a binary for each."""
    lp = pulp.LpProblem("fewest", pulp.LpMinimize)
    energy = [lp.add_variable(f"e{k}", 0, float(most)) for k, most in enumerate(problem.cells.upper_kwh)]
    is_short = [lp.add_variable(f"y{i}", cat="Binary") for i in range(problem.n_sessions)]
    enough = problem.need_kwh - REACHED_SOC * problem.capacity_kwh
    for i, binary in enumerate(is_short):
        own = energy[problem.cells.first_cell[i] : problem.cells.first_cell[i + 1]]
        lp += pulp.lpSum(own) >= float(enough[i]) * (1 - binary)
        lp += pulp.lpSum(own) <= float(problem.need_kwh[i])
    for limit in problem.limits:
        members = limit.members[problem.cell_session]
        for j in np.unique(problem.cells.piece[members]):
            here = np.flatnonzero(members & (problem.cells.piece == j))
            lp += pulp.lpSum(energy[k] for k in here) <= float(limit.room_kwh[j]) + 1e-7
    lp.setObjective(pulp.lpSum(is_short))
    lp.solve(pulp.HiGHS(msg=False, threads=1))
    return round(pulp.value(lp.objective) or 0.0)


def test_what_is_whole_but_for_rounding_has_no_price() -> None:
    """A session that lacks 1e-13 kWh below its minimum is not one that another kWh would serve."""
    sessions = (hour("whole", 40.0, minimum_soc=0.6), hour("short", 40.0), hour("other", 40.0))
    problem = problem_of(a_request(*sessions, site=a_site(60.0), shortfall_policy=ShortfallPolicy.FEWEST))
    energy = np.array([40.0 - 1e-13, 20.0, 0.0])
    prices = count_prices(HighsEngine(), problem, energy)
    assert max(float(price.limits.max()) for price in prices.values()) <= 1.0
