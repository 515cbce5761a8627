"""Rows of the small exact programme that keep the rules of one session's runs (see `exact_step`)."""

import numpy as np

from optimiser.blocks import Columns, Rows
from optimiser.certificate import Index
from optimiser.limits import Flags
from optimiser.problem import PlanningProblem
from optimiser.ruled_runs import rules_of
from optimiser.run_rules import SAME_HOURS, RunRules
from optimiser.series import Floats

NEGLIGIBLE_KWH = 1e-9


def short_ends(problem: PlanningProblem, energy_kwh: Floats, sessions: Index) -> Flags:
    """Cells in which those of these sessions end that keep their least length of run only at the target."""
    ends = np.zeros(energy_kwh.size, dtype=bool)
    for i in sessions if problem.min_run_hours > 0.0 else ():
        own = slice(int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1]))
        on = energy_kwh[own] > NEGLIGIBLE_KWH
        if rules_of(problem, int(i)).hang_on_target(on, problem.cell_hours[own]):
            ends[own.start + int(np.flatnonzero(on)[-1])] = True
    return ends


def add_runs(
    problem: PlanningProblem,
    programme: tuple[Columns, Rows],
    cells: Index,
    columns: tuple[Index, Index],
    on: Flags,
) -> None:
    """So many beginnings at most, and runs of the least length.

    `cells` are the session's that have room, `columns` their z and q, `on` whether they charge now.
    Pieces without room in between break a run as well.
    """
    i, (made, rows), (z, q) = int(problem.cell_session[cells[0]]), programme, columns
    rules, n = rules_of(problem, i), cells.size
    under_way = (cells == problem.cells.first_cell[i]) & rules.charging
    begins = (on & ~np.concatenate([[False], on[:-1]])) | under_way
    s = made.add(np.zeros(n), under_way.astype(float), np.ones(n), begins.astype(float))
    row, follows, ones = np.arange(n), np.flatnonzero(np.diff(cells) == 1) + 1, np.ones(n)
    rows.add(
        np.zeros(n),
        np.full(n, np.inf),
        (row, s, ones),
        (row, z, -ones),
        (follows, z[follows - 1], ones[follows]),
    )
    if rules.most_pauses < n:
        late = rules.charging and not under_way.any()
        rows.at_least(float(late) - 1.0 - rules.most_pauses, s, -ones)
    _Lengths(problem, rules, i, cells).add(rows, z, q, s)


class _Lengths:
    """A run goes on until it is long enough or meets the target; pieces without room end it."""

    def __init__(self, problem: PlanningProblem, rules: RunRules, i: int, cells: Index) -> None:
        first, after = int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1])
        self.rules, self.at = rules, cells - first
        self.until = np.concatenate([[0.0], np.cumsum(problem.cell_hours[first:after])])

    def add(self, rows: Rows, on: Index, ends: Index, begins: Index) -> None:
        """z[k] + q[j .. k - 1] >= s[j] for pieces k within the least length of a run begun in j."""
        least = self.rules.least_at(self.at)
        on_of, end_of = (dict(zip(self.at.tolist(), c.tolist(), strict=True)) for c in (on, ends))
        for j, least_hours, begin in zip(self.at.tolist(), least, begins, strict=True):
            under_way = self.rules.charging and j == 0
            for k in self._within(j, float(least_hours), under_way):
                met = [end_of[e] for e in range(j, k) if e in end_of]
                columns = [*([on_of[k]] if k in on_of else []), *met, *([] if under_way else [begin])]
                values = np.ones(len(columns))
                values[-1] = 1.0 if under_way else -1.0
                rows.at_least(float(under_way), np.array(columns, dtype=np.intp), values)

    def _within(self, j: int, least_hours: float, under_way: bool) -> list[int]:
        """Later pieces that a run begun in j spans; also the one past the window, if it ends too early.

        A run that is under way spans the first as well, and may end with the window.
        """
        if least_hours <= 0.0:
            return []
        enough = self.until[j] + least_hours - SAME_HOURS
        pieces = range(j if under_way else j + 1, self.until.size - (1 if under_way else 0))
        return [k for k in pieces if self.until[k] < enough]
