"""Values that hold from one instant to the next."""

import numpy as np

from optimiser.series import FOREVER_MS, StepSeries
from tests.optimiser.builders import a_series, at

STEPS = a_series([(0, 1.0), (1, 2.0), (3, 3.0)], end_h=4)


def test_a_value_holds_from_its_start_to_the_next() -> None:
    """At an edge the new value holds; before the first and after the last the nearest."""
    instants = np.array([at(h) for h in (-5, 0, 0.999, 1, 2.5, 3, 99)])
    assert STEPS.at(instants).tolist() == [1, 1, 1, 2, 2, 3, 3]


def test_edges_are_strictly_inside() -> None:
    """Neither end of a span counts as an edge of it."""
    assert STEPS.edges_between(at(0), at(3)).tolist() == [at(1)]
    assert StepSeries.constant(7.0).edges_between(-FOREVER_MS, FOREVER_MS).tolist() == []


def test_a_short_series_repeats_as_a_whole() -> None:
    """Four hours of prices repeat every four hours."""
    longer = STEPS.repeated_daily(at(10))
    assert longer.end_ms == at(12)
    assert longer.at(np.array([at(h) for h in (4, 5.5, 7, 8, 9, 11)])).tolist() == [1, 2, 3, 1, 2, 3]


def test_a_long_series_repeats_its_last_day() -> None:
    """Of 30 h only the last 24 repeat: hour 30 is like hour 6."""
    hourly = a_series([(h, float(h)) for h in range(30)], end_h=30)
    assert hourly.repeated_daily(at(60)).at(np.array([at(29), at(30), at(53), at(54)])).tolist() == [
        29,
        6,
        29,
        6,
    ]


def test_a_series_that_reaches_far_enough_stays() -> None:
    """Nothing is repeated up to the end itself."""
    assert STEPS.repeated_daily(at(4)) is STEPS
