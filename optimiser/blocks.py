"""Columns and rows of a small programme, gathered block by block."""

import numpy as np

from optimiser.certificate import Index
from optimiser.series import Floats


class Columns:
    """Columns in blocks, with costs, bounds, start values, and which of them are whole numbers."""

    def __init__(self) -> None:
        self.count = 0
        self.blocks: list[tuple[Floats, Floats, Floats, Floats]] = []
        self.whole: list[Index] = []

    def add(self, cost: Floats, lower: Floats, upper: Floats, start: Floats, *, whole: bool = False) -> Index:
        """The new columns' numbers."""
        own = np.arange(self.count, self.count + cost.size)
        self.count += cost.size
        self.blocks.append((cost, lower, upper, start))
        self.whole += [own] if whole else []
        return own


class Rows:
    """Rows `lower <= A x <= upper`, one block after the other."""

    def __init__(self) -> None:
        self.count = 0
        self.bounds: list[tuple[Floats, Floats]] = []
        self.entries: list[tuple[Index, Index, Floats]] = []

    def add(self, lower: Floats, upper: Floats, *terms: tuple[Index, Index, Floats]) -> None:
        """`terms` are entries as (row of the block, column, value)."""
        self.bounds.append((lower, upper))
        self.entries += [(row + self.count, column, value) for row, column, value in terms]
        self.count += lower.size

    def at_least(self, least: float, columns: Index, values: Floats) -> None:
        """One row: the weighted columns add up to so much."""
        self.add(
            np.array([least]), np.array([np.inf]), (np.zeros(columns.size, dtype=np.intp), columns, values)
        )
