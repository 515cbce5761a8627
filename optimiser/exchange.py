"""Mending powers below the least by exchanging energy between vehicles, at no cost where that is possible.

A vertex of the relaxation has few broken cells, and around each there are many vehicles whose power can
move. If vehicle a gives energy from piece j to piece k, and vehicle b the same amount from k to j, the
load of the site is the same at every instant, so neither cost nor peak nor any shared limit changes.
Where no such partner exists, energy moves into room that is left, at the least extra cost.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.limits import Flags
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.taper import allowed_by_curve, curved_sessions, least_kwh, let_through_kw, soc_at_edges

NEGLIGIBLE_KWH = 1e-9
# A pass mends most broken cells; a mend can open the way for another, so passes go on while they help.
PASSES = 6
CHOICES = 16  # moves that are tried where a charging curve may forbid the first


@dataclass(frozen=True, slots=True)
class _Move:
    """Energy of session `giver` from one piece to another, and of a partner the other way round."""

    cost: float
    session: int
    source: int
    target: int
    energy_kwh: float
    partner: int | None


class Board:
    """Energies, bounds and room as dense tables: sessions by pieces, and limits by pieces."""

    def __init__(self, problem: PlanningProblem, low_kw: Floats, energy_kwh: Floats, cost: Floats) -> None:
        self.problem = problem
        self.low_kw = low_kw
        self.curves = {i: (curve, cells) for i, curve, cells in curved_sessions(problem)}
        low_kwh = least_kwh(problem, low_kw, energy_kwh)
        shape = (problem.n_sessions, problem.n_pieces)
        at = (problem.cell_session, problem.cells.piece)
        self.at = at
        self.cost = cost
        self.energy = np.zeros(shape)
        self.low = np.zeros(shape)
        self.high = np.zeros(shape)
        self.energy[at], self.low[at], self.high[at] = energy_kwh, low_kwh, problem.cells.upper_kwh
        self.settled = np.zeros(shape, dtype=bool)
        self.settled[at] = problem.lower_kwh >= problem.cells.upper_kwh
        self.keeps_on = np.zeros(shape, dtype=bool)
        self.keeps_on[at] = problem.lower_kwh > 0.0
        self.members = np.array([limit.members for limit in problem.limits])
        rooms = np.array([limit.room_kwh for limit in problem.limits])
        self.spare = rooms - self.members.astype(np.float64) @ self.energy

    def broken(self) -> list[tuple[int, int]]:
        """Cells with some power, but less than the least, by session and piece."""
        some = (self.energy > NEGLIGIBLE_KWH) & (self.energy < self.low * (1.0 - 1e-9)) & ~self.settled
        return [(int(i), int(j)) for i, j in np.argwhere(some)]

    def spare_for(self, session: int) -> Floats:
        """Room left in every piece under all limits of a session."""
        return np.asarray(self.spare[self.members[:, session]].min(axis=0))

    def keeps_curve(self, session: int) -> bool:
        """Whether a session's energies stay under its charging curve."""
        if session not in self.curves:
            return True
        curve, cells = self.curves[session]
        hours, energy = self.problem.cell_hours[cells], self._own_energy(session, cells)
        return allowed_by_curve(self.problem, session, curve, hours, energy)

    def refresh_low(self, session: int) -> None:
        """The least powers of a session, which its charging curve lowers with the SoC."""
        if session in self.curves:
            curve, cells = self.curves[session]
            hours = self.problem.cell_hours[cells]
            soc = soc_at_edges(self.problem, session, self._own_energy(session, cells))
            allowed = let_through_kw(self.problem, session, curve, soc)
            pieces = self.problem.cells.piece[cells]
            self.low[session, pieces] = np.minimum(self.low_kw[session], allowed) * hours

    def _own_energy(self, session: int, cells: slice) -> Floats:
        own: Floats = self.energy[session, self.problem.cells.piece[cells]]
        return own

    def shift(self, session: int, source: int, target: int, energy_kwh: float) -> None:
        """Move energy of one session between two pieces."""
        limits = self.members[:, session]
        for piece, change in ((source, -energy_kwh), (target, energy_kwh)):
            self.energy[session, piece] += change
            self.spare[limits, piece] -= change
            if self.energy[session, piece] <= NEGLIGIBLE_KWH:
                self.energy[session, piece] = 0.0


def mend(board: Board) -> None:
    """Mend broken cells until none is left or nothing helps any more."""
    for _ in range(PASSES):
        moved = False
        for session, piece in board.broken():
            moved |= any(_try(board, move) for move in _moves_for(board, session, piece))
        if not moved:
            return


def _try(board: Board, move: _Move) -> bool:
    """Make a move; take it back where a charging curve forbids it."""
    touched = [move.session] if move.partner is None else [move.session, move.partner]
    _shift(board, move, move.energy_kwh)
    if not all(board.keeps_curve(session) for session in touched):
        _shift(board, move, -move.energy_kwh)
        return False
    for session in touched:
        board.refresh_low(session)
    return True


def _shift(board: Board, move: _Move, energy_kwh: float) -> None:
    board.shift(move.session, move.source, move.target, energy_kwh)
    if move.partner is not None:
        board.shift(move.partner, move.target, move.source, energy_kwh)


def _moves_for(board: Board, session: int, piece: int) -> list[_Move]:
    """Ways to empty a broken cell or to raise it to its least, cheapest first; lowest pieces among equals."""
    energy, low = board.energy[session, piece], board.low[session, piece]
    if not (NEGLIGIBLE_KWH < energy < low * (1.0 - 1e-9)):
        return []
    found = _emptying(board, session, piece, energy) + _raising(board, session, piece, low - energy)
    return sorted(found, key=lambda move: (round(move.cost, 12), move.partner or 0, move.target))


def _emptying(board: Board, i: int, j: int, energy: float) -> list[_Move]:
    """Moves that take all energy out of cell (i, j)."""
    if board.keeps_on[i, j]:
        return []
    after = board.energy[i] + energy
    takes = (after <= board.high[i]) & (after >= board.low[i] * (1.0 - 1e-9))
    takes[j] = False
    others = _can_give(board, energy) & takes & _can_take(board, j, energy)[:, None]
    return _moves(board, i, (j, None), energy, takes & (board.spare_for(i) >= energy), others)


def _raising(board: Board, i: int, j: int, energy: float) -> list[_Move]:
    """Moves that bring the missing energy into cell (i, j) from another piece of the same session."""
    gives = (board.energy[i] - energy >= board.low[i]) & (board.high[i] > 0.0) & ~board.settled[i]
    gives[j] = False
    if board.energy[i, j] + energy > board.high[i, j]:
        return []
    after = board.energy + energy
    takes = (after <= board.high) & (after >= board.low * (1.0 - 1e-9)) & ~board.settled
    others = takes & gives & _can_give(board, energy)[:, j][:, None]
    room = board.spare_for(i)[j] >= energy
    return _moves(board, i, (None, j), energy, gives & room, others)


def _can_give(board: Board, energy: float) -> Flags:
    """Cells that stay at their least power or more after giving this much."""
    rest = board.energy - energy
    return (rest >= np.maximum(board.low, NEGLIGIBLE_KWH)) & ~board.settled


def _can_take(board: Board, piece: int, energy: float) -> Flags:
    """Sessions that can take this much more in a piece without breaking anything."""
    after = board.energy[:, piece] + energy
    low, high = board.low[:, piece], board.high[:, piece]
    return (after <= high) & (after >= low * (1.0 - 1e-9)) & ~board.settled[:, piece]


def _moves(
    board: Board, i: int, ends: tuple[int | None, int | None], energy: float, direct: Flags, swaps: Flags
) -> list[_Move]:
    """Swaps that cost nothing, else the cheapest direct moves, with `i`'s source and target.

    One of them will do, unless charging curves may forbid it.
    """
    choices = CHOICES if board.curves else 1
    source, target = ends
    swaps = swaps & _same_limits(board, i)[:, None]
    swaps[i] = False
    pieces = np.flatnonzero(swaps.any(axis=0))[:choices].tolist()
    partners = [int(np.flatnonzero(swaps[:, other])[0]) for other in pieces]
    if pieces and not board.curves:
        return [_move(0.0, i, source, target, pieces[0], energy, partners[0])]
    fixed = source if source is not None else target
    sign = 1.0 if source is not None else -1.0
    options: Index = np.flatnonzero(direct)
    costs = np.round(sign * energy * (board.cost[options] - board.cost[fixed]), 12)
    cheapest = np.lexsort((options, costs))[:choices].tolist()
    pairs = zip(pieces, partners, strict=True)
    found = [_move(0.0, i, source, target, other, energy, partner) for other, partner in pairs]
    return found + [
        _move(float(costs[k]), i, source, target, int(options[k]), energy, None) for k in cheapest
    ]


def _move(
    cost: float,
    i: int,
    source: int | None,
    target: int | None,
    other: int,
    energy: float,
    partner: int | None,
) -> _Move:
    return _Move(
        cost, i, other if source is None else source, other if target is None else target, energy, partner
    )


def _same_limits(board: Board, session: int) -> Flags:
    """Sessions below exactly the same limits: an exchange with them changes no limit's load."""
    return np.asarray((board.members == board.members[:, [session]]).all(axis=0))
