"""Plans with one thing wrong: for each the checker names that rule and no other."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from optimiser.checker import CUT_NOTICE, check_plan
from optimiser.domain import (
    ChargingCurve,
    DemandCharge,
    FixedSegment,
    Group,
    Notice,
    PlanRequest,
    Preconditioning,
    RecurringSession,
    Site,
    Station,
    Strategy,
    Window,
)
from optimiser.plan import Plan, Reason, Tag
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
    with_segment,
    with_slot,
    with_stage,
)

Case = tuple[PlanRequest, Plan]
WISH = Preconditioning(9.0, 30 * MINUTE_MS)


def tampered(base: Callable[[], Case], change: Callable[[Plan], Plan]) -> Callable[[], Case]:
    """A right plan with something replaced in it."""

    def case() -> Case:
        request, plan = base()
        return request, change(plan)

    return case


def segment(base: Callable[[], Case], row: int, **values: object) -> Callable[[], Case]:
    return tampered(base, lambda plan: with_segment(plan, row, **values))


def one_bus(
    *stretches: tuple[float, float, float],
    stay: tuple[float, float] = (0, 120),
    site: Site | None = None,
    reason: str = "site-cap",
    asked: dict[str, object] | None = None,
    **session: object,
) -> Callable[[], Case]:
    """One bus that charges so, with every figure right."""

    def case() -> Case:
        bus = make_session("one", *stay, **dict(session))
        request = make_request(bus, site=site or make_site(), **(asked or {}))
        return request, make_plan(request, {"one": stretches}, reason=reason)

    return case


def all_columns(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Plan], Plan]:
    """Every column of the segments changed alike."""
    names = (
        "start_ms",
        "end_ms",
        "power_kw",
        "energy_kwh",
        "start_soc",
        "end_soc",
        "tags",
        "limited",
        "unlimited",
    )

    def changed(plan: Plan) -> Plan:
        columns = {name: change(getattr(plan.segments, name)) for name in names}
        return replace(plan, segments=replace(plan.segments, **columns))

    return changed


def resessioned(base: Callable[[], Case], row: int, **changes: object) -> Callable[[], Case]:
    """The plan's session is not the request's any more."""

    def change(plan: Plan) -> Plan:
        sessions = list(plan.sessions)
        sessions[row] = replace(sessions[row], **changes)
        return replace(plan, sessions=tuple(sessions))

    return tampered(base, change)


def dropped() -> Case:
    request = make_request(make_session("one", 0, 60), make_session("two", 0, 60))
    return request, make_plan(request, {"one": [(0, 30, 60)]}, sessions=request.sessions[:1])


def doubled() -> Case:
    request = make_request(make_session("one", 0, 60, soc=0.8))
    twin = replace(request.sessions[0], vehicle=replace(request.sessions[0].vehicle))
    return request, make_plan(request, {}, sessions=(request.sessions[0], twin))


def unasked(**changes: object) -> Callable[[], Case]:
    def case() -> Case:
        request = make_request(make_session("one", 0, 60, soc=0.8, **changes))
        return request, make_plan(request, {}, sessions=request.sessions)

    return case


def foreign() -> Case:
    request = make_request(make_session("one", 0, 60, soc=0.8))
    return request, make_plan(request, {}, sessions=(*request.sessions, make_session("x", 0, 60, soc=0.8)))


def misnamed_occurrence() -> Case:
    request, plan = right.occurrences()
    stay = replace(plan.sessions[0], schedule_id="night@20260309T210000Z")
    return request, replace(plan, sessions=(stay,))


def over_the_horizon() -> Case:
    request = make_request(make_session("one", 2880, 2940, soc=0.8))
    return request, make_plan(request, {}, sessions=request.sessions)


def occurrence_over_a_dated_stay() -> Case:
    """A dated schedule of the same vehicle replaces the occurrence that it overlaps."""
    template = make_session("night", -10080, -9840, soc=0.8, source=("recurringSchedules", 0))
    stay = replace(template, schedule_id="night@20260309T200000Z", arrival_ms=at(0), departure_ms=at(240))
    dated = make_session("dated", 60, 120, soc=0.8, vehicle=template.vehicle)
    request = make_request(dated, recurring=(RecurringSession(template, "FREQ=WEEKLY"),))
    return request, make_plan(request, {}, sessions=(*request.sessions, stay))


def connector_site() -> Site:
    return make_site(stations=(Station("S1", 90.0, {"1": 45.0}),))


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


def demand_case() -> Case:
    return right.demand_windows()


def unnamed_shortfall() -> Case:
    request, plan = right.short_of_energy()
    return request, replace(plan, shortfalls=())


def false_shortfall() -> Case:
    request, plan = right.two_buses()
    _, short = right.short_of_energy()
    invented = replace(short.shortfalls[0], shortfall_kwh=0.0, planned_soc=0.8)
    return request, replace(plan, shortfalls=(invented,))


def shortfall(**changes: object) -> Callable[[], Case]:
    return tampered(
        right.short_of_energy,
        lambda plan: replace(plan, shortfalls=(replace(plan.shortfalls[0], **changes),)),
    )


def reason(code: str, start: float = 0, end: float = 30) -> Callable[[], Case]:
    return shortfall(reasons=(Reason(code, at(start), at(end)),))


def totals(base: Callable[[], Case], **changes: object) -> Callable[[], Case]:
    return tampered(base, lambda plan: replace(plan, totals=replace(plan.totals, **changes)))


def stage(base: Callable[[], Case], number: int, **values: object) -> Callable[[], Case]:
    return tampered(base, lambda plan: with_stage(plan, number, **values))


def other_strategy() -> Case:
    request, plan = right.as_soon_as_possible()
    return replace(request, strategy=Strategy.COST), plan


TAPER = right.TAPER
CAP_50 = StepSeries.constant(50.0)
BASE_OVER = make_site(base_load_kw=steps((0, 10), (15, 210), (30, 10)))
WINDOW = DemandCharge(12.5, 20.0, (Window(at(30), at(50)),))

WRONG: list[tuple[str, str, Callable[[], Case]]] = [
    ("columns of two lengths", "4.1 structure", tampered(right.two_buses, lambda plan: replace(
        plan, segments=replace(plan.segments, tags=plan.segments.tags[1:])))),
    ("rows of nobody", "4.1 structure", tampered(right.two_buses, lambda plan: replace(
        plan, segments=replace(plan.segments, first=plan.segments.first[:-1])))),
    ("a session without a row", "4.1 structure", tampered(right.two_buses, lambda plan: replace(
        plan, segments=replace(plan.segments, first=np.array([0, 0, plan.segments.start_ms.size]))))),
    ("no number", "4.1 structure", segment(right.two_buses, 0, power_kw=np.nan)),
    ("a segment that ends before it starts", "4.1 structure", segment(right.two_buses, 0, end_ms=at(-1))),
    ("a session left out", "4.1 sessions", dropped),
    ("a session twice", "4.1 sessions", doubled),
    ("a session from nowhere", "4.1 sessions", foreign),
    ("a vehicle that is not ours", "4.1 sessions", unasked(vehicle={"controllable": False, "max_power_kw": 0.0})),
    ("a session beyond the horizon", "4.1 sessions", over_the_horizon),
    ("an occurrence with another name", "4.1 sessions", misnamed_occurrence),
    ("an occurrence beside its dated stay", "4.1 sessions", occurrence_over_a_dated_stay),
    ("an occurrence with another target", "4.1 sessions", resessioned(right.occurrences, 0, priority=3.0)),
    ("another priority", "4.1 sessions", resessioned(right.two_buses, 0, priority=3.0)),
    ("another running plan", "4.1 sessions", resessioned(
        right.two_buses, 0, running_plan=(FixedSegment(at(0), at(1), 9.0),))),
    ("begins late", "4.1 coverage", segment(right.nobody_charges, 0, start_ms=at(0) + 1)),
    ("ends late", "4.1 coverage", segment(right.nobody_charges, 0, end_ms=at(120) + 1)),
    ("a gap", "4.1 coverage", segment(right.two_buses, 1, start_ms=at(15) + 1)),
    ("energy for another power", "4.1 energy", segment(right.two_buses, 0, energy_kwh=15.001)),
    ("another start", "4.1 soc", segment(right.nobody_charges, 0, start_soc=0.899, end_soc=0.899)),
    ("a jump", "4.1 soc", segment(right.two_buses, 1, start_soc=0.651, end_soc=0.651)),
    ("a battery that drains", "4.1 soc", segment(right.nobody_charges, 0, end_soc=0.895)),
    ("over the target", "4.1 target", one_bus((0, 45, 60))),
    ("over a target passed already", "4.1 target", one_bus((0, 15, 60), soc=0.9, target_soc=0.6)),
    ("more than the vehicle", "4.2 power", one_bus((0, 15, 60.01), (15, 30, 59.99))),
    ("more than the connector", "4.2 power", one_bus(
        (0, 30, 60), site=connector_site(), station_id="S1", connector_id="1")),
    ("over the curve at its end", "4.2 curve", one_bus((0, 15, 50), (15, 30, 46), (30, 37.5, 41), target_soc=0.8,
        vehicle={"charging_curve": TAPER}, reason="window", stay=(0, 37.5))),
    ("over the curve at a bend inside", "4.2 curve", one_bus(
        (0, 30, 60), vehicle={"charging_curve": ChargingCurve((0.0, 0.6, 1.0), (60.0, 59.0, 80.0))})),
    ("neither 0 nor the least", "4.2 least power", one_bus((0, 15, 9.9), target_soc=0.52475)),
    ("under the least by preconditioning's help", "4.2 least power", lambda: (
        request := make_request(make_session("one", 0, 30, preconditioning=WISH, target_soc=0.525)),
        make_plan(request, {"one": [(0, 30, 5)]}, warm={"one": (0, 18)}))),
    ("the least power of the curve's end", "4.2 least power", one_bus(
        (0, 15, 40), target_soc=0.6, vehicle={"charging_curve": TAPER, "min_power_kw": 55.0})),
    ("limited at full power", "4.2 flags", segment(right.two_buses, 0, limited=True, unlimited=False)),
    ("unlimited while paused", "4.2 flags", segment(right.two_buses, 1, unlimited=True, limited=False)),
    ("limited and unlimited", "4.2 flags", segment(right.two_buses, 0, limited=True)),
    ("nothing said", "4.2 flags", segment(right.two_buses, 0, unlimited=False)),
    ("a break for nothing", "4.2 breaks", one_bus((0, 15, 60), (15, 30, 60))),
    ("a pause where no piece ends", "4.2 pieces", one_bus((0, 15, 60), (20, 35, 60))),
    ("a change at another's bulk mark", "4.2 pieces", one_bus((0, 15, 60), (15, 22, 50), (22, 45, 10), target_soc=0.7466667)),
    ("bulk above the mark", "4.2 tags", segment(right.nobody_charges, 0, tags=Tag.BULK)),
    ("two tags that exclude each other", "4.2 tags", segment(right.nobody_charges, 0, tags=Tag.BULK | Tag.TARGET)),
    ("no tag", "4.2 tags", segment(right.nobody_charges, 0, tags=0)),
    ("below the minimum and silent", "4.2 tags", tampered(
        one_bus((0, 30, 60), minimum_soc=0.8), lambda plan: with_segment(plan, 0, tags=Tag.BULK))),
    ("minimum above it", "4.2 tags", segment(right.nobody_charges, 0, tags=Tag.TARGET | Tag.MINIMUM)),
    ("into the margin", "4.3 window", one_bus((15, 45, 60), stay=(0, 60), margin_ms=20 * MINUTE_MS)),
    ("more than the site's cap", "4.4 site-cap", one_bus(
        (0, 30, 60), site=make_site(power_cap_kw=StepSeries.constant(76.66)))),
    ("over a cap that falls inside a slot", "4.4 site-cap", one_bus(
        (0, 30, 60), site=make_site(power_cap_kw=steps((0, 200), (20, 76), (20.001, 200))))),
    ("more than the group's cap", "4.4 group-cap", one_bus(
        (0, 30, 60), site=group_site((Group("g", None, CAP_50, ("S1",)),)), station_id="S1")),
    ("more than a group far above", "4.4 group-cap", one_bus((0, 30, 60), station_id="S1", site=group_site((
        Group("leaf", "middle", StepSeries.constant(500.0), ("S1",)),
        Group("middle", "top", StepSeries.constant(500.0), ()), Group("top", None, CAP_50, ()))))),
    ("a group's cap that falls", "4.4 group-cap", one_bus(
        (0, 30, 60), site=group_site((Group("g", None, steps((0, 500), (15, 50)), ("S1",)),)), station_id="S1")),
    ("more than the station", "4.4 station", station_shared),
    ("beside a vehicle not ours", "4.4 site-cap", through_the_night_of_another),
    ("beside a vehicle not ours on its curve", "4.4 site-cap", along_the_curve_of_another),
    ("charging where base load is over the cap", "4.4 site-cap", one_bus((0, 30, 60), site=BASE_OVER)),
    ("base load over the cap and silent", "4 immovable", one_bus((30, 60, 60), site=BASE_OVER)),
    ("a pause of one that cannot", "4.5 no-pause", one_bus((0, 15, 60), (30, 45, 60), vehicle={"pausable": False})),
    ("a pause that rule 4 explains, unsaid", "4.5 no-pause", unsaid_no_pause),
    ("a pause said to be forced, with room", "4.5 no-pause", broken_for_nothing),
    ("was charging and stops", "4.5 no-pause", one_bus(
        (15, 45, 60), stay=(-15, 120), charging_now=True, vehicle={"pausable": False})),
    ("was charging and never goes on", "4.5 no-pause", one_bus(
        stay=(-15, 120), charging_now=True, vehicle={"pausable": False}, reason="no-pause")),
    ("a short run", "4.5 min-run", one_bus((0, 15, 60), (30, 45, 60), asked={"min_run_minutes": 15.1})),
    ("too many pauses", "4.5 max-pauses", one_bus((0, 15, 60), (30, 45, 60), asked={"max_pauses": 0})),
    ("a pause from now on", "4.5 max-pauses", one_bus(
        (15, 45, 60), stay=(-15, 120), charging_now=True, asked={"max_pauses": 0})),
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
    ("another peak", "3 totals", totals(right.two_buses, peak_kw=76.0)),
    ("another energy", "3 totals", totals(right.two_buses, energy_kwh=1.0)),
    ("another energy cost", "3 totals", totals(right.two_buses, energy_cost=1.0)),
    ("another demand cost", "3 totals", totals(right.demand_windows, demand_cost=0.0)),
    ("another carbon", "3 totals", totals(right.carbon, carbon_kg=1.0)),
    ("carbon without intensity", "3 totals", totals(right.two_buses, carbon_kg=1.0)),
    ("no peak at all", "3 totals", totals(right.two_buses, peak_kw=float("nan"))),
    ("another load", "3 slots", tampered(right.two_buses, lambda plan: with_slot(plan, 1, load_kw=9.9))),
    ("another base load", "3 slots", tampered(right.two_buses, lambda plan: with_slot(plan, 1, base_load_kw=9.9))),
    ("another cap", "3 slots", tampered(right.two_buses, lambda plan: with_slot(plan, 1, power_cap_kw=201.0))),
    ("another price", "3 slots", tampered(right.carbon, lambda plan: with_slot(plan, 7, price_per_kwh=-0.1))),
    ("another slot", "3 slots", tampered(right.two_buses, lambda plan: with_slot(plan, 1, start_ms=at(16)))),
    ("a shortfall unnamed", "3 shortfalls", unnamed_shortfall),
    ("a shortfall invented", "3 shortfalls", false_shortfall),
    ("a shortfall of nobody", "3 shortfalls", tampered(right.short_of_energy, lambda plan: replace(
        plan, shortfalls=(*plan.shortfalls, replace(plan.shortfalls[0], session=7))))),
    ("a shortfall twice", "3 shortfalls", tampered(
        right.short_of_energy, lambda plan: replace(plan, shortfalls=plan.shortfalls * 2))),
    ("less short than true", "3 shortfalls", shortfall(shortfall_kwh=14.9)),
    ("another planned SoC", "3 shortfalls", shortfall(planned_soc=0.66)),
    ("no reason", "4 reasons", shortfall(reasons=())),
    ("an unknown reason", "4 reasons", reason("weather")),
    ("frozen and not", "4 reasons", reason("frozen")),
    ("a group that is not there", "4 reasons", reason("group-cap:g")),
    ("a reason at another time", "4 reasons", reason("window", 0, 31)),
    ("less missing below minimum than true", "3 stages", stage(right.short_of_energy, 0, value=9.0)),
    ("less missing than true", "3 stages", stage(right.short_of_energy, 1, value=14.0)),
    ("another cost", "3 stages", stage(right.demand_windows, 2, value=400.0)),
    ("another peak as value", "3 stages", stage(right.lowest_peak, 2, value=43.0)),
    ("another sum of delays", "3 stages", stage(right.as_soon_as_possible, 2, value=8.0)),
    ("other grams", "3 stages", stage(right.carbon, 2, value=5.0)),
    ("an unknown want", "3 stages", stage(right.two_buses, 2, name="beauty")),
    ("another strategy", "3 stages", other_strategy),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "case"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_plan_breaks_that_rule_and_no_other(rule: str, case: Callable[[], Case]) -> None:
    """The breach is found, it is the right one, it says where, and nothing else is blamed."""
    request, plan = case()
    breaches = check_plan(request, plan)
    assert {breach.rule for breach in breaches} == {rule}, breaches
    assert all(breach.where and breach.message for breach in breaches)
