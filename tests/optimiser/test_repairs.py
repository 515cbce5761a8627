"""Repairs of shortfalls: applied to the request and planned again, each helps, and a smaller one does not."""

from dataclasses import replace

import numpy as np
import pytest

from optimiser.amendments import amended
from optimiser.domain import FixedSegment, PlanRequest, Station
from optimiser.plan import Plan, Repair
from optimiser.planner import plan_site
from optimiser.units import MS_PER_HOUR
from tests.optimiser.builders import a_request, a_session, a_site, at
from tests.optimiser.short_depots import a_short_depot, others_frozen, with_curve, with_rules

REACHED_SOC = 0.0005
TOLERANCES = {"byKw": 1.0, "byMinutes": 1.0, "toSoC": 0.1}


def repairs_of(request: PlanRequest, session: int = 0) -> dict[str, Repair]:
    """The repairs of one session's shortfall, by kind."""
    shortfalls = {shortfall.session: shortfall for shortfall in plan_site(request).shortfalls}
    return {repair.kind: repair for repair in shortfalls[session].repairs}


# -- by hand ---------------------------------------------------------------------------------------


def test_the_sites_cap_is_raised_by_what_is_missing_over_the_time_in_which_it_bites():
    """48 kWh in 4 hours under 10 kW: 8 kWh are missing, which is 2 kW for all of the stay."""
    repair = repairs_of(a_request(a_session(need_kwh=48.0), site=a_site(10.0)))["raise-site-cap"]
    assert repair.amounts == {"byKw": pytest.approx(2.0, abs=0.1)}
    assert repair.window == (at(0), at(4))


def test_losses_between_grid_and_vehicle_make_the_raise_larger():
    """2 kW at the vehicle are 2.5 kW of cap when a fifth is lost."""
    repair = repairs_of(a_request(a_session(need_kwh=40.0), site=a_site(10.0, ratio=0.8)))["raise-site-cap"]
    assert repair.amounts["byKw"] == pytest.approx(2.5, abs=0.1)


def test_a_delay_is_as_long_as_what_is_missing_takes():
    """8 kWh more at 10 kW take 48 minutes."""
    repair = repairs_of(a_request(a_session(need_kwh=48.0), site=a_site(10.0)))["delay-departure"]
    assert repair.amounts["byMinutes"] == pytest.approx(48.0, abs=1.0)


def test_a_delay_waits_for_room_that_comes_later():
    """The cap leaves nothing for two hours after departure; then 8 kWh take 48 minutes."""
    site = a_site([(0.0, 10.0), (4.0, 0.0), (6.0, 10.0)])
    repair = repairs_of(a_request(a_session(need_kwh=48.0), site=site))["delay-departure"]
    assert repair.amounts["byMinutes"] == pytest.approx(168.0, abs=1.0)


def test_no_delay_goes_beyond_the_vehicles_next_arrival():
    """The bus is due elsewhere half an hour after its departure, and 48 minutes are needed."""
    first, second = a_session("one", need_kwh=48.0), a_session("two", 4.5, 9.0, need_kwh=1.0)
    request = a_request(first, replace(second, vehicle=first.vehicle), site=a_site(10.0))
    assert "delay-departure" not in repairs_of(request)


def test_the_margin_stays_with_a_later_departure():
    """An hour of margin is still an hour: the delay is what is missing, not more."""
    session = a_session(need_kwh=38.0, margin_ms=MS_PER_HOUR)
    repair = repairs_of(a_request(session, site=a_site(10.0)))["delay-departure"]
    assert repair.amounts["byMinutes"] == pytest.approx(48.0, abs=1.0)


def test_the_lower_target_is_what_is_planned():
    """20 % and 40 kWh of 100 make 60 %."""
    repair = repairs_of(a_request(a_session(need_kwh=48.0), site=a_site(10.0)))["lower-target"]
    assert repair.amounts == {"toSoC": 60.0}


def test_a_cap_that_stands_in_nobodys_way_is_no_repair():
    """A stay that is too short at full power is helped by time or a lower target alone."""
    assert set(repairs_of(a_request(a_session(leaves_h=1.0)))) == {"delay-departure", "lower-target"}


def test_a_weak_connector_is_raised():
    """10 kW for 4 hours instead of the vehicle's 20: 8 kWh more are 2 kW."""
    site = a_site(stations=(Station("a", None, {"1": 10.0}),))
    session = a_session(need_kwh=48.0, station_id="a", connector_id="1")
    repair = repairs_of(a_request(session, site=site))["raise-connector"]
    assert repair.amounts == {"byKw": pytest.approx(2.0, abs=0.1)}


def test_a_connector_under_the_least_power_is_raised_to_it():
    """Nothing flows below the vehicle's least 15 kW, which are more than enough."""
    site = a_site(stations=(Station("a", None, {"1": 10.0}),))
    session = a_session(need_kwh=40.0, min_kw=15.0, station_id="a", connector_id="1")
    repairs = repairs_of(a_request(session, site=site))
    assert repairs["raise-connector"].amounts["byKw"] == pytest.approx(5.0, abs=1.0)
    assert repairs["lower-min-power"].amounts["toKw"] == pytest.approx(10.0, abs=1.0)


def test_a_frozen_plan_is_released():
    """The vehicle's frozen plan gives 10 of the 40 kWh that there is room for."""
    session = a_session(frozen=(FixedSegment(at(0), at(1), 10.0),))
    repairs = repairs_of(a_request(session))
    assert repairs["unfreeze"].amounts == {}
    assert repairs["lower-target"].amounts == {"toSoC": 30.0}


def test_pausing_helps_where_no_unbroken_run_fits():
    """An hour without any room cuts the stay in two halves, each too short for a run."""
    site = a_site([(0.0, 20.0), (2.0, 0.0), (3.0, 20.0)])
    session = a_session(leaves_h=5.0, need_kwh=60.0, pausable=False)
    repairs = repairs_of(a_request(session, site=site))
    assert repairs["allow-pausing"].amounts == {}
    assert repairs["raise-site-cap"].window == (at(0), at(5))


def test_without_repairs_a_plan_has_its_shortfalls_all_the_same():
    """Whoever plans thousands of depots asks for the reasons only."""
    request = a_request(a_session(need_kwh=48.0), site=a_site(10.0))
    (shortfall,) = plan_site(request, repairs=False).shortfalls
    assert shortfall.repairs == ()
    assert [reason.code for reason in shortfall.reasons] == ["site-cap"]


# -- by planning again -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_each_repair_of_a_linear_depot_is_enough_and_the_smallest(seed: int):
    """Planned again with everybody else content with what they had, here and without the tolerance."""
    request = a_short_depot(np.random.default_rng(seed))
    plan = plan_site(request)
    for shortfall in plan.shortfalls:
        for repair in shortfall.repairs:
            assert _helps(request, plan, shortfall.session, repair), repair
            smaller = _smaller(repair)
            if smaller is not None:
                assert not _helps(request, plan, shortfall.session, smaller), repair


@pytest.mark.parametrize("seed", range(25))
def test_a_kind_is_left_out_only_where_no_amount_of_it_helps(seed: int):
    """A site cap 1,000 kW higher, or a delay of a day, would not do either."""
    request = a_short_depot(np.random.default_rng(seed))
    plan = plan_site(request)
    for shortfall in plan.shortfalls:
        session = plan.sessions[shortfall.session]
        window = (session.arrival_ms, session.departure_ms)
        given = {repair.kind for repair in shortfall.repairs}
        largest = [
            Repair("raise-site-cap", {"byKw": 1000.0}, window),
            Repair("raise-group-cap:g", {"byKw": 1000.0}, window),
            Repair("raise-connector", {"byKw": 1000.0}),
            Repair("delay-departure", {"byMinutes": 1440.0}),
        ]
        for repair in largest:
            if repair.kind not in given:
                assert not _helps(request, plan, shortfall.session, repair), repair


@pytest.mark.parametrize("seed", range(12))
def test_each_repair_by_rules_is_enough(seed: int):
    """With least power and vehicles that cannot pause, the others' plans stay as they are."""
    random = np.random.default_rng(seed)
    request = a_short_depot(random)
    ruled = tuple(with_rules(session, random) for session in request.sessions)
    request = replace(request, sessions=ruled)
    plan = plan_site(request)
    for shortfall in plan.shortfalls:
        for repair in shortfall.repairs:
            frozen = others_frozen(request, plan, shortfall.session)
            helped = _helps(request, plan, shortfall.session, repair)
            assert helped or _helps(frozen, plan, shortfall.session, repair), repair


@pytest.mark.parametrize("seed", range(6))
def test_each_repair_along_charging_curves_is_enough(seed: int):
    """With batteries that taper, some of them in one run; the others' plans stay as they are."""
    random = np.random.default_rng(100 + seed)
    request = a_short_depot(random)
    curved = tuple(with_curve(with_rules(session, random), random) for session in request.sessions)
    request = replace(request, sessions=curved)
    plan = plan_site(request)
    for shortfall in plan.shortfalls:
        frozen = others_frozen(request, plan, shortfall.session)
        for repair in shortfall.repairs:
            helped = _helps(frozen, plan, shortfall.session, repair)
            assert helped or _helps(request, plan, shortfall.session, repair), repair


def _helps(request: PlanRequest, plan: Plan, i: int, repair: Repair) -> bool:
    """Whether the session reaches its target and no other loses energy."""
    session = request.sessions[i]
    changed = amended(_others_content(request, plan, i), session, repair)
    again = plan_site(changed, repairs=False)
    before, after = _end_soc(plan), _end_soc(again)
    reached = after[i] >= changed.sessions[i].target_soc - REACHED_SOC - 1e-9
    return bool(reached and np.all(np.delete(after - before, i) >= -1e-5))


def _others_content(request: PlanRequest, plan: Plan, i: int) -> PlanRequest:
    """The others want what they had, and come first: what is over is the session's."""
    reached = _end_soc(plan)
    sessions = [
        session
        if place == i or session.frozen is not None
        else replace(session, target_soc=min(session.target_soc, float(reached[place])), priority=9.0)
        for place, session in enumerate(request.sessions)
    ]
    return replace(request, sessions=tuple(sessions))


def _end_soc(plan: Plan) -> np.ndarray:
    return plan.segments.end_soc[plan.segments.first[1:] - 1]


def _smaller(repair: Repair) -> Repair | None:
    """By the tolerance of its kind; None where that leaves nothing of it."""
    (name, amount), tolerance = next(iter(repair.amounts.items())), None
    tolerance = TOLERANCES[name] + 1e-3
    less = amount + tolerance if name == "toSoC" else amount - tolerance
    return replace(repair, amounts={name: less}) if less > 0.0 else None
