"""The search for the smallest amount that is enough."""

import math

import pytest

from optimiser.smallest import MOST_TRIALS, Range, smallest


@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0, 7.25, 63.99, 100.0])
@pytest.mark.parametrize("hint", [0.01, 0.5, 1.0])
def test_it_finds_the_first_multiple_at_or_above_the_threshold(threshold: float, hint: float):
    """Whether the steps from below are good or poor."""

    def earliest(amount: float) -> float | None:
        return None if amount >= threshold - 1e-9 else amount + hint * (threshold - amount)

    found = smallest(earliest, Range(0.1, 100.0))
    assert found == pytest.approx(math.ceil(threshold * 10 - 1e-6) / 10)


def test_no_amount_is_found_where_none_is_enough():
    """Neither where that is said, nor where the range ends first."""
    assert smallest(lambda amount: math.inf, Range(1.0, 10.0)) is None
    assert smallest(lambda amount: amount + 4.0, Range(1.0, 10.0)) is None


def test_what_is_known_to_be_needed_is_not_tried_again():
    """The first trial is at the least amount."""
    tried: list[float] = []

    def earliest(amount: float) -> float | None:
        tried.append(amount)
        return None if amount >= 6.0 else amount + 1.0

    assert smallest(earliest, Range(1.0, 10.0, 5.0)) == 6.0
    assert tried == [5.0, 6.0]


def test_a_search_without_hints_takes_few_trials():
    """Steps of one unit grow: 1,440 minutes do not take 1,000 trials to the 1,000th."""
    tried: list[float] = []

    def earliest(amount: float) -> float | None:
        tried.append(amount)
        return None if amount >= 1000.0 else amount + 1.0

    assert smallest(earliest, Range(1.0, 1440.0)) == 1000.0
    assert len(tried) < MOST_TRIALS
