"""Charging curves: looked up for many sessions at once, and followed in time."""

import math

import numpy as np
import pytest

from optimiser.checker.curves import CurveTable, hours_to_charge
from optimiser.domain import ChargingCurve
from tests.optimiser.checker.builders import make_session

CURVES = [
    ChargingCurve((0.1, 0.5, 0.8, 1.0), (50.0, 150.0, 150.0, 20.0)),
    ChargingCurve((0.0, 1.0), (80.0, 80.0)),
    ChargingCurve((0.3,), (40.0,)),
    None,
]


def sessions(soc: float = 0.2, target: float = 0.95) -> tuple:
    return tuple(
        make_session(f"s{i}", 0, 60, soc=soc, target_soc=target, vehicle={"charging_curve": curve})
        for i, curve in enumerate(CURVES)
    )


def test_the_table_is_numpys_interpolation_for_every_session() -> None:
    """Lines between points, held outside them; no curve allows anything."""
    table = CurveTable.of(sessions())
    for soc in np.linspace(0.0, 1.0, 41):
        found = table.at(np.full(len(CURVES), soc))
        expected = [np.interp(soc, c.soc, c.power_kw) if c else np.inf for c in CURVES]
        assert found == pytest.approx(expected)


def test_least_and_most_are_those_of_a_fine_sampling() -> None:
    """The extremes over a range of SoC are found at its ends and at the bends inside."""
    table, grid = CurveTable.of(sessions()[:3]), np.linspace(0.3, 0.9, 6001)
    sampled = [np.interp(grid, c.soc, c.power_kw) for c in CURVES if c]
    low, high = np.full(3, 0.3), np.full(3, 0.9)
    assert table.least_between(low, high) == pytest.approx([s.min() for s in sampled])
    assert table.most_between(low, high) == pytest.approx([s.max() for s in sampled])


@pytest.mark.parametrize("index", range(4))
def test_time_along_a_curve_is_that_of_small_steps(index: int) -> None:
    """The logarithms agree with adding up the time of 200,000 small steps."""
    session = sessions()[index]
    soc = np.linspace(session.soc, session.target_soc, 200_001)
    middle, curve = (soc[1:] + soc[:-1]) / 2, CURVES[index]
    power = np.minimum(np.interp(middle, curve.soc, curve.power_kw) if curve else 120.0, 120.0)
    assert hours_to_charge(session, 120.0) == pytest.approx(
        float((np.diff(soc) * 100 / power).sum()), rel=1e-8
    )


def test_a_battery_that_takes_nothing_never_gets_there() -> None:
    """Where the curve falls to 0 before the target, no time is long enough; at the target none is needed."""
    curve = ChargingCurve((0.0, 0.9), (60.0, 0.0))
    stuck = make_session("stuck", 0, 60, target_soc=0.95, vehicle={"charging_curve": curve})
    there = make_session("there", 0, 60, soc=0.9, target_soc=0.8)
    assert math.isinf(hours_to_charge(stuck, 60.0))
    assert hours_to_charge(there, 60.0) == 0.0
