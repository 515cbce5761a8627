"""Powers below the least, mended by exchanges between vehicles."""

import numpy as np
import pytest

from optimiser.exchange import Board, mend
from optimiser.pattern import Pattern
from optimiser.problem import PlanningProblem
from tests.optimiser.builders import Steps, a_problem, a_session, a_site


def mended(problem: PlanningProblem, energy: list[list[float]], cost: list[float]) -> np.ndarray:
    """The table of energies after mending; its limits and its sessions' totals hold in any case."""
    pattern = Pattern.open(problem)
    board = Board(problem, pattern.low_kwh, np.array(energy, dtype=np.float64).ravel(), np.array(cost))
    mend(board)
    assert (board.spare >= -1e-9).all()
    assert board.energy.sum(axis=1) == pytest.approx(np.sum(energy, axis=1))
    return board.energy


def two(cap_kw: Steps) -> PlanningProblem:
    """Two buses over two hours, 5 to 20 kW."""
    pair = [a_session(name, leaves_h=2, min_kw=5.0) for name in "ab"]
    return a_problem(*pair, site=a_site(cap_kw))


def test_two_vehicles_exchange_at_no_cost() -> None:
    """2 kWh of a go to the first hour against 2 of b: the load of both hours stays."""
    energy = mended(two(20.0), [[8.0, 2.0], [12.0, 18.0]], [1.0, 9.0])
    assert energy.tolist() == [[10, 0], [10, 20]]


def test_without_a_partner_energy_moves_where_it_is_cheapest() -> None:
    """Raising the dear hour costs more than emptying it."""
    problem = a_problem(a_session(leaves_h=2, min_kw=5.0), site=a_site(100.0))
    assert mended(problem, [[8.0, 2.0]], [1.0, 9.0]).tolist() == [[10, 0]]
    assert mended(problem, [[19.0, 2.0]], [1.0, 9.0]).tolist() == [[16, 5]]


def test_what_nothing_helps_stays_broken() -> None:
    """Both hours are full, and the other one may not go lower."""
    energy = [[20.0, 2.0], [5.0, 5.0]]
    assert mended(two([(0, 25.0), (1, 7.0)]), energy, [1.0, 1.0]).tolist() == energy
    lone = a_problem(a_session(leaves_h=1, min_kw=5.0))
    assert mended(lone, [[2.0]], [1.0]).tolist() == [[2.0]]


def test_nothing_that_is_whole_is_touched() -> None:
    """Neither zeros nor enough."""
    energy = [[0.0, 20.0], [5.0, 0.0]]
    assert mended(two(40.0), energy, [9.0, 1.0]).tolist() == energy
