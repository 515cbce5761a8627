"""Whole plans by the flow engine: as good as by HiGHS, and right by the checker."""

import pytest

from api.requests import read_request
from benchmarks.generator import DepotKind, Request, at, generate, series
from benchmarks.subjects import SUBJECTS
from optimiser.checker import check_plan
from optimiser.domain import Strategy
from optimiser.planner import plan_site
from optimiser.solve import solve
from tests.optimiser.builders import problem_of
from tests.optimiser.engines.extension import FlowEngine

CLOCK_MS = 1_770_800_000_000
DEAR_EVENING = {"pricePerKw": 3.2, "billedPeakKw": 0, "windows": [{"from": at(300), "to": at(540)}]}
LINEAR = [name for name, subject in SUBJECTS.items() if subject.linear and name != "recurring-week"]


def with_feeders(request: Request) -> Request:
    """Two feeders, one below the other, and power units that two vehicles share."""
    for n, schedule in enumerate(request["schedules"]):
        schedule |= {"stationId": f"S{n % 10}", "connectorId": str(n)}
    cap_kw = request["site"]["powerCapKw"]
    request["site"]["stations"] = [{"stationId": f"S{n}", "maxPowerKw": 160} for n in range(10)]
    request["site"]["groups"] = [
        {"id": "a", "parentId": None, "powerCapKw": 0.6 * cap_kw, "stationIds": ["S0", "S1", "S2"]},
        {"id": "b", "parentId": "a", "powerCapKw": 0.25 * cap_kw, "stationIds": ["S3", "S4"]},
    ]
    return request


def with_priorities(request: Request) -> Request:
    """Every third vehicle is served first."""
    for n, schedule in enumerate(request["schedules"]):
        schedule["plan"] = {"schedule": {"priority": n % 3}}
    return request


def assert_as_good(document: Request) -> None:
    """Every stage's value as by HiGHS, and no breach of a rule."""
    request = read_request(document, clock_now_ms=CLOCK_MS).plan_request
    ours, theirs = plan_site(request, engine=FlowEngine.name), plan_site(request, engine="highs")
    assert check_plan(request, ours) == ()
    for stage, other in zip(ours.report.stages, theirs.report.stages, strict=True):
        assert stage.value == pytest.approx(other.value, rel=1e-6, abs=1e-6)
        assert stage.gap <= 1e-6


@pytest.mark.parametrize("name", LINEAR)
def test_every_kind_of_depot(name: str) -> None:
    """Calm, tight, over-subscribed, ragged, flat, negative, two visits, demand charge, lowest peak."""
    assert_as_good(SUBJECTS[name].build(23, 15))


@pytest.mark.parametrize("slack", [0.7, 1.02, 1.3])
def test_feeders_and_power_units(slack: float) -> None:
    """A tree of limits, from over-subscribed to roomy."""
    assert_as_good(with_feeders(generate(DepotKind(cap_slack=slack), 20)))


def test_priorities_with_too_little_for_all() -> None:
    """Who is served first does not depend on the engine."""
    assert_as_good(with_priorities(generate(DepotKind(cap_slack=0.7, demand_charge=DEAR_EVENING), 20)))


def test_energies_are_met_where_rounding_keeps_the_first_flow() -> None:
    """In this depot the tidier flow leaves energy unplaced, so the one before it is given out."""
    document = generate(DepotKind(cap_slack=0.85), 2500, seed=1)
    request = read_request(document, clock_now_ms=CLOCK_MS).plan_request
    problem = problem_of(request)
    solution = solve(FlowEngine(), problem, request.strategy)
    delivered = problem.delivered_kwh(solution.energy_kwh)
    assert delivered == pytest.approx(solution.wanted_kwh, rel=1e-10, abs=1e-8)


@pytest.mark.parametrize("strategy", [Strategy.PEAK_SUPPRESSION, Strategy.CARBON])
def test_a_demand_charge_counts_after_another_want(strategy: Strategy) -> None:
    """The lowest peak, or the least carbon at the same for every kWh: then cost, with its windows."""
    kind = DepotKind(strategy=strategy.value, demand_charge=DEAR_EVENING)
    document = generate(kind, 10, seed=3)
    document["site"]["carbonIntensity"] = series("carbonIntensity", [100.0] * 24, 60)
    request = read_request(document, clock_now_ms=CLOCK_MS).plan_request
    ours, theirs = (plan_site(request, engine=engine).totals for engine in (FlowEngine.name, "highs"))
    assert ours.demand_cost > 0.0
    money = ours.energy_cost + ours.demand_cost, theirs.energy_cost + theirs.demand_cost
    assert money[0] == pytest.approx(money[1], rel=1e-5)
