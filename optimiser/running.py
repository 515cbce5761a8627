"""The plan that is running already, laid on the cells of the problem."""

import numpy as np

from optimiser.certificate import Cells, Index
from optimiser.domain import ChargingSession
from optimiser.series import Floats
from optimiser.timegrid import TimeGrid
from optimiser.units import MS_PER_HOUR


def running_kwh(sessions: tuple[ChargingSession, ...], cells: Cells, grid: TimeGrid) -> Floats | None:
    """Energy [kWh] that the running plans have in every cell; infinite for sessions without one.

    None where no session has a running plan.
    """
    planned = np.array([bool(session.running_plan) for session in sessions], dtype=bool)
    if not planned.any():
        return None
    rows = [
        (i, segment.start_ms, segment.end_ms, segment.power_kw)
        for i, session in enumerate(sessions)
        for segment in session.running_plan
        if segment.power_kw > 0.0
    ]
    energy = _energy(np.array(rows, dtype=np.float64).reshape(-1, 4), cells, grid)
    return np.where(planned[cells.session], energy, np.inf)


def _energy(rows: Floats, cells: Cells, grid: TimeGrid) -> Floats:
    """Energy per cell of stretches of power: rows of session, start [ms], end [ms] and power [kW]."""
    edges = grid.piece_edges_ms
    session, start_ms, end_ms = rows[:, :3].astype(np.int64).T
    first, last = _pieces_of(cells)
    begin = np.maximum(np.searchsorted(edges, start_ms, "right") - 1, first[session])
    end = np.minimum(np.searchsorted(edges, end_ms), last[session])
    counts = np.maximum(end - begin, 0)
    row = np.repeat(np.arange(counts.size), counts)
    piece = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts) + begin[row]
    shared_ms = np.minimum(edges[piece + 1], end_ms[row]) - np.maximum(edges[piece], start_ms[row])
    kwh = rows[row, 3] * np.maximum(shared_ms, 0) / MS_PER_HOUR
    cell = cells.first_cell[session[row]] + piece - first[session[row]]
    return np.bincount(cell, kwh, minlength=cells.piece.size).astype(np.float64)


def _pieces_of(cells: Cells) -> tuple[Index, Index]:
    """The first piece of each session, and the one after its last; both 0 where it has none."""
    counts = np.diff(cells.first_cell)
    first = np.zeros(counts.size, dtype=np.intp)
    some = counts > 0
    first[some] = cells.piece[cells.first_cell[:-1][some]]
    return first, first + counts
