"""The plan that is running already, laid on the cells of the problem."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimiser.certificate import Cells, Index
from optimiser.domain import ChargingSession
from optimiser.series import Floats, Instants
from optimiser.timegrid import TimeGrid
from optimiser.units import MS_PER_HOUR


class RunningPlan(NamedTuple):
    """Energy [kWh, DC] that the running plans have in every cell; infinite for sessions without one.

    `charging` are the cells in which they charge, in their order, one in five; `charging_kwh` is theirs.
    """

    kwh: Floats
    charging: Index
    charging_kwh: Floats

    @classmethod
    def of(cls, kwh: Floats, charging: Index | None = None) -> "RunningPlan":
        """From the energy in every cell; `charging` are those in which it may be more than 0, if known."""
        if charging is None:
            charging = np.flatnonzero((kwh > 0.0) & np.isfinite(kwh))
        return cls(kwh, charging, kwh[charging])


def running_plan(sessions: tuple[ChargingSession, ...], cells: Cells, grid: TimeGrid) -> RunningPlan | None:
    """The running plans of all sessions; None where no session has one."""
    without = [i for i, session in enumerate(sessions) if not session.running_plan]
    if len(without) == len(sessions):
        return None
    cell, kwh = _in_cells(_strokes(sessions), cells, grid)
    energy = np.bincount(cell, kwh, minlength=cells.piece.size).astype(np.float64, copy=False)
    for i in without:
        energy[cells.first_cell[i] : cells.first_cell[i + 1]] = np.inf
    return RunningPlan.of(energy, _once_each(cell))


def _once_each(cells: Index) -> Index:
    """In order, which they mostly are already."""
    ordered = np.sort(cells, kind="stable")
    once: Index = ordered[np.diff(ordered, prepend=-1) > 0]
    return once


@dataclass(frozen=True, eq=False, slots=True)
class _Strokes:
    """Stretches of constant power, with the session of each."""

    session: Index
    start_ms: Instants
    end_ms: Instants
    power_kw: Floats


def _strokes(sessions: tuple[ChargingSession, ...]) -> _Strokes:
    charging = [
        (i, s) for i, session in enumerate(sessions) for s in session.running_plan if s.power_kw > 0.0
    ]
    return _Strokes(
        session=np.array([i for i, _ in charging], dtype=np.intp),
        start_ms=np.array([segment.start_ms for _, segment in charging], dtype=np.int64),
        end_ms=np.array([segment.end_ms for _, segment in charging], dtype=np.int64),
        power_kw=np.array([segment.power_kw for _, segment in charging], dtype=np.float64),
    )


def _in_cells(strokes: _Strokes, cells: Cells, grid: TimeGrid) -> tuple[Index, Floats]:
    """Cells and energies of what lies inside the windows; a cell may come more than once."""
    edges, session = grid.piece_edges_ms, strokes.session
    first, last = cells.first_piece, cells.first_piece + np.diff(cells.first_cell)
    begin = np.maximum(np.searchsorted(edges, strokes.start_ms, "right") - 1, first[session])
    end = np.minimum(np.searchsorted(edges, strokes.end_ms), last[session])
    counts = np.maximum(end - begin, 0)
    stroke = np.repeat(np.arange(counts.size), counts)
    piece = np.arange(stroke.size) - np.repeat(np.cumsum(counts) - counts, counts) + begin[stroke]
    upto, since = (
        np.minimum(edges[piece + 1], strokes.end_ms[stroke]),
        np.maximum(edges[piece], strokes.start_ms[stroke]),
    )
    kwh = strokes.power_kw[stroke] * np.maximum(upto - since, 0) / MS_PER_HOUR
    return (cells.first_cell[:-1] - first)[session][stroke] + piece, kwh
