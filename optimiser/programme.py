"""PlanningProblem -> linear programme as one whole matrix, ready for any LP solver.

Columns are the cells, one for the rise of the peak where the objective has one, and running sums where
there are charging curves. Rows are: energy of each session, each limit in each piece where its members
could exceed it, the peak in each piece that counts, the curves, each ceiling. `optimiser/README.md` has
the mathematics.
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
    first_curve_row: int

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
    objective = question.objective
    rows = _Rows()
    _add_energy_rows(rows, problem, question.energy_kwh, question.energy_kwh)
    limit_rows = _add_limit_rows(rows, problem)
    peak_pieces = _add_peak_rows(rows, problem, objective)
    cost = objective.cost_per_kwh[problem.cells.piece]
    if objective.peak is not None:
        cost = np.append(cost, objective.peak.price_per_kw)
    first_curve_row, n_sums = _add_curve_rows(rows, problem, cost.size)
    for ceiling in question.ceilings:
        _add_ceiling_row(rows, problem, ceiling.cost_per_kwh, ceiling.value)
    cost = np.append(cost, np.zeros(n_sums))
    return _programme(problem, rows, cost, limit_rows, peak_pieces, first_curve_row)


def delivery_programme(problem: PlanningProblem, demand_kwh: Floats) -> LinearProgramme:
    """Most energy in total, to no session more than its demand."""
    rows, n_cells = _Rows(), problem.cells.piece.size
    _add_energy_rows(rows, problem, np.full(problem.n_sessions, -INFINITY), demand_kwh)
    limit_rows = _add_limit_rows(rows, problem)
    first_curve_row, n_sums = _add_curve_rows(rows, problem, n_cells)
    cost = np.append(np.full(n_cells, -1.0), np.zeros(n_sums))
    return _programme(problem, rows, cost, limit_rows, np.zeros(0, dtype=np.intp), first_curve_row)


def _programme(
    problem: PlanningProblem,
    rows: _Rows,
    cost: Floats,
    limit_rows: LimitRows,
    peak_pieces: Index,
    first_curve_row: int,
) -> LinearProgramme:
    n_extra = cost.size - problem.cells.piece.size
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
        first_curve_row=first_curve_row,
    )


def _add_energy_rows(rows: _Rows, problem: PlanningProblem, lower: Floats, upper: Floats) -> None:
    cells = np.arange(problem.cells.piece.size)
    rows.add(lower, upper, problem.cell_session, cells, np.ones(cells.size))


def _add_limit_rows(rows: _Rows, problem: PlanningProblem) -> LimitRows:
    """A row only where the members together could take more than the room: the others never bind.

    At their largest power, whatever their bounds: programmes of one search then have the same rows.
    """
    used_limits, used_pieces = [], []
    for index, limit in enumerate(problem.limits):
        member_cells = np.flatnonzero(limit.members[problem.cell_session])
        pieces = problem.cells.piece[member_cells]
        most = np.bincount(pieces, problem.largest_kwh[member_cells], minlength=problem.n_pieces)
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
    kwh_per_kw = problem.kwh_per_kw[pieces]
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


def _add_curve_rows(rows: _Rows, problem: PlanningProblem, first_column: int) -> tuple[int, int]:
    """Rows of the charging curves, with a column for the running sum of each curved session's cells.

    The sums keep the rows sparse: written out, a window of 60 pieces has 1,800 entries per line. Rows
    are multiplied by the piece's hours, so that a piece of a millisecond has no coefficient of 3.6e6.
    Returns the number of the first curve row and how many columns were added.
    """
    curves = problem.curves
    if curves is None:
        return rows.count, 0
    curved = np.zeros(problem.n_sessions, dtype=bool)
    curved[problem.cell_session[curves.cell]] = True
    cells = np.flatnonzero(curved[problem.cell_session])
    sum_of = np.zeros(problem.cells.piece.size, dtype=np.intp)
    sum_of[cells] = first_column + np.arange(cells.size)
    _add_sum_rows(rows, problem, cells, sum_of)
    first_row, row = rows.count, np.arange(curves.cell.size)
    hours = problem.cell_hours[curves.cell]
    first = problem.cells.first_cell[problem.cell_session[curves.cell]]
    later = curves.cell > first
    rows.add(
        np.full(row.size, -INFINITY),
        curves.limit_kw * hours,
        np.concatenate([row, row[later]]),
        np.concatenate([curves.cell, sum_of[curves.cell[later] - 1]]),
        np.concatenate([1.0 + curves.own_share * curves.slope * hours, (curves.slope * hours)[later]]),
    )
    return first_row, cells.size


def _add_sum_rows(rows: _Rows, problem: PlanningProblem, cells: Index, sum_of: Index) -> None:
    """sum[k] - sum[k - 1] - e[k] = 0."""
    row = np.arange(cells.size)
    later = cells > problem.cells.first_cell[problem.cell_session[cells]]
    rows.add(
        np.zeros(cells.size),
        np.zeros(cells.size),
        np.concatenate([row, row, row[later]]),
        np.concatenate([cells, sum_of[cells], sum_of[cells[later] - 1]]),
        np.concatenate([np.full(cells.size, -1.0), np.ones(cells.size), np.full(int(later.sum()), -1.0)]),
    )


def _add_ceiling_row(rows: _Rows, problem: PlanningProblem, cost_per_kwh: Floats, value: float) -> None:
    cells = np.arange(problem.cells.piece.size)
    cost = cost_per_kwh[problem.cells.piece]
    rows.add(np.array([-INFINITY]), np.array([value]), np.zeros(cells.size, dtype=np.intp), cells, cost)
