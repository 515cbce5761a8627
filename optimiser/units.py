"""Named constants and conversions, so that no bare 3600 or 100 hides a unit."""

from datetime import UTC, datetime, timedelta

MS_PER_SECOND = 1_000
MS_PER_MINUTE = 60_000
MS_PER_HOUR = 3_600_000
MS_PER_DAY = 24 * MS_PER_HOUR
PERCENT = 100.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MS = timedelta(milliseconds=1)


def to_ms(instant: datetime, *, round_up: bool = False) -> int:
    """Epoch milliseconds of an aware instant; what is finer than a millisecond goes down, or up."""
    since_epoch = instant - _EPOCH
    return -(-since_epoch // _ONE_MS) if round_up else since_epoch // _ONE_MS


def from_ms(instant_ms: int) -> datetime:
    """The aware UTC instant of epoch milliseconds."""
    return _EPOCH + instant_ms * _ONE_MS


def hours(duration_ms: float) -> float:
    """Milliseconds as hours."""
    return duration_ms / MS_PER_HOUR


def iso_z(instant_ms: int) -> str:
    """Epoch milliseconds as `YYYY-MM-DDTHH:MM:SS.mmmZ`, the form ChargEye sends."""
    return from_ms(instant_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
