"""Slots on the clock, pieces wherever power may change."""

from optimiser.domain import DemandCharge, Window
from tests.optimiser.builders import NOW_MS, a_problem, a_series, a_session, a_site, at


def hours_of(edges) -> list[float]:
    return [round((int(edge) - NOW_MS) / 3_600_000, 6) for edge in edges]


def test_slots_are_clock_aligned_although_now_is_not() -> None:
    """From 16:20 in hours: the first slot is 40 min long, the last ends with the last departure."""
    grid = a_problem(a_session(leaves_h=2.5), now_ms=at(1 / 3)).grid
    assert hours_of(grid.slot_edges_ms) == [0.333333, 1, 2, 2.5]


def test_every_edge_of_site_and_stay_is_an_edge_of_pieces() -> None:
    """Cap, base load, price, demand window, arrival, and departure less margin."""
    site = a_site(
        cap_kw=[(0, 9.0), (0.1, 8.0)],
        base_kw=[(0, 1.0), (0.2, 2.0)],
        price=[(0, 1.0), (0.3, 2.0)],
        demand_charge=DemandCharge(1.0, windows=(Window(at(0.4), at(0.5)),)),
    )
    session = a_session(arrives_h=0.6, leaves_h=0.9, margin_ms=360_000)
    assert hours_of(a_problem(session, site=site).grid.piece_edges_ms) == [
        0,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.8,
        1,
    ]


def test_a_piece_may_be_a_millisecond_long() -> None:
    """A price that changes a millisecond after the hour."""
    site = a_site(price=[(0, 1.0), (1 + 1 / 3_600_000, 2.0)])
    grid = a_problem(a_session(leaves_h=2), site=site).grid
    assert (grid.piece_edges_ms - NOW_MS).tolist() == [0, 3_600_000, 3_600_001, 7_200_000]
    assert grid.first_piece_of_slot.tolist() == [0, 1]


def test_series_past_their_end_make_no_edges_but_prices_repeat() -> None:
    """A cap holds on; an hour of two prices makes an edge every half hour."""
    site = a_site(cap_kw=a_held_cap(), price=0.0)
    assert hours_of(a_problem(a_session(leaves_h=2), site=site).grid.piece_edges_ms) == [0, 1, 2]
    prices = a_series([(0, 1.0), (0.5, 2.0)], end_h=1)
    grid = a_problem(a_session(leaves_h=2), site=a_site(price_per_kwh=prices)).grid
    assert hours_of(grid.piece_edges_ms) == [0, 0.5, 1, 1.5, 2]


def a_held_cap() -> list[tuple[float, float]]:
    return [(-1, 50.0)]


def test_a_plan_is_a_slot_long_at_least() -> None:
    """Also where everybody has left before."""
    assert hours_of(a_problem(a_session(leaves_h=0.25)).grid.slot_edges_ms) == [0, 1]
