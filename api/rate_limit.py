"""How often one key may ask: a token bucket for each, in memory."""

from collections.abc import Callable
from math import ceil


class RateLimit:
    """Each name may ask `burst` times at once, and `per_s` times a second in the long run.

    Names are those of good keys, so there are no more buckets than keys.
    """

    def __init__(self, per_s: float, burst: int, seconds: Callable[[], float]) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._seconds = seconds
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str) -> int:
        """0 where the name may ask now, else the seconds until it may, rounded up."""
        now_s = self._seconds()
        tokens, filled_at_s = self._buckets.get(name, (self._burst, now_s))
        tokens = min(self._burst, tokens + (now_s - filled_at_s) * self._per_s)
        allowed = tokens >= 1.0
        self._buckets[name] = (tokens - 1.0 if allowed else tokens, now_s)
        return 0 if allowed else max(1, ceil((1.0 - tokens) / self._per_s))
