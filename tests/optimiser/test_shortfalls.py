"""Who leaves short, and what stood in the way."""

import pytest

from optimiser.domain import FixedSegment, Group, Station
from optimiser.plan import Shortfall
from optimiser.planner import plan_site
from optimiser.series import StepSeries
from tests.optimiser.builders import a_request, a_session, a_site, at

GAP = [(0, 20.0), (1, 0.0), (2, 20.0)]
NORTH = {"station_id": "north", "connector_id": "1"}


def shortfalls(*sessions, **site) -> tuple[Shortfall, ...]:
    return plan_site(a_request(*sessions, site=a_site(**site))).shortfalls


def codes(*sessions, **site) -> list[list[str]]:
    return [[reason.code for reason in short.reasons] for short in shortfalls(*sessions, **site)]


@pytest.mark.parametrize(
    ("session", "site", "expected"),
    [
        (a_session(), {}, []),
        (a_session(need_kwh=80.05, leaves_h=4), {}, []),  # 0.05 points are reached
        (a_session(need_kwh=80.1, leaves_h=4), {}, [["window"]]),
        (a_session(margin_ms=99_999_999), {}, [["window"]]),
        (a_session(), {"cap_kw": 5.0}, [["site-cap"]]),
        (a_session(leaves_h=1), {"cap_kw": 5.0}, [["window", "site-cap"]]),
        (a_session(**NORTH), {"stations": (Station("north", None, {"1": 5.0}),)}, [["connector"]]),
        (a_session(**NORTH, min_kw=6.0), {"stations": (Station("north", 5.0, {}),)}, [["connector"]]),
        (
            a_session(**NORTH),
            {"groups": (Group("g", None, StepSeries.constant(5.0), ("north",)),)},
            [["group-cap:g"]],
        ),
        (a_session(min_kw=10.0), {"cap_kw": 9.0}, [["min-power"]]),
        (a_session(leaves_h=3, pausable=False), {"cap_kw": GAP}, [["site-cap", "no-pause"]]),
        (a_session(frozen=(FixedSegment(at(0), at(1), 20.0),)), {}, [["frozen"]]),
    ],
)
def test_a_shortfall_names_what_stood_in_the_way(session, site, expected) -> None:
    """Alone on its site, so that only one thing can."""
    assert [sorted(set(reasons)) for reasons in codes(session, **site)] == [sorted(r) for r in expected]


def test_a_reason_says_when_it_bit() -> None:
    """The cap is used up in the second and third hour only."""
    (short,) = shortfalls(a_session(need_kwh=70.0), cap_kw=[(0, 99.0), (1, 10.0), (3, 99.0)])
    (reason,) = short.reasons
    assert (reason.code, reason.start_ms, reason.end_ms) == ("site-cap", at(1), at(3))
    assert short.shortfall_kwh == pytest.approx(10.0)
    assert short.planned_soc == pytest.approx(0.8)


def test_a_vehicle_that_charges_and_has_no_room_to_go_on_says_so() -> None:
    """It cannot pause, so it is not begun again."""
    bus = a_session("bus", -1, pausable=False, charging_now=True, min_kw=5.0)
    assert "no-pause" in codes(bus, cap_kw=[(0, 0.0), (1, 99.0)])[0]


def test_a_run_that_cannot_last_long_enough_is_not_begun() -> None:
    """Two hours of room, three asked, and no target in reach."""
    request = a_request(a_session(), site=a_site([(0, 99.0), (1.5, 0.0)]), min_run_minutes=180)
    (short,) = plan_site(request).shortfalls
    assert {reason.code for reason in short.reasons} >= {"no-pause"}
    assert short.planned_soc == pytest.approx(0.2)


def test_only_who_is_short_is_named() -> None:
    """By its place among the sessions."""
    late = a_session("late", 3.5, 4)
    assert [short.session for short in shortfalls(a_session("fine"), late)] == [1]
