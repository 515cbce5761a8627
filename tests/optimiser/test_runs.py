"""One vehicle's best run and best spread at given prices."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.runs import Run, cheapest_run, cheapest_spread

PRICES = np.array([3.0, 1.0, 2.0, 5.0])
LOW, HIGH = np.full(4, 2.0), np.full(4, 10.0)


def best(energy_kwh: float, *, price=PRICES, low_kwh=LOW, high_kwh=HIGH, **rules) -> Run | None:
    return cheapest_run(price, low_kwh, high_kwh, energy_kwh, **rules)


@pytest.mark.parametrize(
    ("energy", "expected"),
    [
        (10.0, [0, 10, 0, 0]),
        (15.0, [0, 10, 5, 0]),
        (21.0, [2, 10, 9, 0]),  # the last piece of the run is cheaper than the first: at its most there
        (1.0, [0, 1, 0, 0]),  # less than the least for a whole piece: it ends inside it
        (99.0, [10, 10, 10, 10]),  # as much as any run can take
    ],
)
def test_a_run_takes_its_least_everywhere_and_the_rest_where_it_is_cheap(energy, expected) -> None:
    """The cheapest of all spans."""
    assert best(energy).energy_kwh.tolist() == expected


def test_a_vehicle_that_charges_goes_on_from_the_first_piece() -> None:
    """Although it is dear; and not at all where there is no room."""
    assert best(10.0, from_first=True).energy_kwh.tolist() == [2, 8, 0, 0]
    assert best(10.0, high_kwh=np.array([1.0, 10, 10, 10]), from_first=True) is None


def test_a_piece_without_room_for_the_least_power_parts_the_window() -> None:
    """12 kWh no longer fit before it, so they go where 12 do."""
    blocked = np.array([10.0, 1.0, 10.0, 10.0])
    assert best(12.0, high_kwh=blocked).energy_kwh.tolist() == [0, 0, 10, 2]


def test_only_a_run_that_meets_its_target_may_end_inside_a_piece() -> None:
    """1 kWh of a target farther away is not worth a run at 2 kW."""
    assert best(1.0, ends_early=False) is None
    assert best(2.0, ends_early=False).energy_kwh.tolist() == [0, 2, 0, 0]


def test_a_window_is_filled_to_the_brim_in_spite_of_the_last_digit() -> None:
    """Least equals most, and the energy is a rounding less than all of it."""
    full = np.array([0.1, 0.2, 0.3])
    run = cheapest_run(np.ones(3), full, full, float(full.sum()) - 4e-16, ends_early=False)
    assert run.energy_kwh.sum() == pytest.approx(0.6)


@pytest.mark.parametrize(
    "arrays", [{"high_kwh": np.zeros(4)}, dict.fromkeys(("price", "low_kwh", "high_kwh"), np.zeros(0))]
)
def test_where_nothing_can_be_taken_there_is_no_run(arrays) -> None:
    """No room, or no window at all; and no run for no energy."""
    assert best(5.0, **arrays) is None
    assert best(0.0) is None


def test_among_equals_the_earliest_and_shortest_wins() -> None:
    """At one price everywhere."""
    assert best(20.0, price=np.ones(4)).energy_kwh.tolist() == [10, 10, 0, 0]


def least_by_trying(price, low, high, energy) -> float:
    """Every span, its least first, then the cheapest pieces: the definition, without its arrays."""
    found = [np.inf]
    for start, end in combinations(range(price.size + 1), 2):
        inside = range(start, end)
        if any(high[j] < low[j] for j in inside) or sum(high[j] for j in inside) < energy - 1e-12:
            continue
        least = sum(low[j] for j in range(start, end - 1))
        if not least < energy:
            continue
        taken = {j: low[j] for j in inside}
        taken[end - 1] = min(low[end - 1], energy - least)
        rest = energy - sum(taken.values())
        for j in sorted(inside, key=lambda j: price[j]):
            more = min(rest, high[j] - taken[j])
            taken[j], rest = taken[j] + more, rest - more
        found.append(sum(price[j] * kwh for j, kwh in taken.items()))
    return min(found)


@given(
    st.lists(st.tuples(st.integers(-3, 9), st.integers(0, 4), st.integers(1, 8)), min_size=1, max_size=6),
    st.integers(1, 20),
)
def test_no_span_is_cheaper(pieces: list[tuple[int, int, int]], energy: int) -> None:
    """Against trying every one of them."""
    price, low, high = (np.array(column, dtype=np.float64) for column in zip(*pieces, strict=True))
    run, least = cheapest_run(price, low, high, float(energy)), least_by_trying(price, low, high, energy)
    if run is not None and run.energy_kwh.sum() > energy - 1e-9:
        assert run.cost == pytest.approx(least)
        assert run.cost == pytest.approx(float(run.energy_kwh @ price))
    else:
        assert least == np.inf


@pytest.mark.parametrize(
    ("energy", "expected"),
    [
        (10.0, [0, 10, 0, 0]),
        (21.0, [2, 10, 9, 0]),  # 1 kWh is under the least, so the dearer neighbour gives one more
        (1.0, None),
        (99.0, [10, 10, 10, 10]),
    ],
)
def test_a_spread_takes_the_cheapest_pieces_and_keeps_the_least(energy, expected) -> None:
    """What is less than the least power for a piece is nothing."""
    run = cheapest_spread(PRICES, LOW, HIGH, energy, None)
    assert (run and run.energy_kwh.tolist()) == expected


def test_a_spread_gives_way_to_a_run_that_takes_as_much() -> None:
    """And is better than one that takes less."""
    run, poor = Run(0, 1, np.array([10.0, 0, 0, 0]), 30.0), Run(0, 1, np.array([9.0, 0, 0, 0]), 27.0)
    assert cheapest_spread(PRICES, LOW, HIGH, 10.0, run) is run
    assert cheapest_spread(PRICES, LOW, HIGH, 10.0, poor).energy_kwh.tolist() == [0, 10, 0, 0]
