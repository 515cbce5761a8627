"""Key figures of a solved problem."""

import numpy as np
import pytest

from optimiser.domain import DemandCharge, FixedSegment, Strategy, Window
from optimiser.figures import (
    demand_cost,
    fixed_kwh,
    piece_loads_kw,
    planned_kwh,
    site_slots,
    site_totals,
    strategy_value,
)
from optimiser.segments import make_segments
from optimiser.series import StepSeries
from tests.optimiser.builders import NOW_MS, a_problem, a_session, a_site, at

SITE = a_site(
    100.0,
    [(0, 0.1), (1, 0.3)],
    base_kw=10.0,
    ratio=0.8,
    carbon_g_per_kwh=StepSeries.constant(400.0),
    demand_charge=DemandCharge(2.0, 20.0, (Window(at(1), at(2)),)),
)
PROBLEM = a_problem(a_session(leaves_h=2, need_kwh=24.0), site=SITE)
ENERGY = np.array([8.0, 16.0])


def test_totals_are_on_the_ac_side() -> None:
    """24 kWh DC are 30 AC; the peak has the base load in it, the energy has not."""
    loads = piece_loads_kw(PROBLEM, ENERGY)
    totals = site_totals(PROBLEM, ENERGY, loads)
    assert loads == pytest.approx([20, 30])
    assert (totals.peak_kw, totals.energy_kwh) == pytest.approx((30, 30))
    assert totals.energy_cost == pytest.approx(10 * 0.1 + 20 * 0.3)
    assert totals.demand_cost == pytest.approx(2.0 * (30 - 20))
    assert totals.carbon_kg == pytest.approx(12.0)


@pytest.mark.parametrize(
    ("strategy", "value"),
    [
        (Strategy.COST, 7.0 + 20.0),
        (Strategy.PEAK_SUPPRESSION, 30.0),
        (Strategy.ASAP, 8 * 0.5 + 16 * 1.5),
        (Strategy.CARBON, 12.0),
    ],
)
def test_a_strategy_has_its_value(strategy: Strategy, value: float) -> None:
    """Currency, kW, kWh x h, kg."""
    totals = site_totals(PROBLEM, ENERGY, piece_loads_kw(PROBLEM, ENERGY))
    segments = make_segments(PROBLEM, ENERGY, NOW_MS)
    assert strategy_value(PROBLEM, strategy, segments, totals) == pytest.approx(value)


def test_a_peak_under_the_billed_one_or_outside_the_windows_is_free() -> None:
    """Only the rise counts."""
    assert demand_cost(PROBLEM, np.array([90.0, 20.0])) == 0.0
    assert demand_cost(PROBLEM, np.array([90.0, 19.0])) == 0.0


def test_a_run_that_ends_early_draws_its_whole_power_until_then() -> None:
    """2 kWh in an hour are 5 kW for 24 minutes."""
    problem = a_problem(a_session(leaves_h=1, need_kwh=2.0, min_kw=5.0))
    assert piece_loads_kw(problem, np.array([2.0])).tolist() == [5.0]


def test_frozen_plans_are_planned_and_strangers_are_not() -> None:
    """Both are load; only the frozen one's energy is the plan's."""
    frozen = a_session("frozen", leaves_h=2, frozen=(FixedSegment(at(0), at(2), 6.0),))
    stranger = a_session("stranger", leaves_h=2, controllable=False)
    problem = a_problem(a_session(leaves_h=2), frozen, stranger)
    assert fixed_kwh(problem).tolist() == [6, 6]
    assert planned_kwh(problem, np.array([20.0, 20.0])).tolist() == [26, 26]
    assert piece_loads_kw(problem, np.array([20.0, 20.0])).tolist() == [46, 46]


def test_a_slot_shows_its_largest_load_and_what_holds_at_its_start() -> None:
    """Two pieces in the first hour; what a kW of cap is worth comes per slot."""
    site = a_site([(0, 50.0), (0.5, 40.0)], ratio=0.8)
    problem = a_problem(a_session(leaves_h=2, need_kwh=30.0), site=site)
    slots = site_slots(problem, np.array([10.0, 25.0, 5.0]), np.array([0.16, 0.08]))
    assert slots.load_kw.tolist() == [25, 5]
    assert slots.power_cap_kw.tolist() == [50, 40]
    assert slots.cap_value_per_kw == pytest.approx([0.16, 0.08])
    assert np.isnan(site_slots(problem, np.zeros(3), None).cap_value_per_kw).all()
