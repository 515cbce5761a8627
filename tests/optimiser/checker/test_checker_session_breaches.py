"""One thing wrong in one session (rules 1 to 3): the checker names that rule and no other."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from optimiser.domain import (
    ChargingCurve,
    FixedSegment,
    Preconditioning,
    RecurringSession,
    Site,
    Station,
)
from optimiser.plan import Plan, Reason, Tag
from tests.optimiser.checker import test_checker_right_plans as right
from tests.optimiser.checker.builders import (
    MINUTE_MS,
    at,
    make_plan,
    make_request,
    make_session,
    make_site,
    with_segment,
)
from tests.optimiser.checker.tampering import Case, assert_breaks_only, one_bus, segment, tampered

WISH = Preconditioning(9.0, 30 * MINUTE_MS)


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


def shortfall(**changes: object) -> Callable[[], Case]:
    return tampered(
        right.short_of_energy,
        lambda plan: replace(plan, shortfalls=(replace(plan.shortfalls[0], **changes),)),
    )


def reason(code: str, start: float = 0, end: float = 30) -> Callable[[], Case]:
    return shortfall(reasons=(Reason(code, at(start), at(end)),))


TAPER = right.TAPER


WRONG: list[tuple[str, str, Callable[[], Case]]] = [
    (
        "columns of two lengths",
        "4.1 structure",
        tampered(
            right.two_buses,
            lambda plan: replace(plan, segments=replace(plan.segments, tags=plan.segments.tags[1:])),
        ),
    ),
    (
        "rows of nobody",
        "4.1 structure",
        tampered(
            right.two_buses,
            lambda plan: replace(plan, segments=replace(plan.segments, first=plan.segments.first[:-1])),
        ),
    ),
    (
        "a session without a row",
        "4.1 structure",
        tampered(
            right.two_buses,
            lambda plan: replace(
                plan, segments=replace(plan.segments, first=np.array([0, 0, plan.segments.start_ms.size]))
            ),
        ),
    ),
    ("no number", "4.1 structure", segment(right.two_buses, 0, power_kw=np.nan)),
    ("a segment that ends before it starts", "4.1 structure", segment(right.two_buses, 0, end_ms=at(-1))),
    ("a session left out", "4.1 sessions", dropped),
    ("a session twice", "4.1 sessions", doubled),
    ("a session from nowhere", "4.1 sessions", foreign),
    (
        "a vehicle that is not ours",
        "4.1 sessions",
        unasked(vehicle={"controllable": False, "max_power_kw": 0.0}),
    ),
    ("a session beyond the horizon", "4.1 sessions", over_the_horizon),
    ("an occurrence with another name", "4.1 sessions", misnamed_occurrence),
    ("an occurrence beside its dated stay", "4.1 sessions", occurrence_over_a_dated_stay),
    ("an occurrence with another priority", "4.1 sessions", resessioned(right.occurrences, 0, priority=3.0)),
    ("another priority", "4.1 sessions", resessioned(right.two_buses, 0, priority=3.0)),
    (
        "another running plan",
        "4.1 sessions",
        resessioned(right.two_buses, 0, running_plan=(FixedSegment(at(0), at(1), 9.0),)),
    ),
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
    (
        "more than the connector",
        "4.2 power",
        one_bus((0, 30, 60), site=connector_site(), station_id="S1", connector_id="1"),
    ),
    (
        "over the curve at its end",
        "4.2 curve",
        one_bus(
            (0, 15, 50),
            (15, 30, 46),
            (30, 37.5, 41),
            target_soc=0.8,
            vehicle={"charging_curve": TAPER},
            reason="window",
            stay=(0, 37.5),
        ),
    ),
    (
        "over the curve at a bend inside",
        "4.2 curve",
        one_bus((0, 30, 60), vehicle={"charging_curve": ChargingCurve((0.0, 0.6, 1.0), (60.0, 59.0, 80.0))}),
    ),
    ("neither 0 nor the least", "4.2 least power", one_bus((0, 15, 9.9), target_soc=0.52475)),
    (
        "under the least by preconditioning's help",
        "4.2 least power",
        lambda: (
            request := make_request(make_session("one", 0, 30, preconditioning=WISH, target_soc=0.525)),
            make_plan(request, {"one": [(0, 30, 5)]}, warm={"one": (0, 18)}),
        ),
    ),
    (
        "the least power of the curve's end",
        "4.2 least power",
        one_bus((0, 15, 40), target_soc=0.6, vehicle={"charging_curve": TAPER, "min_power_kw": 55.0}),
    ),
    ("limited at full power", "4.2 flags", segment(right.two_buses, 0, limited=True, unlimited=False)),
    ("unlimited while paused", "4.2 flags", segment(right.two_buses, 1, unlimited=True, limited=False)),
    ("limited and unlimited", "4.2 flags", segment(right.two_buses, 0, limited=True)),
    ("nothing said", "4.2 flags", segment(right.two_buses, 0, unlimited=False)),
    ("a break for nothing", "4.2 breaks", one_bus((0, 15, 60), (15, 30, 60))),
    ("a pause where no piece ends", "4.2 pieces", one_bus((0, 15, 60), (20, 35, 60))),
    (
        "a change at another's bulk mark",
        "4.2 pieces",
        one_bus((0, 15, 60), (15, 22, 50), (22, 45, 10), target_soc=0.7466667),
    ),
    ("bulk above the mark", "4.2 tags", segment(right.nobody_charges, 0, tags=Tag.BULK)),
    (
        "two tags that exclude each other",
        "4.2 tags",
        segment(right.nobody_charges, 0, tags=Tag.BULK | Tag.TARGET),
    ),
    ("no tag", "4.2 tags", segment(right.nobody_charges, 0, tags=0)),
    (
        "below the minimum and silent",
        "4.2 tags",
        tampered(one_bus((0, 30, 60), minimum_soc=0.8), lambda plan: with_segment(plan, 0, tags=Tag.BULK)),
    ),
    ("minimum above it", "4.2 tags", segment(right.nobody_charges, 0, tags=Tag.TARGET | Tag.MINIMUM)),
    ("into the margin", "4.3 window", one_bus((15, 45, 60), stay=(0, 60), margin_ms=20 * MINUTE_MS)),
]


@pytest.mark.parametrize(("rule", "case"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_plan_breaks_that_rule_and_no_other(rule: str, case: Callable[[], Case]) -> None:
    """One thing is wrong, and the checker names that rule and blames nothing else."""
    assert_breaks_only(rule, case())
