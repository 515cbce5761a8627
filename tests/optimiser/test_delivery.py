"""Who gets how much where not everybody can have all."""

from dataclasses import replace

import pytest

from optimiser.cuts import free_kwh
from optimiser.delivery import decide_delivery
from optimiser.domain import Station
from optimiser.engines.highs import HighsEngine
from optimiser.taper import reach_kwh
from tests.optimiser.builders import a_problem, a_session, a_site
from tests.optimiser.engines.depots import a_depot
from tests.properties.reference_fair import fair_energies


def delivered(*sessions, cap_kw=10.0, **site) -> list[float]:
    """Energies in an hour (unless the sessions say otherwise) under a cap."""
    problem = a_problem(*sessions, site=a_site(cap_kw, **site))
    return decide_delivery(HighsEngine(), problem).energy_kwh.tolist()


def delivered_in_all(*sessions, cap_kw: float) -> list[float]:
    """The same as a whole plan decides it: nobody may get more than the stay allows alone."""
    problem = a_problem(*sessions, site=a_site(cap_kw))
    return decide_delivery(HighsEngine(), problem, reach_kwh(problem)).energy_kwh.tolist()


def hour(name: str, need_kwh: float, **changes):
    """A bus that stands for one hour."""
    return a_session(name, leaves_h=1, need_kwh=need_kwh, **changes)


def test_a_shortfall_is_shared_in_soc_points() -> None:
    """10 kWh for needs of 9 and 5 of equal batteries: both are 2 short."""
    assert delivered(hour("a", 9), hour("b", 5)) == pytest.approx([7, 3])


def test_points_and_not_kwh_are_equal() -> None:
    """A battery three times as large is three times as short: 15 + 15 - 10 = 20 = 5 + 15."""
    large = hour("large", 15)
    large = replace(
        large, vehicle=replace(large.vehicle, battery_capacity_kwh=300.0), soc=0.2, target_soc=0.25
    )
    assert delivered(hour("small", 15), large) == pytest.approx([10, 0])


def test_nobody_is_left_with_less_than_nothing() -> None:
    """Needs of 20 and 2 under 10 kW: the small one would be 6 short, but has only 2 to lose."""
    assert delivered(hour("a", 20), hour("b", 2)) == pytest.approx([10, 0])


def test_who_is_short_by_the_own_window_takes_nobody_along() -> None:
    """`late` takes all of the last quarter, the others share the 9 kWh before it evenly."""
    late = a_session("late", 0.75, 1.0, need_kwh=50.0, max_kw=20.0)
    assert delivered(late, hour("a", 9), hour("b", 5), cap_kw=12.0) == pytest.approx([3, 6.5, 2.5])


def test_who_is_short_by_the_own_window_is_not_made_shorter_for_others() -> None:
    """Half an hour at 20 kW are 10 of 18 kWh; the other is 4 short alone, which is less than those 8."""
    short = a_session("short", 0.5, 1.0, need_kwh=18.0, max_kw=20.0)
    assert delivered_in_all(short, hour("free", 18, max_kw=40.0), cap_kw=24.0) == pytest.approx([10.0, 14.0])


def test_below_the_minimum_comes_before_the_target() -> None:
    """Evenly they had 5 each; but 6 belong to b's minimum."""
    b = hour("b", 20, minimum_soc=0.26)
    assert delivered(hour("a", 20), b) == pytest.approx([4, 6])


def test_priority_is_served_first_within_each_want() -> None:
    """All to the higher one; but a minimum goes before any target, whatever its priority."""
    assert delivered(hour("low", 9), hour("high", 9, priority=1.0)) == pytest.approx([1, 9])
    low = hour("low", 9, minimum_soc=0.24)
    assert delivered(low, hour("high", 9, priority=1.0)) == pytest.approx([4, 6])


def test_serving_a_priority_never_lowers_the_total() -> None:
    """The high one takes the hour that only it can use, and leaves the other one alone."""
    high = a_session("high", 0, 2, need_kwh=10, max_kw=10, priority=1.0)
    low = a_session("low", 1, 2, need_kwh=10, max_kw=10)
    assert delivered(low, high) == pytest.approx([10, 10])


def test_fair_shares_heed_every_limit() -> None:
    """Two behind one power unit of 4 kW, the third has the rest of the site: levels of its own."""
    stations = (Station("n", 4.0, {}),)
    pair = [hour(name, 9, max_kw=4.0, station_id="n") for name in "ab"]
    assert delivered(*pair, hour("c", 9), stations=stations) == pytest.approx([2, 2, 6])


def test_a_cut_proves_the_total() -> None:
    """At prices 0 or 1 nobody can take anything past the full hour."""
    problem = a_problem(hour("a", 9), hour("b", 5), site=a_site(10.0))
    cut = decide_delivery(HighsEngine(), problem).target_cut
    assert cut.limits[0].tolist() == [1.0]
    assert free_kwh(problem, cut).tolist() == [0.0, 0.0]


def test_a_cap_of_nothing_serves_nobody() -> None:
    """Every level is the whole need."""
    assert delivered(hour("a", 9), hour("b", 5), cap_kw=0.0) == pytest.approx([0, 0])


def test_a_piece_of_a_millisecond_costs_nobody_anything() -> None:
    """Rounding in tiny pieces once ended the search at a share that left 5 kWh of 320 undelivered."""
    problem = a_depot(51, 14, slack=0.8, odd_ms=True)
    energy = decide_delivery(HighsEngine(), problem, reach_kwh(problem)).energy_kwh
    assert energy == pytest.approx(fair_energies(problem), abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_free_outside_a_cut_is_the_sum_over_cells(seed: int) -> None:
    """Under the site alone it is worked out from windows; elsewhere from all cells."""
    problem = a_depot(seed, 20, slack=0.6)
    cut = HighsEngine().most(problem, problem.need_kwh).prices
    assert cut.limits.any()
    by_cell = replace(problem, window_kwh=None)
    assert free_kwh(problem, cut) == pytest.approx(free_kwh(by_cell, cut), abs=1e-9)
