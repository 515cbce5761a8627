"""Where the time of a plan goes. The clock is the caller's: the planner itself has none."""

from collections.abc import Callable


class Stopwatch:
    """Milliseconds per phase, read off a clock that returns seconds."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._last = seconds()
        self.phases_ms: dict[str, float] = {}

    def lap(self, phase: str) -> None:
        """End the running phase and name it; a phase that runs twice adds up."""
        now = self._seconds()
        self.phases_ms[phase] = self.phases_ms.get(phase, 0.0) + (now - self._last) * 1000.0
        self._last = now


def no_clock() -> float:
    """For callers who do not ask: every phase takes 0."""
    return 0.0
