"""Least power and unbroken runs on top of a relaxed answer."""

import numpy as np
import pytest

from optimiser.commitment import commit
from optimiser.domain import Strategy
from optimiser.engines.base import Question
from optimiser.engines.highs import HighsEngine
from optimiser.preferences import make_preference
from optimiser.problem import PlanningProblem
from optimiser.search import Aim
from optimiser.strategies import objectives
from tests.optimiser.builders import a_problem, a_session, a_site, at

HIGHS = HighsEngine()
DEAR_MIDDLE = [(0, 0.1), (1, 0.9), (2, 0.2)]


def committed(problem: PlanningProblem) -> list[list[float]]:
    """Energies by session, from the cheapest relaxed flow."""
    (cost,) = objectives(problem, Strategy.COST)
    energy = np.minimum(problem.need_kwh, problem.delivered_kwh(problem.cells.upper_kwh))
    relaxed = HIGHS.cheapest(problem, Question(energy, cost))
    cells = commit(HIGHS, problem, energy, Aim(cost, make_preference(problem)), relaxed)
    return [part.round(6).tolist() for part in np.split(cells, problem.cells.first_cell[1:-1])]


@pytest.mark.parametrize(
    ("session", "needed"),
    [
        (a_session(), False),
        (a_session(min_kw=1.0), True),
        (a_session(pausable=False), True),
    ],
)
def test_only_least_power_and_no_pausing_need_it(session, needed: bool) -> None:
    """Everything else a linear programme can hold."""
    assert a_problem(session).needs_commitment.tolist() == [needed]


@pytest.mark.parametrize("rule", [{"max_pauses": 3}, {"min_run_minutes": 1.0}])
def test_rules_of_runs_need_it_for_every_vehicle(rule) -> None:
    """They are settings of the whole request."""
    assert a_problem(a_session(), **rule).needs_commitment.tolist() == [True]


UP_AND_DOWN = a_site(price=[(0, 0.1), (1, 0.9), (2, 0.1), (3, 0.9), (4, 0.1), (5, 0.9)])


@pytest.mark.parametrize(
    ("need_kwh", "rules", "expected"),
    [
        (60.0, {}, [20, 0, 20, 0, 20, 0]),
        (60.0, {"max_pauses": 2}, [20, 0, 20, 0, 20, 0]),
        (60.0, {"max_pauses": 1}, [20, 0, 20, 1, 19, 0]),  # a kW through a dear hour instead of a pause
        (60.0, {"max_pauses": 0}, [20, 1, 20, 1, 18, 0]),  # the same as a vehicle that cannot pause
        (40.0, {"min_run_minutes": 120}, [20, 1, 19, 0, 0, 0]),
        (20.0, {"min_run_minutes": 120}, [20, 0, 0, 0, 0, 0]),  # the target is met
        (38.0, {"min_run_minutes": 60, "max_pauses": 0}, [20, 1, 17, 0, 0, 0]),
        (41.0, {"min_run_minutes": 180}, [20, 1, 20, 0, 0, 0]),
    ],
)
def test_pauses_and_lengths_of_runs_cost_what_they_must(need_kwh, rules, expected) -> None:
    """Cheap and dear hours by turns, 20 kW at most."""
    bus = a_session(leaves_h=6, need_kwh=need_kwh)
    assert committed(a_problem(bus, site=UP_AND_DOWN, **rules)) == [expected]


def test_a_run_that_is_under_way_lasts_as_long_as_it_must() -> None:
    """Begun an hour ago, two hours asked: one hour more, although it is dear."""
    bus = a_session("bus", -1, 4, need_kwh=21.0, charging_now=True, charging_since_ms=at(-1))
    prices = a_site(price=[(0, 0.9), (1, 0.8), (2, 0.1), (3, 0.5)])
    assert committed(a_problem(bus, site=prices, min_run_minutes=120))[0][0] == 1.0
    assert committed(a_problem(bus, site=prices, min_run_minutes=60))[0][0] == 0.0


def test_where_no_run_is_long_enough_nothing_is_charged() -> None:
    """An hour's stay, no target in reach, two hours asked; or one."""
    assert committed(a_problem(a_session(leaves_h=1), min_run_minutes=120)) == [[0]]
    assert committed(a_problem(a_session(leaves_h=1), min_run_minutes=60)) == [[20]]


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (a_session(leaves_h=3, need_kwh=30.0), [20, 0, 10]),
        (a_session(leaves_h=3, need_kwh=22.0, min_kw=5.0), [20, 0, 2]),  # 24 minutes at 5 kW: dearer by less
        (a_session(leaves_h=3, need_kwh=22.0, min_kw=20.0), [20, 0, 2]),  # the run ends early, at 20 kW
        (a_session(leaves_h=3, need_kwh=2.0, min_kw=5.0), [2, 0, 0]),
        (a_session(leaves_h=3, need_kwh=30.0, min_kw=5.0, pausable=False), [20, 5, 5]),
        (a_session(leaves_h=3, need_kwh=41.0, pausable=False), [20, 1, 20]),  # 1 kW keeps the run going
        (a_session(leaves_h=3, need_kwh=60.0, min_kw=20.0, pausable=False), [20, 20, 20]),
    ],
)
def test_one_vehicle_alone(session, expected) -> None:
    """Cheap, dear, cheaper than dear: what each rule costs can be counted."""
    assert committed(a_problem(session, site=a_site(price=DEAR_MIDDLE))) == [expected]


def test_vehicles_that_must_all_be_on_at_10_kw_take_turns() -> None:
    """Three of them under 20 kW cannot charge at once, and need not: everybody gets all."""
    trio = [a_session(name, leaves_h=3, need_kwh=20.0, min_kw=10.0) for name in "abc"]
    rows = np.array(committed(a_problem(*trio, site=a_site(20.0))))
    assert rows.sum(axis=1) == pytest.approx([20, 20, 20])
    assert rows.sum(axis=0).max() <= 20 + 1e-6
    assert ((rows == 0) | (rows >= 10 - 1e-6)).all()


def test_unbroken_runs_make_room_for_each_other() -> None:
    """Two of 20 kWh at exactly 20 kW under 20 kW: one after the other."""
    pair = [a_session(n, leaves_h=2, need_kwh=20.0, min_kw=20.0, pausable=False) for n in "ab"]
    rows = committed(a_problem(*pair, site=a_site(20.0)))
    assert sorted(rows) == [[0, 20], [20, 0]]


def test_a_vehicle_that_charges_is_not_stopped_for_a_cheaper_hour() -> None:
    """It goes on from now, at its least where that is cheaper."""
    bus = a_session("bus", -1, 3, need_kwh=22.0, min_kw=5.0, pausable=False, charging_now=True)
    prices = a_site(price=[(0, 0.9), (1, 0.1), (2, 0.2)])
    assert committed(a_problem(bus, site=prices)) == [[5, 17, 0]]


def test_a_fair_share_that_is_less_than_the_need_ends_no_run_inside_a_piece() -> None:
    """The relaxed flow has 20 and 5 kWh; short of the target an hour takes its least of 10, or nothing."""
    rising = a_site(price=[(0, 0.1), (1, 0.2), (2, 0.3)])
    session = a_session(leaves_h=3, min_kw=10.0, need_kwh=60.0)
    problem = a_problem(session, site=rising, min_run_minutes=30.0)
    (cost,) = objectives(problem, Strategy.COST)
    share = np.array([25.0])
    relaxed = HIGHS.cheapest(problem, Question(share, cost))
    assert relaxed is not None
    assert relaxed.energy_kwh.round(6).tolist() == [20.0, 5.0, 0.0]
    cells = commit(HIGHS, problem, share, Aim(cost, make_preference(problem)), relaxed)
    assert cells.sum() >= 25.0 - 1e-6
    assert cells[cells > 0.0].min() >= 10.0
