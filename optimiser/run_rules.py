"""What one session's runs keep to: how many pauses between them, and how long each lasts.

A *pause* lies between two runs of charging: neither the time before the first run nor that after the
last is one. Where a run is under way at the window's start, not going on with it at once is a pause too
if the session charges again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimiser.certificate import Index
from optimiser.limits import Flags
from optimiser.series import Floats

SAME_HOURS = 1e-8  # instants are whole milliseconds: 2.8e-7 h
ANY_NUMBER = 1_000_000  # of pauses
# Under this a charger counts as off (1 kW is where one vendor reads a limit as 0 and flags a fault), so
# a run that must not end at will never goes lower, even where the least power is 0.
SWITCHED_OFF_KW = 1.0


Patterns = NDArray[np.bool_]  # rows of pieces that are on


@dataclass(frozen=True, slots=True)
class RunRules:
    """`most_pauses`, and the `least_hours` of a run that ends short of the target.

    `charging`: a run is under way at the window's start, and lasts `left_hours` more unless room or the
    window ends.
    """

    most_pauses: int = 0
    least_hours: float = 0.0
    charging: bool = False
    left_hours: float = 0.0

    @property
    def goes_on(self) -> bool:
        """Whether a run that is under way must not stop at once."""
        return self.charging and (self.most_pauses == 0 or self.left_hours > 0.0)

    def least_at(self, start: Index) -> Floats:
        """Hours that a run beginning in each of these pieces of the window lasts at least."""
        under_way = (start == 0) & self.charging
        return np.where(under_way, self.left_hours, self.least_hours)

    def hang_on_target(self, on: Flags, hours: Floats) -> bool:
        """Whether these runs (pieces that are on) keep the rules only if the last one meets the target."""
        start, _, length = runs_of(on, hours)
        return bool(length.size) and bool(length[-1] < self.least_at(start[-1:])[0] - SAME_HOURS)

    def are_kept(self, on: Flags, hours: Floats, room: Flags, *, at_target: bool) -> bool:
        """Whether runs keep the rules. One under way may end where it has no `room` to go on, or no time."""
        return bool(self.kept_rows(on[None, :], hours, room, np.array([at_target]))[0])

    def kept_rows(self, on: Patterns, hours: Floats, room: Flags, at_target: Flags) -> Flags:
        """`are_kept` for many patterns of a window, one row each."""
        row, start, end = runs_of_rows(on)
        until = np.concatenate([[0.0], np.cumsum(hours)])
        long = until[end] - until[start] >= self.least_at(start) - SAME_HOURS
        last = np.append(row[1:] != row[:-1], True)[: row.size]
        long |= last & at_target[row]
        long |= (start == 0) & self.charging & ~np.append(room, False)[end]
        late = np.zeros(on.shape[0], dtype=bool) if not self.charging else ~on[:, :1].any(axis=1)
        count = np.bincount(row, minlength=on.shape[0])
        stopped = late & self.goes_on & bool(room[:1].any()) & ((count > 0) | ~at_target)
        stopped &= (count > 0) | (self.left_hours > 0.0)
        few = (count - 1 + late <= self.most_pauses) | (count == 0)
        kept: Flags = few & ~stopped & (np.bincount(row, ~long, minlength=on.shape[0]) == 0)
        return kept


def runs_of(on: Flags, hours: Floats) -> tuple[Index, Index, Floats]:
    """First piece, piece after the last, and hours of every run of pieces that are on."""
    _, start, end = runs_of_rows(on[None, :])
    until = np.concatenate([[0.0], np.cumsum(hours)])
    return start, end, until[end] - until[start]


def runs_of_rows(on: Patterns) -> tuple[Index, Index, Index]:
    """Row, first piece, and piece after the last of every run of pieces that are on."""
    edge = np.zeros((on.shape[0], 1), dtype=bool)
    padded = np.concatenate([edge, on, edge], axis=1)
    row, change = np.nonzero(padded[:, 1:] != padded[:, :-1])
    return row[::2], change[::2], change[1::2]
