"""The rolling rate limit of the simulated ev.energy, on its own clock."""

from collections import defaultdict, deque
from math import ceil

from adapters.evenergy.simulator.problems import ProblemError
from adapters.simulation.clock import SimulatedClock
from optimiser.units import MS_PER_HOUR, MS_PER_SECOND


class RateLimiter:
    """So many calls per application in any hour. A refused call is not counted."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.per_hour = 1_000
        self._clock = clock
        self._counted_ms: defaultdict[str, deque[int]] = defaultdict(deque)

    def clear(self) -> None:
        """Forget every call."""
        self._counted_ms.clear()

    def count(self, application: str) -> dict[str, str]:
        """Count a call, and give the headers of its answer. Raises a 429 where the hour is full."""
        now_ms = self._clock.now_ms()
        counted = self._counted_ms[application]
        while counted and counted[0] <= now_ms - MS_PER_HOUR:
            counted.popleft()
        if len(counted) >= self.per_hour:
            raise self._refusal(ceil((counted[0] + MS_PER_HOUR - now_ms) / MS_PER_SECOND))
        counted.append(now_ms)
        return self._headers(self.per_hour - len(counted))

    def _headers(self, remaining: int) -> dict[str, str]:
        return {"X-RateLimit-Limit": str(self.per_hour), "X-RateLimit-Remaining": str(remaining)}

    def _refusal(self, wait_s: int) -> ProblemError:
        return ProblemError(
            429,
            f"Request was rate limited. Try again in {wait_s} seconds",
            kind="rate-limit-exceeded",
            headers={**self._headers(0), "Retry-After": str(wait_s)},
        )
