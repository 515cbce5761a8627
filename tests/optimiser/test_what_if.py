"""Changes of a request, and the figures of what they lead to."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.amendments import BY_MINUTES, DELAY_DEPARTURE
from optimiser.domain import DemandCharge, FixedSegment, Group, RecurringSession, Station, Strategy, Window
from optimiser.draws import QUANTILES, summarise
from optimiser.key_figures import figures_of, key_figures
from optimiser.lateness import Lateness
from optimiser.plan import Repair, SolveStatus
from optimiser.planner import plan_site
from optimiser.series import StepSeries
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE
from optimiser.what_if import (
    Away,
    LateArrival,
    LatenessDraw,
    OneMore,
    OtherBaseLoad,
    OtherCap,
    OtherDemandCharge,
    OtherDeparture,
    OtherPrices,
    OtherSoc,
    OtherStrategy,
    Repaired,
    Together,
    apply,
    dated,
)
from tests.optimiser.builders import a_request, a_series, a_session, a_site, at
from tests.properties.strategies import depots, instants, step_series

BUS = frozenset({"bus"})
USUAL = Lateness(share=0.5, mean_minutes=20.0, most_minutes=45.0, seed=3)


def figures(change, request=None):
    return key_figures(apply(change, request or a_request()))


@given(depots(most=4))
def test_no_change_gives_the_very_figures_of_the_base(request):
    base = dated(request)
    assert key_figures(apply(Together(), base)) == key_figures(base)


def test_a_repair_is_done_to_the_stay_that_is_named_and_to_no_other():
    request = a_request(a_session("a"), a_session("b"))
    later = Repaired("b", Repair(DELAY_DEPARTURE, {BY_MINUTES: 30.0}))
    first, second = apply(later, request).sessions
    assert first is request.sessions[0]
    assert second.departure_ms == request.sessions[1].departure_ms + 30 * MS_PER_MINUTE
    assert apply(replace(later, schedule_id="c"), request).sessions == request.sessions


@given(depots(most=4), st.integers(0, 2**32), st.integers(0, 1000))
def test_a_draw_in_which_nobody_is_late_is_the_base(request, seed, draw):
    base = dated(request)
    nobody = LatenessDraw(Lateness(0.0, 30.0, 60.0, seed), draw)
    assert key_figures(apply(nobody, base)) == key_figures(base)


@given(depots(relaxed=True, most=4, strategy=Strategy.COST), st.sampled_from([1.0, 17.0, 400.0]))
def test_more_cap_leaves_no_more_missing_and_costs_no_more_where_nothing_is(request, by_kw):
    base = dated(request)
    cap = base.site.power_cap_kw
    more = OtherCap(StepSeries(cap.starts_ms, cap.values + by_kw, cap.end_ms))
    before, after = key_figures(base), key_figures(apply(more, base))
    assert after.missing_kwh <= before.missing_kwh + 1e-3
    if before.missing_kwh == 0.0:
        assert after.cost <= before.cost + 1e-6 * max(1.0, abs(before.cost))


@given(depots(relaxed=True, most=4))
def test_figures_are_those_of_the_plan_in_all_that_a_want_decides(request):
    """The plan itself is made by one more solve, which may only change what no want decides."""
    plan, found = plan_site(request), key_figures(request)
    assert found.missing_kwh == pytest.approx(figures_of(plan).missing_kwh, abs=1e-3)
    if request.strategy is Strategy.COST:
        assert found.cost == pytest.approx(figures_of(plan).cost, rel=1e-6, abs=1e-6)
    if request.strategy is Strategy.PEAK_SUPPRESSION:
        assert found.totals.peak_kw == pytest.approx(plan.totals.peak_kw, rel=1e-5, abs=1e-3)


@given(step_series(st.integers(0, 9)), step_series(st.integers(10, 19)), instants(0, 3), instants(4, 6))
def test_a_series_over_another_holds_inside_its_window_and_nowhere_else(series, other, start_ms, end_ms):
    over = series.overlaid(other, start_ms, end_ms)
    assert np.all(np.diff(over.starts_ms) > 0)
    edges = np.concatenate([series.starts_ms, other.starts_ms, [start_ms, end_ms]])
    when = np.concatenate([edges - 1, edges, edges + 1])
    when = when[when >= min(series.starts_ms[0], start_ms)]
    inside = (when >= start_ms) & (when < end_ms)
    assert np.array_equal(over.at(when), np.where(inside, other.at(when), series.at(when)))


@given(depots(most=4), st.integers(0, 2**32))
def test_lateness_only_moves_arrivals_to_come_and_never_past_the_departure(request, seed):
    base = dated(request)
    drawn = apply(LatenessDraw(Lateness(0.7, 90.0, 600.0, seed), 0), base)
    for before, after in zip(base.sessions, drawn.sessions, strict=True):
        assert before.arrival_ms <= after.arrival_ms < after.departure_ms == before.departure_ms
        assert before.arrival_ms > base.now_ms or after.arrival_ms == before.arrival_ms
        assert after.arrival_ms < drawn.horizon_end_ms


def test_what_is_drawn_hangs_on_seed_draw_and_schedule_alone():
    """These numbers are the promise: the same on every machine and in every version."""
    drawn = [USUAL.drawn_ms(draw, "s-1") // MS_PER_MINUTE for draw in range(12)]
    assert drawn == [0, 0, 0, 0, 27, 0, 16, 1, 12, 43, 0, 16]
    assert drawn != [replace(USUAL, seed=4).drawn_ms(draw, "s-1") // MS_PER_MINUTE for draw in range(12)]
    assert drawn != [USUAL.drawn_ms(draw, "s-2") // MS_PER_MINUTE for draw in range(12)]


def test_lateness_has_the_share_the_mean_and_the_cap_that_it_says():
    """100,000 draws: the mean of a capped exponential is mean x (1 - exp(-cap / mean))."""
    minutes = np.array([USUAL.drawn_ms(draw, "s-1") for draw in range(100_000)]) / MS_PER_MINUTE
    late_for_a_while = minutes > 0
    rounded_away = 1 - np.exp(-0.5 / 20)
    assert late_for_a_while.mean() == pytest.approx(0.5 * (1 - rounded_away), abs=0.006)
    assert minutes.mean() == pytest.approx(0.5 * 20 * (1 - np.exp(-45 / 20)), rel=0.02)
    assert minutes.max() == 45


def test_another_cap_holds_always_or_in_its_window():
    """40 kWh in four hours at 20 kW: half of the time is gone where the cap is 0 for three hours."""
    assert figures(OtherCap(a_series(5.0))).missing_kwh == pytest.approx(20.0)
    closed = OtherCap(a_series(0.0), Window(at(0), at(3)))
    assert figures(closed).missing_kwh == pytest.approx(20.0)
    assert figures(OtherCap(a_series(0.0), Window(at(3), at(9)))).missing_kwh == 0.0


def test_a_groups_cap_changes_for_its_stations_only():
    site = a_site(
        groups=(Group("feeder", None, a_series(100.0), ("A",)), Group("other", None, a_series(100.0), ())),
        stations=(Station("A", None, {}),),
    )
    request = a_request(a_session(station_id="A"), a_session("free"), site=site)
    found = figures(OtherCap(a_series(5.0), None, "feeder"), request)
    assert [(stay.schedule_id, round(stay.shortfall_kwh, 6)) for stay in found.short] == [("bus", 20.0)]
    assert figures(OtherCap(a_series(5.0), None, "other"), request).short == ()


def test_another_base_load_takes_room():
    request = a_request(site=a_site(cap_kw=20.0))
    assert figures(OtherBaseLoad(a_series(15.0)), request).missing_kwh == pytest.approx(20.0)
    assert figures(OtherBaseLoad(a_series(15.0), Window(at(0), at(2))), request).missing_kwh == 0.0


def test_other_prices_move_the_energy():
    """Two of four hours are needed: with a dear first half, all of it comes in the second."""
    dear_first = OtherPrices(a_series(0.5), Window(at(0), at(2)))
    assert figures(dear_first).cost == pytest.approx(40 * 0.1)
    assert figures(OtherPrices(a_series(0.5))).cost == pytest.approx(40 * 0.5)


def test_prices_past_their_end_repeat_as_they_were_before_the_change():
    """A day of prices, dear for an hour: the same hour of the next day is not."""
    prices = a_series([(0.0, 0.1)], end_h=24.0)
    request = a_request(a_session(leaves_h=48.0), site=replace(a_site(), price_per_kwh=prices))
    changed = apply(OtherPrices(a_series(0.9), Window(at(2), at(3))), request)
    carried_on = changed.site.price_per_kwh.repeated_daily(at(48))
    assert carried_on.at(np.array([at(2.5), at(3.5), at(26.5)])).tolist() == [0.9, 0.1, 0.1]


def test_a_demand_charge_comes_and_goes():
    with_charge = apply(OtherDemandCharge(DemandCharge(2.0)), a_request())
    assert key_figures(with_charge).totals.demand_cost == pytest.approx(2.0 * 10.0)
    assert figures(OtherDemandCharge(None), with_charge).totals.demand_cost == 0.0


def test_another_strategy():
    assert figures(OtherStrategy(Strategy.PEAK_SUPPRESSION)).totals.peak_kw == pytest.approx(10.0)


def test_who_comes_late_or_leaves_early_has_less_time():
    assert figures(LateArrival(BUS, 3 * MS_PER_HOUR)).missing_kwh == 0.0  # is there since now: cannot be late
    request = a_request(a_session(arrives_h=1.0))
    assert figures(LateArrival(BUS, 2 * MS_PER_HOUR), request).missing_kwh == pytest.approx(20.0)
    assert figures(OtherDeparture(BUS, -3 * MS_PER_HOUR)).missing_kwh == pytest.approx(20.0)
    assert figures(OtherDeparture(frozenset({"else"}), -3 * MS_PER_HOUR)).missing_kwh == 0.0


def test_who_would_come_after_the_departure_is_counted_as_short_of_everything():
    found = figures(LateArrival(BUS, 9 * MS_PER_HOUR), a_request(a_session(arrives_h=1.0)))
    assert found.missing_kwh == pytest.approx(40.0)


def test_another_soc_changes_the_need():
    assert figures(OtherSoc(BUS, soc=0.4)).totals.energy_kwh == pytest.approx(20.0)
    assert figures(OtherSoc(BUS, target_soc=0.3)).totals.energy_kwh == pytest.approx(10.0)


def test_one_more_and_one_less():
    more = OneMore((a_session("second", 1.0, need_kwh=10.0),))
    assert figures(more).totals.energy_kwh == pytest.approx(50.0)
    assert figures(Together((more, Away(BUS)))).totals.energy_kwh == pytest.approx(10.0)


def test_a_stay_that_comes_after_the_horizon_is_still_planned():
    request = a_request(a_session(arrives_h=3.0, leaves_h=9.0), horizon_ms=4 * MS_PER_HOUR)
    assert figures(LateArrival(BUS, 2 * MS_PER_HOUR), request).totals.energy_kwh == pytest.approx(40.0)


def test_frozen_power_before_a_late_arrival_is_not_drawn():
    frozen = (FixedSegment(at(1), at(3), 20.0), FixedSegment(at(3), at(4), 0.0))
    request = a_request(a_session(arrives_h=1.0, frozen=frozen))
    (late,) = apply(LateArrival(BUS, MS_PER_HOUR), request).sessions
    assert late.frozen == (FixedSegment(at(2), at(3), 20.0), frozen[1])


def test_occurrences_can_be_changed_one_by_one():
    template = a_session("night", arrives_h=1.0, leaves_h=5.0)
    request = replace(a_request(), sessions=(), recurring=(RecurringSession(template, "FREQ=DAILY"),))
    base = dated(request)
    assert len(base.sessions) == 2
    assert key_figures(base).totals == key_figures(request).totals
    first = base.sessions[0].schedule_id
    late = apply(LateArrival(frozenset({first}), 3 * MS_PER_HOUR), base)
    assert [stay.schedule_id for stay in key_figures(late).short] == [first]


def test_figures_name_who_is_short_by_how_much():
    found = figures(OtherDeparture(BUS, -3 * MS_PER_HOUR))
    (stay,) = found.short
    assert (stay.schedule_id, stay.vehicle_id) == ("bus", "ev-bus")
    assert (stay.planned_soc, stay.target_soc) == (pytest.approx(0.4), pytest.approx(0.6))
    assert found.status is SolveStatus.OPTIMAL


def test_draws_add_up():
    """Late by more than an hour the bus is short: how often and by how much is counted by hand."""
    base = a_request(a_session(arrives_h=1.0, leaves_h=4.0), a_session("calm", leaves_h=40.0))
    lateness = Lateness(0.5, 60.0, 120.0, seed=1)
    draws = [apply(LatenessDraw(lateness, k), base) for k in range(40)]
    hours_late = [lateness.drawn_ms(k, "bus") / MS_PER_HOUR for k in range(40)]
    missing = [max(0.0, 40.0 - 20.0 * (3.0 - late)) for late in hours_late]
    summary = summarise([key_figures(each) for each in draws])
    risk = summary.stays["bus"]
    assert set(summary.stays) == {"bus"}
    assert risk.short_draws == summary.short_draws == sum(kwh > 0.05 for kwh in missing) > 0
    assert risk.expected_kwh == pytest.approx(np.mean(missing), abs=0.05)
    assert risk.most_kwh == pytest.approx(max(missing))
    assert summary.missing_kwh.quantiles == pytest.approx(np.quantile(missing, QUANTILES), abs=0.05)
    assert summary.draws == 40
