"""A clock that moves only when somebody sleeps."""

from dataclasses import dataclass, field
from typing import Any

from adapters.rate_limit import RollingLimit


@dataclass
class MovedClock:
    """Seconds since the test began; `also` is told of every sleep, as to move a simulator's clock too."""

    now_s: float = 0.0
    slept_s: list[float] = field(default_factory=list)
    also: Any = None

    def sleep(self, duration_s: float) -> None:
        self.slept_s.append(duration_s)
        self.now_s += duration_s
        if self.also is not None:
            self.also(duration_s)

    def limit(self, **settings: Any) -> RollingLimit:
        """A limit that lives by this clock."""
        return RollingLimit("ev.energy", clock_s=lambda: self.now_s, sleep=self.sleep, **settings)
