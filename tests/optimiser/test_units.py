"""Instants at the border and inside."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from optimiser.units import from_ms, hours, iso_z, to_ms


@pytest.mark.parametrize(
    ("instant", "down", "up"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0, 0),
        (datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), 0, 0),
        (datetime(1970, 1, 1, 0, 0, 1, 500, tzinfo=UTC), 1000, 1001),
        (datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC), -1, 0),
    ],
)
def test_instants_are_whole_milliseconds(instant: datetime, down: int, up: int) -> None:
    """What is finer goes down or up, also before 1970 and from any offset."""
    assert (to_ms(instant), to_ms(instant, round_up=True)) == (down, up)


def test_an_instant_survives_the_way_there_and_back() -> None:
    """To a datetime, and to the form that ChargeEye sends."""
    assert to_ms(from_ms(1_773_072_000_123)) == 1_773_072_000_123
    assert iso_z(1_773_072_000_120) == "2026-03-09T16:00:00.120Z"
    assert hours(5_400_000) == 1.5
