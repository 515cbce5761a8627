"""A lower bound from prices alone, by weak duality: the proof that a plan carries.

Put a price on every shared limit. Then the vehicles no longer meet, each is minimised alone, and what
they pay together less what the limits' room is worth at those prices is never more than any plan costs
(Lagrangian relaxation; e.g. Bertsimas and Tsitsiklis, Introduction to Linear Optimization, 11.4).
Any prices >= 0 give a bound that holds, so nobody has to be believed about where they come from.

A *cell* is one session in one piece of time. Cells are ordered by session, then time;
`first_cell[i]:first_cell[i + 1]` are those of session i.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimiser.series import Floats

Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """Where each session may charge, and how much.

    `piece` and `upper_kwh` have one entry per cell; `first_cell` has one per session and one more.
    `first_piece` is where each session's window begins: its pieces follow one another.
    """

    first_cell: Index
    first_piece: Index
    piece: Index
    upper_kwh: Floats

    @classmethod
    def in_windows(cls, first_piece: Index, count: Index, power_kw: Floats, hours: Floats) -> "Cells":
        """`count` cells from `first_piece` on, with each session's `power_kw` for each piece's `hours`."""
        first_cell = np.concatenate([[0], np.cumsum(count)]).astype(np.intp)
        piece = np.arange(first_cell[-1], dtype=np.intp)
        piece += np.repeat(
            first_piece - first_cell[:-1], count
        )  # in place: these are the largest arrays there are
        upper_kwh = hours[piece]
        upper_kwh *= np.repeat(power_kw, count)
        return cls(first_cell, first_piece, piece, upper_kwh)

    @property
    def session(self) -> Index:
        """The session of each cell."""
        return np.repeat(np.arange(self.first_cell.size - 1), np.diff(self.first_cell))

    def summed(self, values: Floats) -> Floats:
        """Sums over each session of values per cell."""
        counts = np.diff(self.first_cell)
        if counts.all():
            return np.add.reduceat(values, self.first_cell[:-1])
        sums = np.zeros(counts.size)
        some = np.flatnonzero(counts)  # reduceat has no empty sums
        if some.size:
            sums[some] = np.add.reduceat(values, self.first_cell[some])
        return sums


def cheapest_alone(cells: Cells, cost_per_kwh: Floats, energy_kwh: Floats) -> Floats:
    """Least cost of every session to take its energy, alone at these prices.

    `cost_per_kwh` has one entry per cell, `energy_kwh` one per session. A session fills its cells from
    the cheapest, which is exact for a single knapsack with continuous amounts. What does not fit into
    the cells costs nothing, so the result stays a lower bound.

    Returns the costs, one per session.
    """
    session = cells.session
    order = np.lexsort((cost_per_kwh, session))
    upper = cells.upper_kwh[order]
    filled = np.concatenate([[0.0], np.cumsum(upper)])
    room_left = (energy_kwh + filled[cells.first_cell[:-1]])[session] - filled[:-1]
    taken = np.clip(room_left, 0.0, upper)
    alone: Floats = np.bincount(session, taken * cost_per_kwh[order], minlength=energy_kwh.size).astype(float)
    return alone


def least_missing(cells: Cells, price_per_kwh: Floats, need_kwh: Floats) -> Floats:
    """Least of (energy missing + price paid) of every session, alone at these prices.

    A kWh that is missing costs 1, so a session buys only where the price is below that.
    """
    saving = np.minimum(price_per_kwh - 1.0, 0.0)
    return need_kwh + cheapest_alone(cells, saving, need_kwh)


def fewest_short(
    cells: Cells, price_per_kwh: Floats, counted: NDArray[np.bool_], floor_kwh: Floats, enough_kwh: Floats
) -> Floats:
    """Least of (1 for a session that is short + price paid) of every session, alone at these prices.

    Everybody takes `floor_kwh`; counted sessions may take more, up to `enough_kwh`, and the part of it
    that they take counts as a part of one. Who cannot reach enough is short whatever it takes.
    """
    able = counted & (enough_kwh <= cells.summed(cells.upper_kwh))
    worth = np.divide(1.0, enough_kwh - floor_kwh, out=np.zeros_like(floor_kwh), where=able)
    cheap = cells.summed(np.where(price_per_kwh < worth[cells.session], cells.upper_kwh, 0.0))
    taken = np.where(able, np.clip(cheap, floor_kwh, enough_kwh), floor_kwh)
    alone: Floats = cheapest_alone(cells, price_per_kwh, taken) + counted - worth * (taken - floor_kwh)
    return alone
