"""Least power and unbroken runs as one mixed-integer programme: what one would write down and hand to HiGHS.

The relaxed programme with a whole column per cell, and one more where pausing is forbidden:

    z  charging at all       low z <= e <= high z
    s  the run begins here   s[j] >= z[j] - z[j-1],  sum s <= 1
"""

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np

from optimiser.certificate import Index
from optimiser.engines.base import Question
from optimiser.engines.highs import as_highs_lp
from optimiser.pattern import run_power_kw
from optimiser.problem import PlanningProblem
from optimiser.programme import LinearProgramme, strategy_programme
from optimiser.series import Floats

Entries = tuple[Index, Index, Floats]
LIMIT_REACHED = highspy.HighsModelStatus.kTimeLimit


@dataclass(frozen=True, slots=True)
class WholeSolve:
    """Where HiGHS stood when it stopped: at the gap, or `cut_off` by the limit.

    `spent_s` is that of `run()` alone. Without any solution `value` is infinite and `gap` as well.
    """

    spent_s: float
    value: float
    bound: float
    gap: float
    cut_off: bool
    n_whole: int


def whole_solve(
    problem: PlanningProblem,
    question: Question,
    gap: float,
    limit_s: float,
    seconds: Callable[[], float],
) -> WholeSolve:
    """HiGHS on the whole model, one thread, until its gap is this small or its time is over.

    Raises RuntimeError where it ends otherwise.
    """
    relaxed = strategy_programme(problem, question)
    solver = _solver(_with_whole_columns(relaxed, problem), relaxed.cost.size, gap, limit_s)
    begin = seconds()
    solver.run()
    spent_s = seconds() - begin
    status, info = solver.getModelStatus(), solver.getInfo()
    if status not in (highspy.HighsModelStatus.kOptimal, LIMIT_REACHED):
        raise RuntimeError(f"the whole model ends with {solver.modelStatusToString(status)}")
    return WholeSolve(
        spent_s=spent_s,
        value=info.objective_function_value,
        bound=info.mip_dual_bound,
        gap=info.mip_gap,
        cut_off=status == LIMIT_REACHED,
        n_whole=solver.getNumCol() - relaxed.cost.size,
    )


def _solver(programme: LinearProgramme, n_smooth: int, gap: float, limit_s: float) -> highspy.Highs:
    lp = as_highs_lp(programme)
    kinds = np.full(programme.cost.size, highspy.HighsVarType.kInteger, dtype=object)
    kinds[:n_smooth] = highspy.HighsVarType.kContinuous
    lp.integrality_ = list(kinds)
    solver = highspy.Highs()
    solver.silent()
    for name, value in (("threads", 1), ("mip_rel_gap", gap), ("time_limit", limit_s)):
        solver.setOptionValue(name, value)
    solver.passModel(lp)
    return solver


def _with_whole_columns(relaxed: LinearProgramme, problem: PlanningProblem) -> LinearProgramme:
    """z for every cell, then s for the cells of sessions that cannot pause; their rows at the end."""
    cells = problem.cells.piece.size
    unbroken = np.flatnonzero(~problem.pausable[problem.cell_session])
    first_z, n_columns = relaxed.cost.size, relaxed.cost.size + cells + unbroken.size
    blocks = [*_power_rows(problem, first_z), *_run_rows(problem, unbroken, first_z)]
    row_lower, row_upper, entries = [relaxed.row_lower], [relaxed.row_upper], [_entries(relaxed)]
    count = relaxed.n_rows
    for lower, upper, (row, column, value) in blocks:
        entries.append((row + count, column, value))
        row_lower.append(lower)
        row_upper.append(upper)
        count += lower.size
    row, column, value = (np.concatenate(part) for part in zip(*entries, strict=True))
    extra = np.zeros(n_columns - first_z)
    return LinearProgramme(
        cost=np.append(relaxed.cost, extra),
        lower=np.append(relaxed.lower, extra),
        upper=np.append(relaxed.upper, extra + 1.0),
        row_lower=np.concatenate(row_lower),
        row_upper=np.concatenate(row_upper),
        entry_row=row,
        entry_column=column,
        entry_value=value,
        limit_rows=relaxed.limit_rows,
        peak_pieces=relaxed.peak_pieces,
        first_curve_row=relaxed.first_curve_row,
    )


def _entries(programme: LinearProgramme) -> Entries:
    return programme.entry_row, programme.entry_column, programme.entry_value


Block = tuple[Floats, Floats, Entries]


def _power_rows(problem: PlanningProblem, first_z: int) -> list[Block]:
    """Least and largest power of every cell."""
    low = run_power_kw(problem)[problem.cell_session] * problem.cell_hours
    own, one = np.arange(low.size), np.ones(low.size)
    row, column = np.tile(own, 2), np.concatenate([own, own + first_z])
    at_least = row, column, np.concatenate([one, -low])
    at_most = row, column, np.concatenate([one, -problem.cells.upper_kwh])
    return [(0.0 * one, np.inf * one, at_least), (-np.inf * one, 0.0 * one, at_most)]


def _run_rows(problem: PlanningProblem, unbroken: Index, first_z: int) -> list[Block]:
    """A beginning wherever charging follows on none, and one beginning at most."""
    first_s = first_z + problem.cells.piece.size
    own, one = np.arange(unbroken.size), np.ones(unbroken.size)
    session = problem.cell_session[unbroken]
    follows = own[unbroken > problem.cells.first_cell[session]]
    begin = (
        np.concatenate([own, own, follows]),
        np.concatenate([own + first_s, unbroken + first_z, unbroken[follows] - 1 + first_z]),
        np.concatenate([one, -one, np.ones(follows.size)]),
    )
    _, of_session = np.unique(session, return_inverse=True)
    n_sessions = int(of_session.max(initial=-1)) + 1
    once = of_session, own + first_s, one
    return [
        (0.0 * one, np.inf * one, begin),
        (np.full(n_sessions, -np.inf), np.ones(n_sessions), once),
    ]
