"""Fair shares beside a running plan: those that planning afresh gives, for fewer flows."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.generator import Request
from benchmarks.phases import build, expand, parse
from benchmarks.subjects import SUBJECTS
from benchmarks.subjects.replan import afresh, after_one_change
from optimiser.delivery import decide_delivery
from optimiser.engines.base import Flow
from optimiser.problem import PlanningProblem
from optimiser.running import RunningPlan
from optimiser.series import Floats
from optimiser.taper import reach_kwh
from tests.optimiser.builders import a_problem, a_session, a_site
from tests.optimiser.engines.extension import FlowEngine


class CountingEngine(FlowEngine):
    """Counts the flows that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.flows = 0

    def most(self, problem: PlanningProblem, demand_kwh: Floats) -> Flow:
        self.flows += 1
        return super().most(problem, demand_kwh)


def shares(problem: PlanningProblem) -> tuple[Floats, int]:
    """Everybody's energy, and how many flows it took."""
    engine = CountingEngine()
    return decide_delivery(engine, problem, reach_kwh(problem)).energy_kwh, engine.flows


def problem_of(request: Request) -> PlanningProblem:
    """The arrays of a request."""
    plan_request = parse(request).plan_request
    return build(plan_request, expand(plan_request))


@pytest.mark.parametrize("n_vehicles", [12, 40, 90])
def test_one_emptier_bus_takes_a_flow_for_either_mark(n_vehicles: int) -> None:
    """Those that prove how much is missing; the shares are checked, not searched for."""
    replan = after_one_change(SUBJECTS["over-subscribed"].build(n_vehicles, 15))
    ours, n_flows = shares(problem_of(replan))
    theirs, n_afresh = shares(problem_of(afresh(replan)))
    assert ours == pytest.approx(theirs, abs=1e-6)
    assert n_flows <= 2 < n_afresh


def two_hours(*need_kwh: float) -> PlanningProblem:
    """Three buses in the first hour and two in the second, 30 kWh in each."""
    sessions = [
        a_session(f"s{i}", i // 3, 1 + i // 3, need_kwh=need, max_kw=50.0) for i, need in enumerate(need_kwh)
    ]
    return a_problem(*sessions, site=a_site(30.0))


def test_who_has_become_shorter_joins_those_whom_it_meets() -> None:
    """Planned for 14 each in the first hour and 40 each in the second; one of the first needs 20 by now."""
    running = RunningPlan.of(np.array([10.0, 10.0, 10.0, 15.0, 15.0]))
    energy, n_flows = shares(replace(two_hours(14.0, 14.0, 50.0, 40.0, 40.0), running=running))
    assert energy == pytest.approx([0.0, 0.0, 30.0, 15.0, 15.0])
    assert n_flows == 1
    energy, n_flows = shares(replace(two_hours(14.0, 14.0, 20.0, 16.0, 16.0), running=running))
    assert energy == pytest.approx([8.0, 8.0, 14.0, 15.0, 15.0])
    assert n_flows == 1


def test_what_the_plan_does_not_tell_is_searched_for() -> None:
    """Planned in another depot altogether."""
    changed = two_hours(30.0, 12.0, 5.0, 14.0, 40.0)
    theirs, n_afresh = shares(changed)
    ours, n_flows = shares(replace(changed, running=RunningPlan.of(np.array([1.0, 12.0, 0.0, 3.0, 3.0]))))
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert n_flows == n_afresh > 1


def test_more_room_is_shared_out() -> None:
    """Planned with 20 and 30 kWh an hour: 5 short each, then nobody need be."""
    running = RunningPlan.of(np.array([5.0, 5.0, 10.0, 15.0, 15.0]))
    tight = two_hours(10.0, 10.0, 15.0, 20.0, 20.0)
    roomy = tight.with_rooms((np.array([40.0, 34.0]),))
    energy, _ = shares(replace(roomy, running=running))
    assert energy == pytest.approx([10.0, 10.0, 15.0, 17.0, 17.0])


def test_priorities_are_decided_one_by_one() -> None:
    """What a higher priority gets is given to the next, so it is not off by a plan's last digits."""
    changed = replace(two_hours(30.0, 12.0, 5.0, 14.0, 40.0), priority=np.array([2.0, 1.0, 0.0, 1.0, 0.0]))
    ours, n_flows = shares(replace(changed, running=RunningPlan.of(np.array([30.0, 0.0, 0.0, 14.0, 16.0]))))
    theirs, n_afresh = shares(changed)
    assert ours.tolist() == theirs.tolist()
    assert n_flows == n_afresh
