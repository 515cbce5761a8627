"""PlanningProblem -> linear programme as one whole matrix, ready for any LP solver.

Columns are the cells, then one for the rise of the peak where the objective has one. Rows are: energy
of each session, each limit in each piece where its members could exceed it, the peak in each piece
that counts, each ceiling. `optimiser/README.md` has the mathematics.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.engines.base import Objective, Question
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

INFINITY = np.inf


@dataclass(frozen=True, eq=False, slots=True)
class LimitRows:
    """Which (limit, piece) pairs got a row: entry r is limit `limit[r]` in piece `piece[r]`."""

    limit: Index
    piece: Index


@dataclass(frozen=True, eq=False, slots=True)
class LinearProgramme:
    """min cost x, row_lower <= A x <= row_upper, lower <= x <= upper; A by triplets, no duplicates."""

    cost: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    entry_row: Index
    entry_column: Index
    entry_value: Floats
    limit_rows: LimitRows
    peak_pieces: Index

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.row_lower.size


class _Rows:
    """Rows gathered block by block; a block's entries name its rows from 0."""

    def __init__(self) -> None:
        self.count = 0
        self.lower: list[Floats] = []
        self.upper: list[Floats] = []
        self.rows: list[Index] = []
        self.columns: list[Index] = []
        self.values: list[Floats] = []

    def add(self, lower: Floats, upper: Floats, row: Index, column: Index, value: Floats) -> None:
        self.rows.append(row + self.count)
        self.columns.append(column)
        self.values.append(value)
        self.lower.append(lower)
        self.upper.append(upper)
        self.count += lower.size


def strategy_programme(problem: PlanningProblem, question: Question) -> LinearProgramme:
    """Least cost at the question's energies, which are met exactly."""
    objective, n_cells = question.objective, problem.cells.piece.size
    rows = _Rows()
    _add_energy_rows(rows, problem, question.energy_kwh, question.energy_kwh)
    limit_rows = _add_limit_rows(rows, problem)
    peak_pieces = _add_peak_rows(rows, problem, objective)
    for ceiling in question.ceilings:
        _add_ceiling_row(rows, problem, ceiling.cost_per_kwh, ceiling.value)
    cost = objective.cost_per_kwh[problem.cells.piece]
    if objective.peak is not None:
        cost = np.append(cost, objective.peak.price_per_kw)
    return _programme(problem, rows, cost, cost.size - n_cells, limit_rows, peak_pieces)


def delivery_programme(problem: PlanningProblem, demand_kwh: Floats) -> LinearProgramme:
    """Most energy in total, to no session more than its demand."""
    rows = _Rows()
    _add_energy_rows(rows, problem, np.full(problem.n_sessions, -INFINITY), demand_kwh)
    limit_rows = _add_limit_rows(rows, problem)
    cost = np.full(problem.cells.piece.size, -1.0)
    return _programme(problem, rows, cost, 0, limit_rows, np.zeros(0, dtype=np.intp))


def _programme(
    problem: PlanningProblem,
    rows: _Rows,
    cost: Floats,
    n_extra: int,
    limit_rows: LimitRows,
    peak_pieces: Index,
) -> LinearProgramme:
    return LinearProgramme(
        cost=cost,
        lower=np.append(problem.lower_kwh, np.zeros(n_extra)),
        upper=np.append(problem.cells.upper_kwh, np.full(n_extra, INFINITY)),
        row_lower=np.concatenate(rows.lower),
        row_upper=np.concatenate(rows.upper),
        entry_row=np.concatenate(rows.rows),
        entry_column=np.concatenate(rows.columns),
        entry_value=np.concatenate(rows.values),
        limit_rows=limit_rows,
        peak_pieces=peak_pieces,
    )


def _add_energy_rows(rows: _Rows, problem: PlanningProblem, lower: Floats, upper: Floats) -> None:
    cells = np.arange(problem.cells.piece.size)
    rows.add(lower, upper, problem.cell_session, cells, np.ones(cells.size))


def _add_limit_rows(rows: _Rows, problem: PlanningProblem) -> LimitRows:
    """A row only where the members together could take more than the room: the others never bind."""
    used_limits, used_pieces = [], []
    for index, limit in enumerate(problem.limits):
        member_cells = np.flatnonzero(limit.members[problem.cell_session])
        pieces = problem.cells.piece[member_cells]
        most = np.bincount(pieces, problem.cells.upper_kwh[member_cells], minlength=problem.n_pieces)
        binding = most > limit.room_kwh
        row_of_piece = np.cumsum(binding) - 1
        kept = binding[pieces]
        pieces_kept = np.flatnonzero(binding)
        rows.add(
            np.full(pieces_kept.size, -INFINITY),
            limit.room_kwh[pieces_kept],
            row_of_piece[pieces[kept]],
            member_cells[kept],
            np.ones(int(kept.sum())),
        )
        used_limits.append(np.full(pieces_kept.size, index))
        used_pieces.append(pieces_kept)
    return LimitRows(np.concatenate(used_limits), np.concatenate(used_pieces))


def _add_peak_rows(rows: _Rows, problem: PlanningProblem, objective: Objective) -> Index:
    """charged_j - ratio h_j rise <= ratio h_j (floor - immovable_j), in the pieces that count."""
    if objective.peak is None:
        return np.zeros(0, dtype=np.intp)
    pieces = np.flatnonzero(objective.peak.counts)
    kwh_per_kw = problem.hours[pieces] / problem.ac_per_dc
    row_of_piece = np.cumsum(objective.peak.counts) - 1
    cells = np.flatnonzero(objective.peak.counts[problem.cells.piece])
    rise_column = np.full(pieces.size, problem.cells.piece.size)
    rows.add(
        np.full(pieces.size, -INFINITY),
        kwh_per_kw * (objective.peak.floor_kw - problem.immovable_kw[pieces]),
        np.concatenate([row_of_piece[problem.cells.piece[cells]], np.arange(pieces.size)]),
        np.concatenate([cells, rise_column]),
        np.concatenate([np.ones(cells.size), -kwh_per_kw]),
    )
    return pieces


def _add_ceiling_row(rows: _Rows, problem: PlanningProblem, cost_per_kwh: Floats, value: float) -> None:
    cells = np.arange(problem.cells.piece.size)
    cost = cost_per_kwh[problem.cells.piece]
    rows.add(np.array([-INFINITY]), np.array([value]), np.zeros(cells.size, dtype=np.intp), cells, cost)
