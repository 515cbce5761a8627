"""A request laid out as arrays."""

import pytest

from optimiser.domain import DemandCharge, FixedSegment, Group, Station, Window
from optimiser.series import StepSeries
from tests.optimiser.builders import a_problem, a_session, a_site, at


def cells(problem) -> list[tuple[int, int, float]]:
    columns = problem.cell_session, problem.cells.piece, problem.cells.upper_kwh
    return [(int(i), int(j), round(float(kwh), 9)) for i, j, kwh in zip(*columns, strict=True)]


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        (a_session(leaves_h=2), [(0, 0, 20.0), (0, 1, 20.0)]),
        (a_session(arrives_h=-3, leaves_h=1), [(0, 0, 20.0)]),
        (a_session(arrives_h=0.5, leaves_h=1), [(0, 1, 10.0)]),
        (a_session(leaves_h=1, margin_ms=1_800_000), [(0, 0, 10.0)]),
        (a_session(leaves_h=1, margin_ms=9_000_000), []),  # the margin is longer than the stay
        (a_session(leaves_h=1, need_kwh=0.0), []),
        (a_session(leaves_h=1, need_kwh=-10.0), []),  # it starts above its target
        (a_session(leaves_h=1, frozen=()), []),
        (a_session(leaves_h=1 / 3_600_000), [(0, 0, round(20 / 3_600_000, 9))]),  # one millisecond
    ],
)
def test_there_are_cells_in_the_window_and_no_others(session, expected) -> None:
    """From the later of arrival and now until departure less margin, at the largest power."""
    assert cells(a_problem(session)) == expected


def test_needs_are_counted_from_the_soc_up_to_the_target() -> None:
    """The part below the minimum stops at the target; above it nothing is needed."""
    sessions = (
        a_session("plain", minimum_soc=0.3),
        a_session("low target", need_kwh=5.0, minimum_soc=0.9),
        a_session("full", need_kwh=-10.0, minimum_soc=0.9),
        a_session("frozen", frozen=()),
    )
    problem = a_problem(*sessions)
    assert problem.need_kwh == pytest.approx([40, 5, 0, 0])
    assert problem.minimum_need_kwh == pytest.approx([10, 5, 0, 0])


def test_caps_are_turned_into_room_on_the_dc_side() -> None:
    """0.9 x (100 - 10) less 20 kW that cannot be moved; base load over the cap leaves none, and is named."""
    site = a_site(cap_kw=[(0, 100.0), (1, 5.0)], base_kw=10.0, ratio=0.9)
    stranger = a_session("stranger", leaves_h=1, controllable=False)
    problem = a_problem(a_session(leaves_h=2), stranger, site=site)
    assert problem.limits[0].room_kwh == pytest.approx([61, 0])
    assert problem.limits[0].overloaded.tolist() == [False, True]
    assert problem.immovable_kw == pytest.approx([10 + 20 / 0.9, 10])


def test_groups_cover_the_stations_below_them() -> None:
    """The outer feeder counts the inner one's stations too; a station's own limit is DC."""
    caps = StepSeries.constant(50.0), StepSeries.constant(30.0)
    groups = (Group("outer", None, caps[0], ("s",)), Group("inner", "outer", caps[1], ("n",)))
    site = a_site(ratio=0.9, groups=groups, stations=(Station("n", 15.0, {}), Station("s", None, {})))
    there = [a_session(name, leaves_h=1, station_id=name) for name in ("n", "s")]
    limits = {x.limit_id: x for x in a_problem(*there, a_session("x", leaves_h=1), site=site).limits}
    assert {name: limit.members.tolist() for name, limit in limits.items()} == {
        "site": [True, True, True],
        "group:outer": [True, True, False],
        "group:inner": [True, False, False],
        "station:n": [True, False, False],
    }
    assert [float(limits[n].room_kwh[0]) for n in ("group:outer", "station:n")] == pytest.approx([45, 15])


def test_a_connector_below_the_least_power_gives_nothing() -> None:
    """4 kW are not 10."""
    site = a_site(stations=(Station("n", None, {"1": 4.0}),))
    session = a_session(min_kw=10.0, station_id="n", connector_id="1")
    assert a_problem(session, site=site).max_power_kw.tolist() == [0.0]


def test_prices_and_carbon_are_per_dc_kwh() -> None:
    """AC kWh are dearer by the conversion; grams become kg."""
    site = a_site(price=0.09, ratio=0.9, carbon_g_per_kwh=StepSeries.constant(450.0))
    problem = a_problem(site=site)
    assert problem.price_per_kwh[0] == pytest.approx(0.1)
    assert problem.carbon_kg_per_kwh[0] == pytest.approx(0.5)


def test_the_demand_charge_counts_in_its_windows() -> None:
    """Everywhere where there are none."""
    windowed = DemandCharge(2.0, 30.0, (Window(at(1), at(2)), Window(at(3), at(4))))
    assert a_problem(site=a_site(demand_charge=windowed)).demand.counts.tolist() == [False, True, False, True]
    assert a_problem(site=a_site(demand_charge=DemandCharge(2.0))).demand.counts.all()


def test_only_who_has_come_can_be_charging() -> None:
    """A session of tomorrow is not, whatever its transaction says; a frozen one has no cells."""
    sessions = [a_session("here", -1, charging_now=True), a_session("later", 1, charging_now=True)]
    assert a_problem(*sessions).charging_now.tolist() == [True, False]
    given = a_session("given", frozen=(FixedSegment(at(0), at(1), 7.0),))
    assert a_problem(given).immovable_kw.tolist() == [7, 0, 0, 0]


def test_sums_over_cells_are_kept_apart_by_session_and_piece() -> None:
    """Two visits of one vehicle are two sessions."""
    problem = a_problem(a_session("am", 0, 2), a_session("pm", 2, 3))
    energy = problem.cells.upper_kwh / 2
    assert problem.delivered_kwh(energy).tolist() == [20, 10]
    assert problem.load_kw(energy).tolist() == [10, 10, 10]
    assert problem.used_kwh(problem.limits[0], energy).tolist() == [10, 10, 10]


def test_what_a_session_could_get_alone_is_its_need_or_what_its_window_lets_through() -> None:
    """20 kW: two hours are enough for 30 kWh, one is not."""
    problem = a_problem(a_session("enough", 0, 2, need_kwh=30.0), a_session("short", 0, 1, need_kwh=30.0))
    assert problem.alone_kwh.tolist() == [30.0, 20.0]
    assert not problem.windows_suffice
    assert a_problem(a_session(leaves_h=2, need_kwh=30.0)).windows_suffice


def test_lower_bounds_are_held_per_session() -> None:
    """None at first."""
    problem = a_problem(a_session("am", 0, 2), a_session("pm", 2, 3))
    assert problem.held_kwh.tolist() == [0, 0]
    upper = problem.cells.upper_kwh
    assert problem.with_bounds(upper / 4, upper).held_kwh.tolist() == [10, 5]
