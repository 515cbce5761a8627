"""Prices per kWh over a day, shaped like those of a day-ahead market with quarter hours."""

from bisect import bisect_right
from collections.abc import Callable
from random import Random

# Price at an hour of the day: morning and evening are dear, the small hours cheap.
_CALM_DAY = (
    (0.0, 0.052), (2.0, 0.031), (4.0, 0.036), (6.0, 0.098), (8.0, 0.187), (10.0, 0.142), (12.0, 0.112),
    (16.0, 0.151), (18.0, 0.214), (20.0, 0.163), (22.0, 0.087), (24.0, 0.052),
)  # fmt: skip
_WINDY_DAY = (
    (0.0, 0.021), (1.5, 0.004), (2.5, -0.006), (3.5, -0.009), (4.5, 0.008), (6.0, 0.064), (8.0, 0.131),
    (10.0, 0.092), (12.0, 0.071), (16.0, 0.118), (18.0, 0.176), (20.0, 0.121), (22.0, 0.058), (24.0, 0.021),
)  # fmt: skip
_NOISE = 0.006

Tariff = Callable[[float, Random], float]


def calm_day(hour: float, rng: Random) -> float:
    """Always above zero; noise in every quarter hour leaves few ties."""
    return _between(_CALM_DAY, hour) + rng.uniform(-_NOISE, _NOISE)


def windy_night(hour: float, rng: Random) -> float:
    """So much wind that some quarter hours of the night cost less than nothing."""
    return _between(_WINDY_DAY, hour) + rng.uniform(-_NOISE, _NOISE)


def flat(hour: float, rng: Random) -> float:
    """One price all day: every plan that serves everybody costs the same."""
    return 0.12


def _between(points: tuple[tuple[float, float], ...], hour: float) -> float:
    """The straight line between the two points around an hour."""
    right = min(bisect_right(points, (hour, float("inf"))), len(points) - 1)
    (left_hour, left), (right_hour, value) = points[right - 1], points[right]
    return left + (value - left) * (hour - left_hour) / (right_hour - left_hour)
