"""`capValuePerKw` against what 0.01 kW more of cap really saves, by solving again with that room."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from optimiser.domain import DemandCharge, Group, Station, Strategy, Window
from optimiser.engines.base import Objective, Question
from optimiser.engines.highs import HighsEngine
from optimiser.planner import plan_site
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.solve import solve
from optimiser.strategies import objectives
from tests.optimiser.builders import a_request, a_session, a_site, at, problem_of

EPSILON_KW = 0.01
# The solver's rows are exact to 1e-7 kWh; a hundred of them, over 0.01 kW, at prices under 1.
TOLERANCE = 2e-4


def test_the_first_kw_of_room_is_worth_the_price_difference_that_it_saves():
    """A bus that must take 10 of its 20 kWh in the dear hour would move them to the cheap one."""
    site = a_site(cap_kw=10.0, price=[(0.0, 0.1), (1.0, 0.3)])
    plan = plan_site(a_request(a_session(leaves_h=2.0, need_kwh=20.0), site=site))
    np.testing.assert_allclose(plan.slots.cap_value_per_kw, [0.2, 0.0])


def test_a_cap_that_is_just_enough_is_worth_nothing_although_a_solver_may_price_it():
    """All energy already fits into the cheap hour to the last kWh: its right derivative is 0."""
    site = a_site(cap_kw=20.0, price=[(0.0, 0.1), (1.0, 0.3)])
    plan = plan_site(a_request(a_session(leaves_h=2.0, need_kwh=20.0), site=site))
    np.testing.assert_allclose(plan.slots.cap_value_per_kw, [0.0, 0.0])


def test_room_under_a_base_load_above_the_cap_is_worth_nothing():
    """One kW more of cap is still no room where base load alone is 5 kW over it."""
    site = a_site(cap_kw=10.0, price=[(0.0, 0.1), (1.0, 0.3)], base_kw=[(0.0, 15.0), (1.0, 0.0)])
    plan = plan_site(a_request(a_session(leaves_h=2.0, need_kwh=10.0), site=site))
    np.testing.assert_allclose(plan.slots.cap_value_per_kw, [0.0, 0.0])


@pytest.mark.parametrize("change", [{"pausable": False}, {"min_kw": 5.0}])
def test_the_value_is_unknown_where_the_model_is_not_linear(change):
    """Least power and unbroken runs have no dual prices of their own."""
    plan = plan_site(a_request(a_session(**change)))
    assert np.isnan(plan.slots.cap_value_per_kw).all()


def test_the_value_is_unknown_where_cost_is_not_the_strategy():
    """A saving in currency is only known of a plan that aims at it."""
    plan = plan_site(a_request(a_session(), strategy=Strategy.ASAP))
    assert np.isnan(plan.slots.cap_value_per_kw).all()


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", ["plain", "groups", "demand", "both"])
def test_the_value_is_what_a_little_more_cap_saves(seed: int, kind: str):
    """In every slot of random depots with many ties, at the energies delivered now."""
    request = _random_request(np.random.default_rng(seed), kind)
    plan, problem = plan_site(request), problem_of(request)
    solution = solve(HighsEngine(), problem, Strategy.COST)
    delivered = problem.delivered_kwh(solution.energy_kwh)
    savings = _savings_per_kw(problem, delivered)
    np.testing.assert_allclose(plan.slots.cap_value_per_kw, savings, atol=TOLERANCE)


def _savings_per_kw(problem: PlanningProblem, delivered: Floats) -> Floats:
    objective = objectives(problem, Strategy.COST)[0]
    now = _least_cost(problem, delivered, objective)
    edges = np.append(problem.grid.first_piece_of_slot, problem.n_pieces)
    savings = []
    for first, end in pairwise(edges):
        inside = np.zeros(problem.n_pieces)
        inside[first:end] = 1.0
        more = inside * EPSILON_KW * problem.hours / problem.ac_per_dc
        site, *others = (limit.room_kwh for limit in problem.limits)
        raised = problem.with_rooms((site + more, *others))
        savings.append((now - _least_cost(raised, delivered, objective)) / EPSILON_KW)
    return np.array(savings)


def _least_cost(problem: PlanningProblem, delivered: Floats, objective: Objective) -> float:
    flow = HighsEngine().cheapest(problem, Question(delivered * (1.0 - 1e-9), objective))
    assert flow is not None
    cost = float(flow.energy_kwh @ objective.cost_per_kwh[problem.cells.piece])
    if objective.peak is None:
        return cost
    peak_kw = float(problem.load_kw(flow.energy_kwh)[objective.peak.counts].max())
    return cost + objective.peak.price_per_kw * max(0.0, peak_kw - objective.peak.floor_kw)


def _random_request(random: np.random.Generator, kind: str):
    """Round numbers on purpose: powers, needs, prices and caps tie all the time."""
    hours = int(random.integers(3, 8))
    prices = [(float(h), float(random.choice([0.1, 0.2, 0.3, 0.4]))) for h in range(hours)]
    caps = [(float(h), float(random.choice([20.0, 30.0, 40.0]))) for h in range(hours)]
    if random.random() < 0.5:
        caps.append((hours - 0.5, 25.0))  # a cap that changes inside a slot
    site = a_site(caps, prices, base_kw=float(random.choice([0.0, 5.0])), ratio=0.8)
    if kind in ("groups", "both"):
        groups = [Group("g", None, site.power_cap_kw, ("a", "b")), Group("h", "g", _half(site), ("b",))]
        stations = (Station("a", 15.0, {}), Station("b", None, {}), Station("c", 20.0, {}))
        site = replace(site, groups=tuple(groups), stations=stations)
    if kind in ("demand", "both"):
        windows = (Window(at(1), at(hours - 1)),) if random.random() < 0.5 else ()
        billed = float(random.choice([0.0, 10.0, 20.0]))
        site = replace(
            site, demand_charge=DemandCharge(float(random.choice([0.05, 0.2, 1.0])), billed, windows)
        )
    sessions = [_random_session(random, i, hours) for i in range(int(random.integers(2, 7)))]
    return a_request(*sessions, site=site)


def _half(site):
    return replace(site.power_cap_kw, values=site.power_cap_kw.values / 2)


def _random_session(random: np.random.Generator, i: int, hours: int):
    arrives = float(random.choice([0.0, 0.5, 1.0, 2.0]))
    leaves = float(random.integers(int(arrives) + 1, hours + 1))
    need = float(random.choice([10.0, 20.0, 30.0]))
    station = random.choice(["a", "b", "c"])
    power = float(random.choice([10.0, 20.0]))
    return a_session(f"s{i}", arrives, leaves, need_kwh=need, max_kw=power, station_id=str(station))
