"""Values that hold from one instant to the next: caps, base load, prices."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimiser.units import MS_PER_DAY

Instants = NDArray[np.int64]
Floats = NDArray[np.float64]

FOREVER_MS = 2**62


@dataclass(frozen=True, eq=False, slots=True)
class StepSeries:
    """`values[i]` holds over `[starts_ms[i], starts_ms[i + 1])`, the last one until `end_ms`.

    Both arrays have length n >= 1 and `starts_ms` rises. Before the first start and after the end the
    nearest value holds; whoever wants something else beyond the end says so (`repeated_daily`).
    """

    starts_ms: Instants
    values: Floats
    end_ms: int = FOREVER_MS

    @classmethod
    def constant(cls, value: float) -> "StepSeries":
        """The same value at every instant."""
        return cls(np.array([-FOREVER_MS], dtype=np.int64), np.array([value], dtype=np.float64))

    def at(self, instants_ms: Instants) -> Floats:
        """Values at these instants, shape as given."""
        index = np.searchsorted(self.starts_ms, instants_ms, side="right") - 1
        return self.values[np.maximum(index, 0)]

    def edges_between(self, start_ms: int, end_ms: int) -> Instants:
        """Starts strictly inside `(start_ms, end_ms)`: where the value may change."""
        inside = (self.starts_ms > start_ms) & (self.starts_ms < end_ms)
        return self.starts_ms[inside]

    def repeated_daily(self, until_ms: int) -> "StepSeries":
        """The series with its last 24 h (or all of it, if shorter) repeated until `until_ms`.

        This is how prices go on past their end: tomorrow's are not out yet, and today's are the
        best guess of their shape.
        """
        if until_ms <= self.end_ms:
            return self
        first_ms = max(int(self.starts_ms[0]), self.end_ms - MS_PER_DAY)
        period_ms = self.end_ms - first_ms
        inside = np.concatenate([[first_ms], self.edges_between(first_ms, self.end_ms)])
        repeats = np.arange(1, -(-(until_ms - self.end_ms) // period_ms) + 1) * period_ms
        starts = np.concatenate([self.starts_ms, (inside[None, :] + repeats[:, None]).ravel()])
        values = np.concatenate([self.values, np.tile(self.at(inside), repeats.size)])
        return StepSeries(starts, values, int(self.end_ms + period_ms * repeats.size))

    def overlaid(self, other: "StepSeries", start_ms: int, end_ms: int) -> "StepSeries":
        """This series with the values of `other` inside `[start_ms, end_ms)`; it ends no sooner than that."""
        inside = np.concatenate([[start_ms], other.edges_between(start_ms, end_ms)])
        before = self.starts_ms[self.starts_ms < start_ms]
        after = np.concatenate([[end_ms], self.starts_ms[self.starts_ms > end_ms]])
        starts = np.concatenate([before, inside, after])
        values = np.concatenate([self.at(before), other.at(inside), self.at(after)])
        return StepSeries(starts, values, max(self.end_ms, end_ms))
