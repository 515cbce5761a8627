"""Load that the planner cannot move."""

from dataclasses import replace

from optimiser.domain import FixedSegment, Station
from optimiser.fixed_load import fixed_loads
from tests.optimiser.builders import NOW_MS, a_request, a_session, a_site, at


def spans(*sessions, **changes) -> list[tuple[int, int, float]]:
    request = a_request(*sessions, **changes)
    loads = fixed_loads(request, request.sessions)
    return [(load.start_ms - NOW_MS, load.end_ms - NOW_MS, load.power_kw) for load in loads]


def test_a_vehicle_that_is_not_ours_charges_at_its_most_from_arrival() -> None:
    """40 kWh at 20 kW are two hours; the stay cuts them."""
    assert spans(a_session(arrives_h=1, controllable=False)) == [(3_600_000, 10_800_000, 20.0)]
    assert spans(a_session(leaves_h=1.5, controllable=False)) == [(0, 5_400_000, 20.0)]


def test_it_takes_no_more_than_its_connector_and_station_let_through() -> None:
    """10 kW at the connector: four hours."""
    site = a_site(stations=(Station("north", 16.0, {"1": 10.0}),))
    session = a_session(leaves_h=9, controllable=False, station_id="north", connector_id="1")
    assert spans(session, site=site) == [(0, 14_400_000, 10.0)]
    assert spans(replace(session, connector_id=None), site=site) == [(0, 9_000_000, 16.0)]


def test_under_way_it_goes_on_from_now() -> None:
    """The SoC of a session is that at now."""
    assert spans(a_session(arrives_h=-1, controllable=False)) == [(0, 7_200_000, 20.0)]


def test_one_that_needs_nothing_and_one_that_is_ours_are_no_load() -> None:
    """Segments of no length are left out."""
    assert spans(a_session(need_kwh=0.0, controllable=False), a_session("ours")) == []


def test_a_frozen_plan_is_cut_to_what_is_to_come() -> None:
    """What lies before now, and pauses, draw nothing."""
    given = (
        FixedSegment(at(-2), at(-1), 9.0),
        FixedSegment(at(-1), at(1), 8.0),
        FixedSegment(at(1), at(2), 0.0),
    )
    assert spans(a_session(frozen=given)) == [(0, 3_600_000, 8.0)]
