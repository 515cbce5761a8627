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
from optimiser.limits import Flags
from optimiser.paths import NONE
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

# Energy and room up to this [kWh] are rounding: solvers meet rows to 1e-7 and settling scales by as much.
ROUNDING_KWH = 1e-6

Marks = NDArray[Any]  # whatever the joining function merges: costs, bits or flags


@dataclass(frozen=True, eq=False, slots=True)
class Network:
    """Places as limits x pieces, and between which of them energy can move.

    `parent[l]` is the limit right above limit l (NONE above the site). `drawn` flags places through which
    energy flows, `open` those that have room left. `takes` and `gives` flag cells that could charge more or
    less; `place` is the flat index of each cell's place, at the lowest limit of its session. `levels` are
    the limits below the site by how deep they are, those with the same one above next to each other.
    """

    parent: Index
    levels: tuple[Index, ...]
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
        for limits in self.levels:
            above = here[self.parent[limits]]
            here[limits] = join(here[limits], np.where(self.drawn[limits], above, 0))
        for limits in reversed(self.levels):
            above, first = np.unique(self.parent[limits], return_index=True)
            rising = join.reduceat(np.where(self.open[limits], here[limits], 0), first, axis=0)
            here[above] = join(here[above], rising)
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
    tree = problem.tree
    if tree is None:
        return None
    used = problem.used_by_limits(energy_kwh)
    return Network(
        parent=tree.parent,
        levels=_levels(problem.paths.limit, tree.parent),
        drawn=used > ROUNDING_KWH,
        open=problem.rooms_kwh - used > ROUNDING_KWH,
        place=tree.lowest[problem.cell_session] * problem.n_pieces + problem.cells.piece,
        takes=energy_kwh < problem.cells.upper_kwh - ROUNDING_KWH,
        gives=energy_kwh > problem.lower_kwh + ROUNDING_KWH,
        session=problem.cell_session,
    )


def _levels(path: Index, parent: Index) -> tuple[Index, ...]:
    """The limits at each depth below the first, sorted by the one above them."""
    at_depth = [np.unique(limits[limits != NONE]) for limits in path[1:]]
    return tuple(limits[np.argsort(parent[limits], kind="stable")] for limits in at_depth)
