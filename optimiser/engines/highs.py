"""The general engine: HiGHS, given the whole matrix at once.

One thread, always: HiGHS keeps one scheduler per process, and asking it for another number of threads
later makes `run()` fail. Interior point with crossover is faster from about 100 sessions on (6 x at 200
x 96) and ends at a vertex as the simplex method does, so few powers lie between 0 and the largest.
"""

from dataclasses import dataclass, replace

import highspy
import numpy as np

from optimiser.certificate import Index
from optimiser.engines.base import Flow, Prices, Question
from optimiser.exceptions import SolverError
from optimiser.preferences import Kink, Preference
from optimiser.problem import PlanningProblem
from optimiser.programme import LinearProgramme, delivery_programme, strategy_programme
from optimiser.series import Floats

INTERIOR_POINT_FROM_CELLS = 4_000
# Steps of the simplex method from an earlier answer's basis until interior point is faster: 0.6 s at 12,000
# columns. Programmes of one search mostly take less than 200.
MOST_STEPS = 3_000
FEASIBLE = 1e-7  # how well HiGHS meets its rows
DUAL_NOISE = 1e-7  # HiGHS's own tolerance of dual values


@dataclass(frozen=True, eq=False, slots=True)
class _Basis:
    """Where a solver ended, for programmes of as many columns and rows."""

    basis: highspy.HighsBasis
    n_columns: int
    n_rows: int

    @classmethod
    def of(cls, solver: highspy.Highs) -> "_Basis":
        return cls(solver.getBasis(), solver.getNumCol(), solver.getNumRow())

    def fits(self, solver: highspy.Highs) -> bool:
        return bool(self.n_columns == solver.getNumCol() and self.n_rows == solver.getNumRow())


@dataclass(frozen=True, eq=False, slots=True)
class _Start:
    """What another question can go on from: the bases of both solves, if there were two."""

    cheapest: _Basis
    preferred: _Basis | None = None


@dataclass(frozen=True, eq=False, slots=True)
class _Solved:
    """Column values and row duals."""

    values: Floats
    duals: Floats
    start: _Start | None = None


class HighsEngine:
    """Solves the relaxed problem by linear programming."""

    name = "highs"
    exact = False

    def most(self, problem: PlanningProblem, demand_kwh: Floats) -> Flow:
        """See `Engine.most`."""
        programme = delivery_programme(problem, demand_kwh)
        solved = _run(programme)
        if solved is None:
            raise SolverError("HiGHS calls a programme infeasible to which 0 is a solution")
        return _flow(problem, programme, solved)

    def shares_level(
        self, problem: PlanningProblem, demand_kwh: Floats, takes_at: Floats, gives_at: Floats
    ) -> bool:
        """See `Engine.shares_level`: a linear programme cannot tell."""
        return False

    def cheapest(self, problem: PlanningProblem, question: Question) -> Flow | None:
        """See `Engine.cheapest`. From a start it takes a fifth to a fortieth of the time."""
        programme = strategy_programme(problem, question)
        start = question.start if isinstance(question.start, _Start) else None
        solved = _run(programme, question.preference, start)
        return None if solved is None else _flow(problem, programme, solved)


def _run(
    programme: LinearProgramme, preference: Preference | None = None, start: _Start | None = None
) -> _Solved | None:
    """None where there is no solution."""
    if programme.cost.size == 0:
        return _without_columns(programme)
    solver = _solver(programme)
    if start is None or not _went_on(solver, start.cheapest):
        solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    if status != highspy.HighsModelStatus.kOptimal:
        raise SolverError(f"HiGHS ended with {solver.modelStatusToString(status)}")
    solution = solver.getSolution()
    reached = _Start(_Basis.of(solver), None if start is None else start.preferred)
    solved = _Solved(np.array(solution.col_value), np.array(solution.row_dual), reached)
    return solved if preference is None else _preferred(solver, programme, solved, preference)


def _went_on(solver: highspy.Highs, basis: _Basis) -> bool:
    """Solve from a basis; whether that came to an end. If not, all is as before."""
    if not basis.fits(solver):
        return False
    _, method = solver.getOptionValue("solver")
    _, most_steps = solver.getOptionValue("simplex_iteration_limit")
    solver.setOptionValue("solver", "simplex")
    solver.setOptionValue("simplex_iteration_limit", MOST_STEPS)
    solver.setBasis(basis.basis)
    solver.run()
    solver.setOptionValue("solver", method)
    solver.setOptionValue("simplex_iteration_limit", most_steps)
    if solver.getModelStatus() in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
        return True
    solver.clearSolver()
    return False


def _preferred(
    solver: highspy.Highs, programme: LinearProgramme, solved: _Solved, preference: Preference
) -> _Solved:
    """Among all optimal points the one with the least preference; the first one if that cannot be had.

    A point is optimal if it keeps every column with a reduced cost at its bound and every row with a
    dual at its side (complementary slackness). Held there, the solver goes on from the basis it has,
    which takes a third to a whole of the first solve, or from that of the preferred point before.
    """
    _hold_optimal(solver, programme, solved)
    columns = np.arange(programme.cost.size, dtype=np.int32)
    per_kwh = preference.cost_per_kwh
    extra = np.zeros(columns.size - per_kwh.size)
    solver.changeColsCost(columns.size, columns, np.concatenate([per_kwh, extra]))
    for kink in preference.kinks:
        _add_kink(solver, kink, preference.problem.largest_kwh)
    solver.setOptionValue("solver", "simplex")
    before = solved.start.preferred if solved.start else None
    if before is not None and before.fits(solver):
        solver.setBasis(before.basis)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return solved
    values = np.array(solver.getSolution().col_value)[: solved.values.size]
    start = solved.start and replace(solved.start, preferred=_Basis.of(solver))
    return replace(solved, values=values, start=start)


def _hold_optimal(solver: highspy.Highs, programme: LinearProgramme, solved: _Solved) -> None:
    """Columns with a reduced cost at their bound, and rows with a dual at their side."""
    solution, values = solver.getSolution(), solved.values
    held = np.abs(np.array(solution.col_dual)) > DUAL_NOISE
    tight = np.abs(solved.duals) > DUAL_NOISE
    activity = np.array(solution.row_value)
    columns, rows = np.arange(values.size, dtype=np.int32), np.arange(activity.size, dtype=np.int32)
    solver.changeColsBounds(
        columns.size,
        columns,
        np.where(held, values, programme.lower),
        np.where(held, values, programme.upper),
    )
    solver.changeRowsBounds(
        rows.size,
        rows,
        np.where(tight, activity, programme.row_lower),
        np.where(tight, activity, programme.row_upper),
    )


def _add_kink(solver: highspy.Highs, kink: Kink, largest_kwh: Floats) -> None:
    """A column per cell for the energy above the kink: energy - column <= kink."""
    cells = np.flatnonzero(kink.above_kwh < largest_kwh).astype(np.int32)
    count, first = cells.size, solver.getNumCol()
    nothing = np.zeros(0, dtype=np.int32)
    starts = np.zeros(count, dtype=np.int32)
    infinite = np.full(count, highspy.kHighsInf)
    costs = np.full(count, kink.cost_per_kwh)
    solver.addCols(count, costs, np.zeros(count), infinite, 0, starts, nothing, np.zeros(0))
    pairs = np.stack([cells, first + np.arange(count, dtype=np.int32)], axis=1).ravel().astype(np.int32)
    solver.addRows(
        count,
        -infinite,
        kink.above_kwh[cells],
        2 * count,
        np.arange(0, 2 * count, 2, dtype=np.int32),
        pairs,
        np.tile([1.0, -1.0], count),
    )


def _without_columns(programme: LinearProgramme) -> _Solved | None:
    """HiGHS calls a programme without columns `Empty`, whether its rows hold or not."""
    off = np.maximum(programme.row_lower, -programme.row_upper).max(initial=0.0)
    return _Solved(np.zeros(0), np.zeros(programme.n_rows)) if off <= FEASIBLE else None


def _solver(programme: LinearProgramme) -> highspy.Highs:
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    if programme.cost.size >= INTERIOR_POINT_FROM_CELLS:
        solver.setOptionValue("solver", "ipm")
    solver.passModel(as_highs_lp(programme))
    return solver


def as_highs_lp(programme: LinearProgramme) -> highspy.HighsLp:
    """The programme as HiGHS's own structure, columns compressed."""
    order = np.lexsort((programme.entry_row, programme.entry_column))
    counts = np.bincount(programme.entry_column, minlength=programme.cost.size)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = programme.cost.size, programme.n_rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = programme.cost, programme.lower, programme.upper
    lp.row_lower_, lp.row_upper_ = programme.row_lower, programme.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    lp.a_matrix_.index_ = programme.entry_row[order].astype(np.int32)
    lp.a_matrix_.value_ = programme.entry_value[order]
    return lp


def _flow(problem: PlanningProblem, programme: LinearProgramme, solved: _Solved) -> Flow:
    """Solver words to ours: duals of `<=` rows are <= 0 in a minimisation, our prices are >= 0."""
    first_limit = problem.n_sessions
    first_peak = first_limit + programme.limit_rows.piece.size
    price = np.maximum(-solved.duals, 0.0)
    energy = np.clip(solved.values[: problem.cells.piece.size], problem.lower_kwh, problem.cells.upper_kwh)
    peak = np.zeros(problem.n_pieces)
    peak[programme.peak_pieces] = price[first_peak : first_peak + programme.peak_pieces.size]
    curves = _curve_prices(problem, price[programme.first_curve_row :])
    limits = _limit_prices(problem, programme, price[first_limit:first_peak])
    return Flow(energy, Prices(limits, peak, curves), start=solved.start)


def _curve_prices(problem: PlanningProblem, price: Floats) -> Floats:
    """Rows of curves come multiplied by the piece's hours."""
    if problem.curves is None:
        return np.zeros(0)
    return price[: problem.curves.cell.size] * problem.cell_hours[problem.curves.cell]


def _limit_prices(problem: PlanningProblem, programme: LinearProgramme, price: Floats) -> Floats:
    prices = np.zeros((len(problem.limits), problem.n_pieces))
    rows: Index = programme.limit_rows.limit
    prices[rows, programme.limit_rows.piece] = price
    return prices
