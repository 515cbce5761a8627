"""One thing wrong with limits, runs, frozen plans or preconditioning (rules 4 to 7)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from optimiser.checker import CUT_NOTICE
from optimiser.domain import (
    ChargingCurve,
    FixedSegment,
    Group,
    Notice,
    Preconditioning,
    Site,
    Station,
)
from optimiser.plan import Reason
from optimiser.series import StepSeries
from tests.optimiser.checker import test_checker_right_plans as right
from tests.optimiser.checker.builders import (
    MINUTE_MS,
    at,
    make_plan,
    make_request,
    make_session,
    make_site,
    steps,
)
from tests.optimiser.checker.tampering import Case, assert_breaks_only, one_bus, tampered

WISH = Preconditioning(9.0, 30 * MINUTE_MS)


def group_site(groups: tuple[Group, ...]) -> Site:
    return make_site(groups=groups)


def station_shared() -> Case:
    """45 + 46 kW on a station of 90 kW."""
    site = make_site(stations=(Station("S1", 90.0, {}),))
    one, two = (make_session(name, 0, 120, station_id="S1") for name in ("one", "two"))
    request = make_request(one, two, site=site)
    return request, make_plan(request, {"one": [(0, 40, 45)], "two": [(0, 39.1304333, 46)]})


def through_the_night_of_another() -> Case:
    """A vehicle that is not ours to steer draws 60 kW at the same time."""
    other = make_session("other", 15, 120, vehicle={"controllable": False})
    site = make_site(power_cap_kw=StepSeries.constant(77.0))
    request = make_request(make_session("one", 0, 120), other, site=site)
    return request, make_plan(request, {"one": [(0, 30, 60)]}, immovable=[(15, 45, 60)])


def along_the_curve_of_another() -> Case:
    """The other draws longer than its energy at full power would take, because of its curve."""
    curve = ChargingCurve((0.0, 0.5, 0.8), (60.0, 60.0, 20.0))
    other = make_session("other", 0, 240, vehicle={"controllable": False, "charging_curve": curve})
    site = make_site(power_cap_kw=StepSeries.constant(77.0))
    request = make_request(make_session("one", 0, 120), other, site=site)
    hours = 0.3 * 100 * np.log(60 / 20) / 40
    return request, make_plan(request, {"one": [(45, 75, 60)]}, immovable=[(0, hours * 60, 60)])


def frozen_moved() -> Case:
    given = (FixedSegment(at(0), at(10), 60.0),)
    request = make_request(make_session("one", 0, 60, frozen=given, target_soc=0.6))
    return request, make_plan(request, {"one": [(0, 11, 60)]})


def frozen_left_out() -> Case:
    given = (FixedSegment(at(0), at(10), 60.0), FixedSegment(at(20), at(30), 6.0))
    request = make_request(make_session("one", 0, 60, frozen=given, target_soc=0.6))
    return request, make_plan(request, {"one": [(0, 10, 60)]})


def beside_a_frozen_one() -> Case:
    """Frozen load counts: 60 kW beside it are over the cap."""
    one = make_session("one", 0, 60, frozen=(FixedSegment(at(0), at(30), 60.0),))
    site = make_site(power_cap_kw=StepSeries.constant(77.0))
    request = make_request(one, make_session("two", 0, 60), site=site)
    return request, make_plan(request, {"one": [(0, 30, 60)], "two": [(0, 30, 60)]})


def warmed(
    warm: tuple[float, float] | None, *notices: str, cap: float = 200, charge: float = 0
) -> Callable[[], Case]:
    """9 kWh are to be drawn over the last half hour; the cap then leaves what it leaves."""

    def case() -> Case:
        site = make_site(power_cap_kw=steps((0, 200), (90, cap)))
        request = make_request(make_session("one", 0, 120, preconditioning=WISH, target_soc=0.7), site=site)
        stretches = [(90, 120, 40)] if charge else [(0, 20, 60)]
        said = tuple(Notice(code, "") for code in notices)
        return request, make_plan(
            request, {"one": stretches}, warm={"one": warm} if warm else {}, notices=said
        )

    return case


def warm_cut_beside_charging() -> Case:
    """Preconditioning comes first, so it may not be cut for another one's charging."""
    one = make_session("one", 0, 120, preconditioning=WISH, soc=0.8)
    request = make_request(
        one, make_session("two", 0, 120), site=make_site(power_cap_kw=steps((0, 200), (90, 70)))
    )
    charging = {"two": [(60, 75, 60), (90, 120, 30)]}
    plan = make_plan(request, charging, warm={"one": (90, 60 * 0.9 - 30)})
    return request, replace(plan, notices=(Notice(CUT_NOTICE, ""),))


def broken_for_nothing() -> Case:
    """It says `no-pause`, but the pause had room."""
    return one_bus((0, 15, 60), (30, 32, 60), vehicle={"pausable": False}, stay=(0, 32), reason="no-pause")()


def unsaid_no_pause() -> Case:
    site = make_site(power_cap_kw=steps((0, 200), (15, 20), (30, 200)))
    return one_bus((0, 15, 60), (30, 45, 60), site=site, vehicle={"pausable": False})()


def shortfall(**changes: object) -> Callable[[], Case]:
    return tampered(
        right.short_of_energy,
        lambda plan: replace(plan, shortfalls=(replace(plan.shortfalls[0], **changes),)),
    )


def reason(code: str, start: float = 0, end: float = 30) -> Callable[[], Case]:
    return shortfall(reasons=(Reason(code, at(start), at(end)),))


CAP_50 = StepSeries.constant(50.0)


BASE_OVER = make_site(base_load_kw=steps((0, 10), (15, 210), (30, 10)))


WRONG: list[tuple[str, str, Callable[[], Case]]] = [
    (
        "more than the site's cap",
        "4.4 site-cap",
        one_bus((0, 30, 60), site=make_site(power_cap_kw=StepSeries.constant(76.66))),
    ),
    (
        "over a cap that falls inside a slot",
        "4.4 site-cap",
        one_bus((0, 30, 60), site=make_site(power_cap_kw=steps((0, 200), (20, 76), (20.001, 200)))),
    ),
    (
        "more than the group's cap",
        "4.4 group-cap",
        one_bus((0, 30, 60), site=group_site((Group("g", None, CAP_50, ("S1",)),)), station_id="S1"),
    ),
    (
        "more than a group far above",
        "4.4 group-cap",
        one_bus(
            (0, 30, 60),
            station_id="S1",
            site=group_site(
                (
                    Group("leaf", "middle", StepSeries.constant(500.0), ("S1",)),
                    Group("middle", "top", StepSeries.constant(500.0), ()),
                    Group("top", None, CAP_50, ()),
                )
            ),
        ),
    ),
    (
        "a group's cap that falls",
        "4.4 group-cap",
        one_bus(
            (0, 30, 60),
            site=group_site((Group("g", None, steps((0, 500), (15, 50)), ("S1",)),)),
            station_id="S1",
        ),
    ),
    ("more than the station", "4.4 station", station_shared),
    ("beside a vehicle not ours", "4.4 site-cap", through_the_night_of_another),
    ("beside a vehicle not ours on its curve", "4.4 site-cap", along_the_curve_of_another),
    ("charging where base load is over the cap", "4.4 site-cap", one_bus((0, 30, 60), site=BASE_OVER)),
    ("base load over the cap and silent", "4 immovable", one_bus((30, 60, 60), site=BASE_OVER)),
    (
        "a pause of one that cannot",
        "4.5 no-pause",
        one_bus((0, 15, 60), (30, 45, 60), vehicle={"pausable": False}),
    ),
    ("a pause that rule 4 explains, unsaid", "4.5 no-pause", unsaid_no_pause),
    ("a pause said to be forced, with room", "4.5 no-pause", broken_for_nothing),
    (
        "was charging and stops",
        "4.5 no-pause",
        one_bus((15, 45, 60), stay=(-15, 120), charging_now=True, vehicle={"pausable": False}),
    ),
    (
        "was charging and never goes on",
        "4.5 no-pause",
        one_bus(stay=(-15, 120), charging_now=True, vehicle={"pausable": False}, reason="no-pause"),
    ),
    ("a short run", "4.5 min-run", one_bus((0, 15, 60), (30, 45, 60), asked={"min_run_minutes": 15.1})),
    ("too many pauses", "4.5 max-pauses", one_bus((0, 15, 60), (30, 45, 60), asked={"max_pauses": 0})),
    (
        "a run under way, cut short",
        "4.5 min-run",
        one_bus(
            (0, 15, 60),
            stay=(-15, 120),
            charging_now=True,
            charging_since_ms=at(-14),
            asked={"min_run_minutes": 30},
        ),
    ),
    (
        "a run under way, stopped at once",
        "4.5 min-run",
        one_bus(
            (15, 45, 60),
            stay=(-15, 120),
            charging_now=True,
            charging_since_ms=at(-14),
            asked={"min_run_minutes": 30},
        ),
    ),
    (
        "a pause from now on",
        "4.5 max-pauses",
        one_bus((15, 45, 60), stay=(-15, 120), charging_now=True, asked={"max_pauses": 0}),
    ),
    ("a frozen plan that goes on", "4.6 frozen", frozen_moved),
    ("a frozen segment left out", "4.6 frozen", frozen_left_out),
    ("beside a frozen plan", "4.4 site-cap", beside_a_frozen_one),
    ("preconditioning left out", "4.7 preconditioning", warmed(None)),
    ("preconditioning cut for nothing", "4.7 preconditioning", warmed((90, 9), CUT_NOTICE)),
    ("preconditioning cut and silent", "4.7 preconditioning", warmed((90, 9), cap=20)),
    ("preconditioning cut beside charging", "4.7 preconditioning", warm_cut_beside_charging),
    ("too much preconditioning", "4.7 preconditioning", warmed((90, 18.1))),
    ("preconditioning too early", "4.7 preconditioning", warmed((75, 18))),
    ("preconditioning over the cap", "4.4 site-cap", warmed((90, 18), cap=29)),
]


@pytest.mark.parametrize(("rule", "case"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_plan_breaks_that_rule_and_no_other(rule: str, case: Callable[[], Case]) -> None:
    """One thing is wrong, and the checker names that rule and blames nothing else."""
    assert_breaks_only(rule, case())
