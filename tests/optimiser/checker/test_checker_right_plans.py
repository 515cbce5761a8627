"""Plans that are right, made by hand: the checker finds nothing in any of them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from optimiser.checker import CUT_NOTICE, OVER_CAP_NOTICE, check_plan
from optimiser.domain import (
    ChargingCurve,
    DemandCharge,
    FixedSegment,
    Group,
    Notice,
    PlanRequest,
    Preconditioning,
    RecurringSession,
    Station,
    Strategy,
    Window,
)
from optimiser.plan import Plan
from optimiser.series import StepSeries
from tests.optimiser.checker.builders import (
    MINUTE_MS,
    at,
    make_plan,
    make_request,
    make_session,
    make_site,
    steps,
)

Case = tuple[PlanRequest, Plan]

TAPER = ChargingCurve((0.0, 0.6, 1.0), (60.0, 60.0, 20.0))


def two_buses() -> Case:
    """One under way and one to come off the clock's grid, which cannot pause and passes the bulk mark."""
    one = make_session("one", -30, 240, margin_ms=15 * MINUTE_MS)
    two = make_session("two", 37, 300, soc=0.7, target_soc=0.9, minimum_soc=0.75, vehicle={"pausable": False})
    request = make_request(one, two)
    return request, make_plan(request, {"one": [(0, 15, 60), (60, 75, 60)], "two": [(37, 57, 60)]})


def nothing_to_plan() -> Case:
    request = make_request()
    return request, make_plan(request, {})


def nobody_charges() -> Case:
    request = make_request(make_session("full", 0, 120, soc=0.9))
    return request, make_plan(request, {})


def short_of_energy() -> Case:
    request = make_request(make_session("one", 0, 30, minimum_soc=0.75))
    return request, make_plan(request, {"one": [(0, 15, 60)]})


def end_inside_a_slot() -> Case:
    """A run ends where the target is met, so that its last piece is not under the least power."""
    request = make_request(make_session("one", 0, 120, vehicle={"min_power_kw": 50.0}))
    return request, make_plan(request, {"one": [(0, 36, 50)]})


def taper() -> Case:
    """Power follows the curve down: each segment stays under it up to its end."""
    request = make_request(
        make_session("one", 0, 240, vehicle={"charging_curve": TAPER, "min_power_kw": 55.0})
    )
    return request, make_plan(
        request, {"one": [(0, 10, 60), (10, 15, 55), (15, 30, 44.32), (30, 36.5, 40.03)]}
    )


def electrical_tree() -> Case:
    """Both limits of a station, its feeder and the transformer above are just reached."""
    site = make_site(
        base_load_kw=StepSeries.constant(90.0),
        groups=(
            Group("top", None, StepSeries.constant(100.0), ()),
            Group("feeder", "top", steps((0, 50), (20, 100)), ("S1",)),
        ),
        stations=(Station("S1", 90.0, {"1": 45.0, "2": 80.0}),),
    )
    one = make_session("one", 0, 120, station_id="S1", connector_id="1")
    two = make_session("two", 0, 120, station_id="S1", connector_id="2", vehicle={"max_power_kw": 100.0})
    request = make_request(one, two, site=site)
    return request, make_plan(request, {"one": [(0, 40, 45)], "two": [(20, 60, 45)]})


def demand_windows() -> Case:
    charge = DemandCharge(12.5, 20.0, (Window(at(30), at(50)), Window(at(1000), at(1100))))
    request = make_request(make_session("one", 0, 120), site=make_site(demand_charge=charge))
    return request, make_plan(request, {"one": [(0, 15, 60), (30, 60, 30)]})


def carbon() -> Case:
    """Prices and grams end after an hour and repeat."""
    grams = steps((0, 100), (30, 300), end=60)
    site = make_site(carbon_g_per_kwh=grams, price_per_kwh=steps((0, -0.1), (45, 0.3), end=60))
    request = make_request(make_session("one", 0, 240), site=site, strategy=Strategy.CARBON)
    return request, make_plan(request, {"one": [(0, 15, 60), (120, 135, 60)]}, bounds=(0, 0, 0))


def lowest_peak() -> Case:
    request = make_request(make_session("one", 0, 60), strategy=Strategy.PEAK_SUPPRESSION)
    return request, make_plan(request, {"one": [(0, 60, 30)]}, bounds=(0, 0, 0))


def as_soon_as_possible() -> Case:
    request = make_request(make_session("one", 0, 60), strategy=Strategy.ASAP)
    return request, make_plan(request, {"one": [(0, 30, 60)]}, bounds=(0, 0, 0))


def frozen() -> Case:
    """Frozen segments are cut to the stay from now on; margin, least power and clock do not matter."""
    given = (FixedSegment(at(-60), at(7), 60.0), FixedSegment(at(21), at(24), 5.0))
    one = make_session("one", -90, 30, frozen=given, margin_ms=20 * MINUTE_MS, target_soc=0.55)
    two = make_session("two", 0, 60)
    request = make_request(one, two)
    return request, make_plan(request, {"one": [(0, 7, 60), (21, 24, 5)], "two": [(7, 37, 60)]})


def preconditioning() -> Case:
    """9 kWh over the last half hour, while the battery still charges; the margin does not matter."""
    wish = Preconditioning(9.0, 30 * MINUTE_MS)
    one = make_session("one", 0, 120, preconditioning=wish, margin_ms=15 * MINUTE_MS)
    request = make_request(one)
    return request, make_plan(request, {"one": [(75, 105, 60)]}, warm={"one": (90, 18)})


def preconditioning_in_less_time() -> Case:
    """At least 36 kW, so a quarter of an hour is enough."""
    wish = Preconditioning(9.0, 30 * MINUTE_MS, min_power_kw=36.0)
    request = make_request(make_session("one", 0, 120, preconditioning=wish))
    return request, make_plan(request, {"one": [(0, 30, 60)]}, warm={"one": (105, 36)})


def preconditioning_cut() -> Case:
    """The cap leaves 9 of 18 kW, and the plan says so."""
    wish = Preconditioning(9.0, 30 * MINUTE_MS)
    request = make_request(
        make_session("one", 0, 120, preconditioning=wish),
        site=make_site(power_cap_kw=steps((0, 200), (90, 20))),
    )
    notice = Notice(CUT_NOTICE, "half of it does not fit")
    return request, make_plan(request, {"one": [(0, 30, 60)]}, warm={"one": (90, 9)}, notices=(notice,))


def not_ours_to_steer() -> Case:
    """30 kWh at 60 kW are load from arrival on for half an hour."""
    other = make_session("other", 15, 120, vehicle={"controllable": False})
    request = make_request(
        make_session("one", 0, 120), other, site=make_site(power_cap_kw=StepSeries.constant(77))
    )
    return request, make_plan(request, {"one": [(0, 15, 60), (45, 60, 60)]}, immovable=[(15, 45, 60)])


def immovable_load_over_the_cap() -> Case:
    """Where base load alone is over the cap nobody charges, and the plan says so."""
    site = make_site(base_load_kw=steps((0, 10), (15, 210), (30, 10)))
    request = make_request(make_session("one", 0, 120), site=site)
    notice = Notice(OVER_CAP_NOTICE, "base load")
    return request, make_plan(request, {"one": [(0, 15, 60), (30, 45, 60)]}, notices=(notice,))


def rule_4_breaks_a_run() -> Case:
    """A vehicle that cannot pause does where the cap leaves it no room, and says why it is short."""
    site = make_site(power_cap_kw=steps((0, 200), (15, 20), (30, 200)))
    one = make_session("one", 0, 50, target_soc=0.9, vehicle={"pausable": False})
    request = make_request(one, site=site)
    return request, make_plan(request, {"one": [(0, 15, 60), (30, 45, 60)]}, reason="no-pause")


def already_charging() -> Case:
    one = make_session("one", -30, 120, charging_now=True, vehicle={"pausable": False})
    request = make_request(one, min_run_minutes=60)
    return request, make_plan(request, {"one": [(0, 15, 60), (15, 45, 30)]})


def under_way_for_long_enough() -> Case:
    one = make_session("one", -30, 120, charging_now=True, charging_since_ms=at(-15))
    request = make_request(one, min_run_minutes=30)
    return request, make_plan(request, {"one": [(0, 15, 60), (30, 60, 10)]})


def under_way_until_there_is_no_room() -> Case:
    one = make_session("one", -30, 120, charging_now=True, charging_since_ms=at(-15))
    site = make_site(power_cap_kw=steps((0, 200), (5, 10)))
    request = make_request(one, site=site, min_run_minutes=30)
    return request, make_plan(request, {"one": [(0, 5, 60)]})


def runs_and_pauses() -> Case:
    request = make_request(make_session("one", 0, 240), min_run_minutes=15, max_pauses=1)
    return request, make_plan(request, {"one": [(0, 15, 60), (30, 45, 60)]})


def occurrences() -> Case:
    """A recurring schedule's stays are dated by their departure in UTC."""
    template = make_session("night", -7 * 1440, -7 * 1440 + 240, source=("recurringSchedules", 0))
    stay = replace(template, schedule_id="night@20260309T200000Z", arrival_ms=at(0), departure_ms=at(240))
    request = make_request(recurring=(RecurringSession(template, "FREQ=WEEKLY"),))
    return request, make_plan(request, {stay.schedule_id: [(0, 30, 60)]}, sessions=(stay,))


def over_or_beyond_the_horizon() -> Case:
    """Stays that are over, or that begin when the horizon ends, are not planned."""
    sessions = (make_session("over", -60, 0), make_session("one", 0, 60), make_session("far", 2880, 3000))
    request = make_request(*sessions)
    return request, make_plan(request, {"one": [(0, 30, 60)]}, sessions=request.sessions[1:2])


def rounded_stays() -> Case:
    """Above 200 schedules a run may begin at the whole minute after its arrival."""
    buses = [make_session(f"b{i}", 0.3 if i == 0 else 1, 60, soc=0.8) for i in range(201)]
    buses[0] = replace(buses[0], soc=0.78)
    request = make_request(*buses)
    return request, make_plan(request, {"b0": [(1, 3, 60)]})


def within_tolerance() -> Case:
    """0.0009 kW over the largest power and 1 ms past the margin are no breach."""
    one = make_session("one", 0, 45, margin_ms=15 * MINUTE_MS, vehicle={"max_power_kw": 59.9991})
    request = make_request(one)
    return request, make_plan(request, {"one": [(0, 30 + 1 / MINUTE_MS, 60)]})


RIGHT = [
    two_buses,
    nothing_to_plan,
    nobody_charges,
    short_of_energy,
    end_inside_a_slot,
    taper,
    electrical_tree,
    demand_windows,
    carbon,
    lowest_peak,
    as_soon_as_possible,
    frozen,
    preconditioning,
    preconditioning_in_less_time,
    preconditioning_cut,
    not_ours_to_steer,
    immovable_load_over_the_cap,
    rule_4_breaks_a_run,
    already_charging,
    runs_and_pauses,
    under_way_for_long_enough,
    under_way_until_there_is_no_room,
    occurrences,
    over_or_beyond_the_horizon,
    rounded_stays,
    within_tolerance,
]


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.__name__)
def test_a_right_plan_has_no_breach(case: Callable[[], Case]) -> None:
    """A plan that follows every rule is found to follow every rule."""
    assert check_plan(*case()) == ()


def test_the_hand_made_figures_are_no_zeros() -> None:
    """The right plans hold real load, so that the checks above compare something."""
    _, plan = two_buses()
    assert plan.totals.peak_kw == pytest.approx(10 + 60 / 0.9)
    assert plan.totals.energy_cost == pytest.approx((15 * 0.1 + 15 * 0.2 + 20 * 0.1) / 0.9)
    assert np.count_nonzero(plan.slots.load_kw > 10) == 4
