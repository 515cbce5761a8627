"""Rows of the small exact programme that keep charging curves (see `exact_step` and `curve_rows`).

They know the least concave curve above each; whoever takes the point follows the true one afterwards.
"""

import numpy as np

from optimiser.blocks import Columns, Rows
from optimiser.certificate import Index
from optimiser.charging_curve import power_at
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.taper import curved_sessions


def least_to_the_target(problem: PlanningProblem, low_kw: Floats) -> Floats:
    """Least power [kW] of each session, or what its curve lets through at the target where that is less."""
    least = low_kw.copy()
    for i, curve, _ in curved_sessions(problem):
        at_target = float(power_at(curve, np.array([problem.sessions[i].target_soc]))[0])
        least[i] = min(least[i], at_target)
    return least


def add_curves(
    problem: PlanningProblem,
    programme: tuple[Columns, Rows],
    sessions: Index,
    cells: tuple[Index, Index],
    energy_kwh: Floats,
) -> None:
    """The rows of these sessions' curves, over running sums of their energies.

    `cells` are those with a column, and their columns; the others keep `energy_kwh`.
    """
    curves, (columns, rows) = problem.curves, programme
    if curves is None:
        return
    among = np.zeros(problem.n_sessions, dtype=bool)
    among[sessions] = True
    row_of = np.flatnonzero(among[problem.cell_session[curves.cell]])
    curved = np.zeros(problem.n_sessions, dtype=bool)
    curved[problem.cell_session[curves.cell[row_of]]] = True
    column, sum_of = _with_sums(problem, (columns, rows), curved, cells, energy_kwh)
    cell, hours = curves.cell[row_of], problem.cell_hours[curves.cell[row_of]]
    rise, own = curves.slope[row_of] * hours, curves.own_share[row_of]
    row, free = np.arange(cell.size), column[cell] >= 0
    later = cell > problem.cells.first_cell[problem.cell_session[cell]]
    own_value = 1.0 + own * rise
    rows.add(
        np.full(cell.size, -np.inf),
        curves.limit_kw[row_of] * hours - np.where(free, 0.0, own_value * energy_kwh[cell]),
        (row[free], column[cell[free]], own_value[free]),
        (row[later], sum_of[cell[later] - 1], rise[later]),
    )


def _with_sums(
    problem: PlanningProblem,
    programme: tuple[Columns, Rows],
    curved: np.ndarray,
    cells: tuple[Index, Index],
    energy_kwh: Floats,
) -> tuple[Index, Index]:
    """A column for what every curved cell's session has by its end: sum[k] - sum[k - 1] - e[k] = 0.

    Returns the columns of energies and of sums by cell, -1 where there is none.
    """
    columns, rows = programme
    column, sum_of = (np.full(energy_kwh.size, -1, dtype=np.intp) for _ in range(2))
    column[cells[0]] = cells[1]
    summed = np.flatnonzero(curved[problem.cell_session])
    zeros = np.zeros(summed.size)
    sum_of[summed] = columns.add(zeros, zeros, zeros + np.inf, _running_kwh(problem, energy_kwh)[summed])
    row, free = np.arange(summed.size), column[summed] >= 0
    later = summed > problem.cells.first_cell[problem.cell_session[summed]]
    given = np.where(free, 0.0, energy_kwh[summed])
    rows.add(
        given,
        given,
        (row, sum_of[summed], zeros + 1.0),
        (row[later], sum_of[summed[later] - 1], zeros[later] - 1.0),
        (row[free], column[summed[free]], zeros[free] - 1.0),
    )
    return column, sum_of


def _running_kwh(problem: PlanningProblem, energy_kwh: Floats) -> Floats:
    """What every session has by the end of each of its cells."""
    total = np.cumsum(energy_kwh)
    before = np.concatenate([[0.0], total])[problem.cells.first_cell[:-1]]
    running: Floats = total - before[problem.cell_session]
    return running
