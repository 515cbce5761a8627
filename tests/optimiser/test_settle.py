"""A solver's point made exact."""

import numpy as np
import pytest

from optimiser.settle import settled
from tests.optimiser.builders import a_problem, a_session, a_site

PAIR = [a_session(name, leaves_h=2, need_kwh=20.0) for name in "ab"]


def test_limits_hold_to_the_last_digit_and_nothing_is_lost() -> None:
    """1e-6 kWh over the cap go to the hour with room."""
    problem = a_problem(*PAIR, site=a_site(25.0))
    energy = settled(problem, np.array([15.0, 5.0, 10.000001, 9.999999]), problem.need_kwh)
    assert (problem.used_kwh(problem.limits[0], energy) <= 25.0).all()
    assert problem.delivered_kwh(energy) == pytest.approx([20, 20], abs=1e-9)


def test_dust_and_overflow_go() -> None:
    """A billionth of a kWh is no charging, and nobody gets more than is wanted."""
    problem = a_problem(*PAIR)
    energy = settled(problem, np.array([1e-10, 20.5, 10.0, 9.0]), np.array([20.0, 20.0]))
    assert energy[0] == 0.0
    assert problem.delivered_kwh(energy) == pytest.approx([20, 19])


def test_an_end_that_no_millisecond_can_tell_is_left_out() -> None:
    """At 18 kW and no other power, 1.4 ms of charging become 1 ms, and half a millisecond none."""
    problem = a_problem(a_session(leaves_h=1, max_kw=18.0, min_kw=18.0))
    for given_ms, told_ms in ((1.4, 1.0), (0.5, 0.0), (100_000.4, 100_000.4)):
        energy = settled(problem, np.array([18.0 * given_ms / 3_600_000]), np.array([1.0]))
        assert energy[0] * 3_600_000 / 18.0 == pytest.approx(told_ms)


def test_a_gap_of_milliseconds_in_an_unbroken_run_is_closed() -> None:
    """1 kW for 2 ms is under a solver's tolerance, not a pause: the other vehicle steps back for it."""
    prices = ((0, 0.1), (1, 0.2), (1 + 2 / 3_600_000, 0.3))
    pair = [a_session(name, leaves_h=2, need_kwh=20.0, pausable=False) for name in "ab"]
    problem = a_problem(*pair, site=a_site(20.0, prices))
    energy = np.array([10.0, 0.0, 10.0, 10.0, 20.0, 10.0]) * np.tile(problem.hours, 2)
    mended = settled(problem, energy, problem.delivered_kwh(energy))
    assert mended[[1, 4]] == pytest.approx(np.array([1.0, 19.0]) * problem.hours[1])
    assert (problem.used_kwh(problem.limits[0], mended) <= problem.limits[0].room_kwh + 1e-15).all()
