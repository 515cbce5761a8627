"""The arithmetic of the proof: every vehicle alone, at given prices."""

import numpy as np
import pytest

from optimiser.certificate import Cells, cheapest_alone, fewest_short, least_missing

TWO = Cells(np.array([0, 3, 4]), np.array([0, 1]), np.array([0, 1, 2, 1]), np.array([10.0, 10.0, 10.0, 5.0]))


@pytest.mark.parametrize(
    ("energy", "expected"),
    [
        ([0.0, 0.0], [0.0, 0.0]),
        ([15.0, 5.0], [10 * 1 + 5 * 2, 15.0]),
        ([25.0, 9.0], [10 * 1 + 10 * 2 + 5 * 3, 15.0]),  # what does not fit costs nothing
    ],
)
def test_cells_are_filled_from_the_cheapest(energy, expected) -> None:
    """One continuous knapsack each."""
    cost = np.array([3.0, 1.0, 2.0, 3.0])
    assert cheapest_alone(TWO, cost, np.array(energy)).tolist() == expected


def test_a_negative_price_is_taken_first_but_no_more_than_wanted() -> None:
    """Energy is exact: being paid is no reason to take more."""
    assert cheapest_alone(TWO, np.array([1.0, -1.0, 1.0, 0.0]), np.array([12.0, 0.0])).tolist() == [-8.0, 0.0]


def test_missing_is_bought_only_where_it_is_worth_it() -> None:
    """At a price of 0.25 in one piece and 1 in the others, 10 of 30 kWh are worth buying."""
    assert least_missing(TWO, np.array([1.0, 0.25, 1.0, 2.0]), np.array([30.0, 5.0])).tolist() == [22.5, 5.0]


def test_a_part_of_a_session_counts_as_a_part_of_one() -> None:
    """A kWh of 20 is worth 0.05: the free piece is taken, half of one, and the one at 0.1 is not."""
    counted, floor, enough = np.array([True, False]), np.array([0.0, 4.0]), np.array([20.0, 4.0])
    short = fewest_short(TWO, np.array([0.0, 0.1, 1.0, 1.0]), counted, floor, enough)
    assert short.tolist() == [0.5, 4.0]


def test_who_cannot_reach_enough_is_short_whatever_is_taken() -> None:
    """Nothing more is bought for it."""
    counted, floor, enough = np.array([True, True]), np.array([0.0, 0.0]), np.array([90.0, 90.0])
    assert fewest_short(TWO, np.zeros(4), counted, floor, enough).tolist() == [1.0, 1.0]
