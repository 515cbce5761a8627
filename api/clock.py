"""The only clock of the product."""

from time import time_ns

_NS_PER_MS = 1_000_000


def now_ms() -> int:
    """Epoch milliseconds, UTC."""
    return time_ns() // _NS_PER_MS
