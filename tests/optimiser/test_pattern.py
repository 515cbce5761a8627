"""Bounds of cells while on and off are being decided."""

import numpy as np
import pytest

from optimiser.pattern import Pattern, run_power_kw
from optimiser.run_window import Run
from tests.optimiser.builders import a_problem, a_session, a_site


@pytest.fixture
def pattern() -> Pattern:
    """Two buses of 20 kW that take 5 at least, over three hours of 30 kW."""
    pair = [a_session(name, leaves_h=3, min_kw=5.0) for name in "ab"]
    return Pattern.open(a_problem(*pair, site=a_site(30.0)))


@pytest.mark.parametrize(
    ("session", "least"),
    [
        (a_session(), 0.0),
        (a_session(min_kw=6.0), 6.0),
        (a_session(pausable=False), 1.0),  # under 1 kW a charger counts as off
        (a_session(pausable=False, max_kw=0.5), 0.5),
        (a_session(pausable=False, min_kw=6.0), 6.0),
    ],
)
def test_the_least_power_while_charging(session, least: float) -> None:
    """An unbroken run has one even where the vehicle has none."""
    assert run_power_kw(a_problem(session)).tolist() == [least]


def test_a_bound_run_may_take_any_power_inside_and_none_outside(pattern: Pattern) -> None:
    """Its own energies are not kept."""
    pattern.bind_run(1, Run(1, 3, np.array([0.0, 20.0, 6.0]), 0.0))
    assert pattern.lower_kwh.tolist() == [0, 0, 0, 0, 5, 5]
    assert pattern.upper_kwh.tolist() == [20, 20, 20, 0, 20, 20]


def test_a_run_that_ends_inside_a_piece_is_kept_with_room_for_its_power(pattern: Pattern) -> None:
    """2 kWh at 5 kW need 5 kW of room until they are charged."""
    pattern.bind_run(1, Run(0, 2, np.array([20.0, 2.0, 0.0]), 0.0))
    assert pattern.upper_kwh[3:].tolist() == pattern.lower_kwh[3:].tolist() == [20, 2, 0]
    assert pattern.problem().limits[0].room_kwh.tolist() == [30, 27, 30]
    assert pattern.spare_kwh(pattern.lower_kwh).tolist() == [10, 25, 30] * 2


def test_nothing_follows_an_early_end(pattern: Pattern) -> None:
    """The target is reached there."""
    pattern.end_early(1, 0, 2.0)
    assert pattern.upper_kwh[:3].tolist() == [20, 2, 0]


def test_a_session_without_a_run_is_off_and_one_released_is_open(pattern: Pattern) -> None:
    """And a copy does not share that."""
    trial = pattern.copy()
    trial.bind_run(0, None)
    assert trial.upper_kwh[:3].tolist() == [0, 0, 0]
    assert pattern.upper_kwh[:3].tolist() == [20, 20, 20]
    trial.release(0)
    assert trial.upper_kwh[:3].tolist() == [20, 20, 20]
