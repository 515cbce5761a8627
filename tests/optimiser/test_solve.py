"""The wants of a plan, met in order."""

import pytest

from benchmarks.fleet import TRUCK
from benchmarks.generator import DepotKind, generate
from benchmarks.phases import build, expand, parse
from optimiser.domain import DemandCharge, Strategy, Window
from optimiser.engines.choice import choose_engine
from optimiser.engines.highs import HighsEngine
from optimiser.neighbourhood import Trial
from optimiser.problem import PlanningProblem
from optimiser.series import StepSeries
from optimiser.solve import Solution, solve, under_peak
from tests.optimiser.builders import a_problem, a_session, a_site, at

CHEAP_LATE = [(0, 0.3), (1, 0.2), (2, 0.1)]


def solved(*sessions, strategy=Strategy.COST, **site) -> tuple[PlanningProblem, Solution]:
    problem = a_problem(*sessions, site=a_site(**site))
    return problem, solve(HighsEngine(), problem, strategy)


def energies(*sessions, **options) -> list[float]:
    return solved(*sessions, **options)[1].energy_kwh.tolist()


BUS = a_session(leaves_h=3, need_kwh=30.0)


@pytest.mark.parametrize(
    ("strategy", "site", "expected"),
    [
        (Strategy.COST, {}, [0, 10, 20]),
        (Strategy.ASAP, {}, [20, 10, 0]),
        (Strategy.PEAK_SUPPRESSION, {}, [10, 10, 10]),
        (Strategy.PEAK_SUPPRESSION, {"base_kw": [(0, 0.0), (1, 15.0)]}, [20, 5, 5]),
        (Strategy.PEAK_SUPPRESSION, {"base_kw": [(0, 50.0), (1, 0.0)]}, [0, 10, 20]),  # then cost
        (Strategy.COST, {"demand_charge": DemandCharge(9.0)}, [10, 10, 10]),
        (Strategy.COST, {"demand_charge": DemandCharge(9.0, 12.0)}, [6, 12, 12]),  # 12 kW are paid for
        (Strategy.COST, {"demand_charge": DemandCharge(9.0, 0.0, (Window(at(2), at(3)),))}, [10, 20, 0]),
    ],
)
def test_each_strategy_gets_what_it_wants(strategy, site, expected) -> None:
    """30 kWh at 20 kW at most in three hours, the last of which is the cheapest."""
    assert energies(BUS, strategy=strategy, price=CHEAP_LATE, **site) == pytest.approx(expected, abs=1e-4)


def test_carbon_goes_before_cost_and_cost_decides_among_equals() -> None:
    """The cleanest hour is the dearest; the two others are equally dirty."""
    carbon = StepSeries(a_site(price=CHEAP_LATE).price_per_kwh.starts_ms, carbon_values())
    expected = pytest.approx([20, 0, 10], abs=1e-4)
    assert energies(BUS, strategy=Strategy.CARBON, price=CHEAP_LATE, carbon_g_per_kwh=carbon) == expected


def carbon_values():
    return a_site(price=[(0, 50.0), (1, 400.0), (2, 400.0)]).price_per_kwh.values


def test_a_negative_price_charges_nobody_beyond_the_target() -> None:
    """All 30 kWh at a gain, and no more."""
    problem, solution = solved(BUS, price=[(0, -0.2), (1, 0.1)])
    assert problem.delivered_kwh(solution.energy_kwh) == pytest.approx([30])
    assert solution.bound == pytest.approx(-0.2 * 20 + 0.1 * 10)


def test_missing_energy_is_least_before_anything_costs() -> None:
    """However dear the energy is."""
    problem, solution = solved(BUS, price=99.0, cap_kw=5.0)
    assert problem.delivered_kwh(solution.energy_kwh) == pytest.approx([15])
    assert solution.missing_bounds == pytest.approx((0, 15))


def test_nobody_at_all_is_a_solution_too() -> None:
    """Everybody full, in every strategy, with a demand charge and without."""
    for strategy in Strategy:
        for charge in (None, DemandCharge(3.0)):
            _, solution = solved(
                a_session(need_kwh=0.0), strategy=strategy, demand_charge=charge, base_kw=5.0
            )
            assert solution.energy_kwh.size == 0


def test_a_peak_is_held_as_room() -> None:
    """What the base load leaves under it, on the DC side; never more than the cap's."""
    problem = a_problem(
        BUS, site=a_site(cap_kw=[(0, 30.0), (1, 12.0)], base_kw=[(0, 10.0), (2, 25.0)], ratio=0.8)
    )
    held = under_peak(problem, 20.0)
    assert held.limits[0].room_kwh == pytest.approx([8.0, 1.6, 0.0], abs=1e-4)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_rules_of_vehicles_hold_in_every_strategy(strategy: Strategy) -> None:
    """At least 8 kW or nothing, and the whole energy."""
    pair = [a_session(name, leaves_h=3, need_kwh=30.0, min_kw=8.0) for name in "ab"]
    problem, solution = solved(*pair, strategy=strategy, price=CHEAP_LATE, cap_kw=25.0)
    assert problem.delivered_kwh(solution.energy_kwh) == pytest.approx([30, 30], abs=1e-5)
    assert ((solution.energy_kwh == 0) | (solution.energy_kwh >= 8.0 - 1e-6)).all()


@pytest.mark.parametrize("steps", [0, 2])
def test_a_trial_decides_no_more_vehicles_anew_than_it_may(steps: int) -> None:
    """Six trucks that cannot pause, in less room than they need: more than twice where it is allowed."""
    kind = DepotKind(fleet=((1.0, TRUCK),), cap_slack=0.85, no_pause_share=1.0, least_power=True)
    request = parse(generate(kind, 6)).plan_request
    problem = build(request, expand(request))
    trial, unbounded = Trial(steps), Trial(1000)
    solution = solve(choose_engine("auto", problem), problem, request.strategy, trial=trial)
    assert trial.exact_steps == 0
    assert (problem.delivered_kwh(solution.energy_kwh) <= problem.need_kwh + 1e-6).all()
    solve(choose_engine("auto", problem), problem, request.strategy, trial=unbounded)
    assert 1000 - unbounded.exact_steps > 2
