"""A session's window at given prices, and the energies of patterns of runs in it."""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.run_rules import Patterns
from optimiser.series import Floats

# Pairs of (start, end) times pieces that are looked at together: 4 million doubles are 32 MB.
CHUNK = 4_000_000
# Energies closer than this are equal: a window filled to the brim must not fail by the last digit.
NEGLIGIBLE_KWH = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """Charging in pieces `[start, end)` of the window, and the energy in every piece; 0 in a pause.

    `hangs`: the last run is so short that it keeps the rules only if it meets the target.
    """

    start: int
    end: int
    energy_kwh: Floats
    cost: float
    hangs: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """Prices and bounds of a window, and the energy that every pattern of runs in it takes."""

    price: Floats
    low_kwh: Floats
    high_kwh: Floats
    energy_kwh: float
    loose_ends: bool

    def costs(self, start: Index, end: Index) -> Floats:
        """Cost of each run `[start, end)`, some thousands at a time to bound the memory."""
        rows = max(1, CHUNK // self.price.size)
        chunks = range(0, start.size, rows)
        return np.concatenate(
            [self.fill(self.inside(start[k : k + rows], end[k : k + rows])) @ self.price for k in chunks]
        )

    def inside(self, start: Index, end: Index) -> Patterns:
        """The pieces of each run `[start, end)`, one row each."""
        piece = np.arange(self.price.size)
        return np.asarray((piece >= start[:, None]) & (piece < end[:, None]))

    def fill(self, inside: Patterns) -> Floats:
        """Energy per pattern and piece: the least everywhere, the rest into its cheapest pieces.

        Where even the least of it all is more than the energy, its last piece ends early.
        """
        base, spare = self._least(inside)
        order = np.argsort(self.price, kind="stable")
        spare = spare[:, order]
        before = np.cumsum(spare, axis=1) - spare
        missing = self.energy_kwh - base.sum(axis=1)
        base[:, order] += np.clip(missing[:, None] - before, 0.0, spare)
        return base

    def _least(self, inside: Patterns) -> tuple[Floats, Floats]:
        """What each pattern takes at least in every piece, and what it could take on top."""
        row = np.arange(inside.shape[0])
        base = np.where(inside, self.low_kwh, 0.0)
        spare = np.where(inside, self.high_kwh - self.low_kwh, 0.0)
        last = self.price.size - 1 - np.argmax(inside[:, ::-1], axis=1)
        if self.loose_ends:
            for edge in (np.argmax(inside, axis=1), last):
                base[row, edge], spare[row, edge] = 0.0, self.high_kwh[edge]
        excess = np.maximum(base.sum(axis=1) - self.energy_kwh, 0.0)
        base[row, last] -= excess
        return base, np.where(excess[:, None] > 0.0, 0.0, spare)
