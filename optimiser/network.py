"""What can displace what: the residual network of a plan, between all places where energy flows.

A place is a limit in a piece of time. Energy flows from its session through the places of all limits above
it to the grid. One more kWh can enter a place if something there can leave it: a session that could also
charge in another piece. What that displaces there can go on to a third piece, and so on (residual paths;
e.g. Ahuja, Magnanti and Orlin, Network Flows, 2.4).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimiser.certificate import Index
from optimiser.limits import Flags, Limit
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

# Energy and room up to this [kWh] are rounding: solvers meet rows to 1e-7 and settling scales by as much.
ROUNDING_KWH = 1e-6
_NOBODY = -1

Marks = NDArray[Any]  # whatever the joining function merges: costs, bits or flags


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """Places as limits x pieces, and between which of them energy can move.

    `parent[l]` is the limit right above limit l (-1 above the site). `drawn` flags places through which
    energy flows, `open` those that have room left. `takes` and `gives` flag cells that could charge more or
    less; `place` is the flat index of each cell's place, at the lowest limit of its session. `order` has,
    for each row, which limit of the problem it is.
    """

    order: Index
    parent: Index
    drawn: Flags
    open: Flags
    place: Index
    takes: Flags
    gives: Flags
    session: Index

    def between_pieces(self, marks: Marks, join: np.ufunc) -> Marks:
        """At each piece, the joined marks of all pieces from which energy can be moved to it.

        `marks` has one entry per piece; zero is no mark, and none goes out where the site draws nothing.
        """
        here = np.zeros(self.drawn.shape, dtype=marks.dtype)
        here[0] = np.where(self.drawn[0], marks, 0)
        reached: Marks = self.spread(here, join)[0]
        return reached

    def reached_by(self, cells: slice) -> Flags:
        """The places that more energy into these cells of one session could flow through."""
        here = np.zeros(self.drawn.shape, dtype=bool)
        here.ravel()[self.place[cells][self.takes[cells]]] = True
        return self.spread(here, np.logical_or)

    def spread(self, here: Marks, join: np.ufunc) -> Marks:
        """Carry marks on places along all paths; `join` merges marks that meet.

        The grid itself is not passed through, so paths end before the site's own limit.
        """
        while True:
            after = self._moved(self._through_limits(here, join), join)
            if np.array_equal(after, here):
                return here
            here = after

    def _through_limits(self, here: Marks, join: np.ufunc) -> Marks:
        """From limits to those below them through which energy flows, and to those above with room."""
        here = here.copy()
        below = [limit for limit in range(1, self.parent.size) if self.parent[limit] != _NOBODY]
        for limit in below:
            above = here[self.parent[limit]]
            here[limit] = join(here[limit], np.where(self.drawn[limit], above, 0))
        for limit in reversed(below):
            above = self.parent[limit]
            here[above] = join(here[above], np.where(self.open[limit], here[limit], 0))
        return here

    def _moved(self, here: Marks, join: np.ufunc) -> Marks:
        """Through sessions: from where they charge to where they could charge more."""
        flat = here.ravel().copy()
        at_session = np.zeros(int(self.session.max(initial=-1)) + 1, dtype=here.dtype)
        join.at(at_session, self.session[self.gives], flat[self.place[self.gives]])
        join.at(flat, self.place[self.takes], at_session[self.session[self.takes]])
        return flat.reshape(here.shape)


def make_network(problem: PlanningProblem, energy_kwh: Floats) -> Network | None:
    """The residual network of these energies per cell; None where the limits do not form a tree."""
    order = _outside_in(problem.limits)
    limits = [problem.limits[index] for index in order]
    parents = _parents(limits)
    if parents is None:
        return None
    used = np.array([problem.used_kwh(limit, energy_kwh) for limit in limits])
    rooms = np.array([limit.room_kwh for limit in limits])
    lowest = np.zeros(problem.n_sessions, dtype=np.intp)
    for index, limit in enumerate(limits):
        lowest[limit.members] = index
    return Network(
        order=np.array(order, dtype=np.intp),
        parent=parents,
        drawn=used > ROUNDING_KWH,
        open=rooms - used > ROUNDING_KWH,
        place=lowest[problem.cell_session] * problem.n_pieces + problem.cells.piece,
        takes=energy_kwh < problem.cells.upper_kwh - ROUNDING_KWH,
        gives=energy_kwh > problem.lower_kwh + ROUNDING_KWH,
        session=problem.cell_session,
    )


def _outside_in(limits: tuple[Limit, ...]) -> list[int]:
    """The limits with most members first, so that each comes after those above it; the site stays first."""
    return sorted(range(len(limits)), key=lambda index: (index > 0, -int(limits[index].members.sum())))


def _parents(limits: list[Limit]) -> Index | None:
    """The smallest earlier limit around each; none for the site, and for limits without members."""
    parents = np.full(len(limits), _NOBODY, dtype=np.intp)
    for index, limit in enumerate(limits[1:], start=1):
        if not limit.members.any():
            continue
        for other in range(index):
            shared = limits[other].members & limit.members
            if np.array_equal(shared, limit.members):
                parents[index] = other
            elif shared.any():
                return None
    return parents
