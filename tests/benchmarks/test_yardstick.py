"""The yardstick is fair: same optimum, a better method that counts, and a plan that is no worse."""

from dataclasses import replace
from time import process_time

import pytest

from benchmarks.generator import DepotKind, generate
from benchmarks.layout import readable_json
from benchmarks.phases import Outcome, time_phases, time_yardstick
from benchmarks.yardstick import METHODS, bare_solve


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return time_phases(readable_json(generate(DepotKind(), 60)).encode())[1]


def test_both_methods_end_at_the_optimum_that_the_plan_has(outcome: Outcome) -> None:
    bare = time_yardstick(outcome)
    assert set(bare.spent_ms) == set(METHODS)
    assert outcome.plan.report.strategy.value == pytest.approx(bare.value, rel=1e-6)


def test_a_plan_that_costs_more_than_the_optimum_is_refused(outcome: Outcome) -> None:
    *first, stage = outcome.plan.report.stages
    dearer = replace(stage, value=stage.value * 1.00001)
    report = replace(outcome.plan.report, stages=(*first, dearer))
    with pytest.raises(RuntimeError, match="the plan is worth"):
        time_yardstick(replace(outcome, plan=replace(outcome.plan, report=report)))


def test_a_method_that_reaches_the_limit_has_no_time(outcome: Outcome) -> None:
    solution = outcome.solution
    stopped = bare_solve(outcome.problem, solution.objective, solution.wanted_kwh, process_time, limit_s=0.0)
    assert stopped.spent_ms == {} and stopped.value is None
