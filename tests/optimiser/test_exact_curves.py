"""Vehicles with a charging curve are decided anew like others."""

from dataclasses import replace

import numpy as np
import pytest

from optimiser.checker import check_plan
from optimiser.domain import ChargingCurve
from optimiser.exact_curves import least_to_the_target
from optimiser.pattern import run_power_kw
from optimiser.planner import plan_site
from tests.optimiser.builders import a_problem, a_request, a_session, a_site

CURVE = ChargingCurve((0.0, 0.5, 1.0), (20.0, 20.0, 4.0))


def curved(name: str, **changes):
    """A bus of 100 kWh whose power falls above 50 %."""
    session = a_session(name, **changes)
    return replace(session, vehicle=replace(session.vehicle, charging_curve=CURVE))


def test_where_the_curve_ends_below_the_least_power_that_counts() -> None:
    """At 95 % the curve lets 5.6 kW through; at 60 % it is above the least power of 10."""
    problem = a_problem(curved("a", need_kwh=75.0, min_kw=10.0), curved("b", need_kwh=40.0, min_kw=10.0))
    assert least_to_the_target(problem, run_power_kw(problem)) == pytest.approx([5.6, 10.0])


def test_nobody_is_left_short_for_want_of_a_whole_piece() -> None:
    """Two pieces of 14 kW for two buses with a least power of 10 and 12 kWh each: one after the other."""
    pair = [curved(name, leaves_h=2, need_kwh=12.0, min_kw=10.0, pausable=False) for name in "ab"]
    request = a_request(*pair, site=a_site(14.0))
    plan = plan_site(request)
    assert plan.report.stages[1].value == pytest.approx(0.0, abs=1e-6)
    assert check_plan(request, plan) == ()


def test_a_depot_of_curves_is_near_its_bound() -> None:
    """Six buses with curves, a least power and no pauses under a cap of 40 kW."""
    buses = [
        curved(f"b{k}", arrives_h=0.5 * k, leaves_h=9 + k % 3, need_kwh=40.0, min_kw=6.0, pausable=k % 2 > 0)
        for k in range(6)
    ]
    prices = [(hour, 0.05 + 0.1 * np.cos(hour) ** 2) for hour in range(12)]
    request = a_request(*buses, site=a_site(40.0, prices))
    plan = plan_site(request)
    assert check_plan(request, plan) == ()
    assert plan.report.stages[1].value == pytest.approx(0.0, abs=1e-6)
    assert plan.report.strategy.gap < 0.03
