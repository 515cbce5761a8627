"""One vehicle's best run and best spread at given prices."""

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimiser.run_patterns import Course
from optimiser.run_rules import ANY_NUMBER, RunRules
from optimiser.run_window import Run
from optimiser.runs import cheapest_runs
from optimiser.spread import cheapest_spread

PRICES = np.array([3.0, 1.0, 2.0, 5.0])
LOW, HIGH = np.full(4, 2.0), np.full(4, 10.0)


def best(energy_kwh: float, *, price=PRICES, low_kwh=LOW, high_kwh=HIGH, **rules) -> Run | None:
    """In pieces of half an hour."""
    ends_early = rules.pop("ends_early", True)
    course = Course(price, low_kwh, high_kwh, np.full(price.size, 0.5))
    return cheapest_runs(course, energy_kwh, RunRules(**rules), ends_early=ends_early)


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
    assert best(10.0, charging=True).energy_kwh.tolist() == [2, 8, 0, 0]
    assert best(10.0, high_kwh=np.array([1.0, 10, 10, 10]), charging=True) is None


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
    run = best(float(full.sum()) - 4e-16, price=np.ones(3), low_kwh=full, high_kwh=full, ends_early=False)
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
    run = best(float(energy), price=price, low_kwh=low, high_kwh=high)
    least = least_by_trying(price, low, high, energy)
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


def patterns(n: int) -> list[np.ndarray]:
    """Every way to be on and off in n pieces, but not off all the time."""
    return [np.array(bits, dtype=bool) for bits in product([False, True], repeat=n) if any(bits)]


def cheapest_by_trying(price, low, high, hours, energy: float, rules: RunRules) -> float:
    """Every pattern that keeps the rules, its least first, then the cheapest of its pieces."""
    found = [np.inf]
    for on in patterns(price.size):
        last = int(np.flatnonzero(on)[-1])
        least = float(low[on].sum() - low[last])
        fits = bool((high[on] >= low[on]).all()) and least < energy <= high[on].sum() + 1e-12
        if not fits or not rules.are_kept(on, hours, high >= low, at_target=True):
            continue
        taken = np.where(on, low, 0.0)
        taken[last] = min(low[last], energy - least)
        rest = energy - taken.sum()
        for j in sorted(np.flatnonzero(on), key=lambda j: price[j]):
            more = max(0.0, min(rest, high[j] - taken[j]))
            taken[j], rest = taken[j] + more, rest - more
        found.append(float(price @ taken))
    return min(found)


@pytest.fixture(scope="module")
def dearer() -> Iterator[list[bool]]:
    """Which windows had dearer runs than they must: at most one in a hundred (of 980 it was one)."""
    found: list[bool] = []
    yield found
    assert sum(found) <= max(1, len(found) // 100)


@given(
    pieces=st.lists(
        st.tuples(st.integers(-3, 9), st.integers(0, 2), st.integers(1, 8)), min_size=1, max_size=7
    ),
    energy=st.integers(1, 20),
    most_pauses=st.sampled_from([0, 1, 2, ANY_NUMBER]),
    least_hours=st.sampled_from([0.0, 1.0, 1.7]),
    left_hours=st.sampled_from([None, 0.0, 0.9]),
)
def test_runs_with_pauses_keep_their_rules_and_are_rarely_dearer_than_they_must(
    dearer: list[bool],
    pieces,
    energy: int,
    most_pauses: int,
    least_hours: float,
    left_hours: float | None,
) -> None:
    """Against every pattern: whatever can be delivered is, and never below the least cost."""
    price, low, high = (np.array(column, dtype=np.float64) for column in zip(*pieces, strict=True))
    low += 0.5
    rules = RunRules(most_pauses, least_hours, left_hours is not None, left_hours or 0.0)
    hours = np.full(price.size, 0.5)
    run = cheapest_runs(Course(price, low, high, hours), float(energy), rules)
    least = cheapest_by_trying(price, low, high, hours, float(energy), rules)
    if run is None or run.energy_kwh.sum() < energy - 1e-9:
        assert least == np.inf
        return
    on = run.energy_kwh > 0.0
    assert rules.are_kept(on, hours, high >= low, at_target=True)
    assert run.hangs or rules.are_kept(on, hours, high >= low, at_target=False)
    assert run.cost == pytest.approx(float(run.energy_kwh @ price))
    assert run.cost >= least - 1e-9
    dearer.append(run.cost - least > 1e-6)
