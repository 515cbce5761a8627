"""A few vehicles decided anew and exactly: a small mixed-integer programme while the others stay.

`free` sessions may charge anywhere under all their rules, `flexible` ones keep the pieces they charge in
and change their powers there, the rest is load. Columns, per cell of a free session:

    e  energy           r  room kept where a run ends inside the piece, so that e + r is its least power
    z  charging at all  q  a run ends in here      s  a run begins in here

    low z <= e + r <= high z     r <= low q     z[later] + q <= 1     sum e >= need q
    runs:  s[j] >= z[j] - z[j-1],  sum s <= pauses + 1;   charging already:  s[first] = 1
           z[later, within the least length of j] + q[j .. later - 1] >= s[j]

The matrix of z and s alone has whole vertices (a run is a path), so few nodes are needed.
"""

import numpy as np

from optimiser.blocks import Columns, Rows
from optimiser.certificate import Index
from optimiser.engines.base import Objective
from optimiser.engines.mixed import Mixed, best_point
from optimiser.exact_curves import add_curves, least_to_the_target
from optimiser.exact_runs import add_runs, short_ends
from optimiser.merit import drawn_kwh, missing_price
from optimiser.neighbourhood import Effort, Neighbourhood
from optimiser.pattern import run_power_kw
from optimiser.problem import PlanningProblem
from optimiser.programme import LimitRows, LinearProgramme
from optimiser.ruled_runs import keeps_runs
from optimiser.series import Floats

NEGLIGIBLE_KWH = 1e-9
NO_INDEX = np.zeros(0, dtype=np.intp)


def repaired(
    problem: PlanningProblem,
    objective: Objective,
    wanted_kwh: Floats,
    energy_kwh: Floats,
    around: Neighbourhood,
    effort: Effort,
) -> Floats | None:
    """The energies with this neighbourhood at its best, or None where no better point was found."""
    model = _Model(problem, objective, wanted_kwh, energy_kwh, around)
    mixed = model.mixed()
    now = float(mixed.programme.cost @ mixed.start)
    point = best_point(mixed, effort.max_nodes, now - effort.enough, effort.tolerance)
    if point is None or not model.ends_at_targets(point):
        return None
    energies = model.energies(point)
    return energies if model.keeps_runs(energies) else None


class _Model:
    """The small programme, and the way back from its point to energies per cell."""

    def __init__(
        self,
        problem: PlanningProblem,
        objective: Objective,
        wanted_kwh: Floats,
        energy_kwh: Floats,
        around: Neighbourhood,
    ) -> None:
        self.problem, self.objective = problem, objective
        self.wanted_kwh, self.energy_kwh = wanted_kwh, energy_kwh
        low_kw = least_to_the_target(problem, run_power_kw(problem))
        self.low_kwh = low_kw[problem.cell_session] * problem.cell_hours
        self.draw_kwh = drawn_kwh(energy_kwh, self.low_kwh)
        self.free = around.free
        self.sessions = np.concatenate([around.free, around.flexible])
        self.open = self._open_cells(around.free)
        self.flexible = self._flexible_cells(around.flexible)
        self.cells = np.concatenate([self.open, self.flexible])
        self.columns, self.rows = Columns(), Rows()
        self._add_energies()
        self._add_rules(around.free)
        self._add_shortfalls()
        self._add_limits()
        self._add_peak()
        kept = np.where(np.isin(problem.cell_session, around.free), 0.0, energy_kwh)
        add_curves(
            problem,
            (self.columns, self.rows),
            self.sessions,
            (self.cells, self.energy_column),
            kept,
        )

    def mixed(self) -> Mixed:
        """The programme, its whole columns and where to start."""
        columns, rows = self.columns, self.rows
        cost, lower, upper, start = (np.concatenate(part) for part in zip(*columns.blocks, strict=True))
        row_lower, row_upper = (np.concatenate(part) for part in zip(*rows.bounds, strict=True))
        row, column, value = (np.concatenate(part) for part in zip(*rows.entries, strict=True))
        programme = LinearProgramme(
            cost,
            lower,
            upper,
            row_lower,
            row_upper,
            row,
            column,
            value,
            LimitRows(NO_INDEX, NO_INDEX),
            NO_INDEX,
            0,
        )
        whole = np.concatenate(columns.whole) if columns.whole else NO_INDEX
        return Mixed(programme, whole, start)

    def ends_at_targets(self, point: Floats) -> bool:
        """Whether whoever ends a run inside a piece gets all it needs; q need not be whole for the rest."""
        early = point[self.reserve_column] > NEGLIGIBLE_KWH
        sessions = np.unique(self.problem.cell_session[self.open[early]])
        got = np.array([point[self.of_session[int(i)]].sum() for i in sessions])
        return bool(np.all(got >= self.problem.need_kwh[sessions] - 1e-6))

    def energies(self, point: Floats) -> Floats:
        """Energies per cell, with whole on and off: a solver's on of 0.9999999 must leave no dust."""
        energy = self.energy_kwh.copy()
        values = np.clip(point[self.energy_column], 0.0, self.problem.cells.upper_kwh[self.cells])
        n = self.open.size
        values[:n] = np.where(point[self.on_column] > 0.5, values[:n], 0.0)
        kept = np.maximum(point[self.reserve_column], 0.0) < 1e-6
        floor = np.where((values[:n] > 0.0) & kept, self.low_kwh[self.open], 0.0)
        values[:n] = np.maximum(values[:n], floor)
        energy[self.cells] = values
        return energy

    def keeps_runs(self, energy_kwh: Floats) -> bool:
        """Whether free sessions keep the rules of their runs, to the last digit of whole numbers."""
        ruled = self.free[self.problem.bound_to_runs[self.free]]
        return all(self._keeps_runs(int(i), energy_kwh) for i in ruled)

    def _keeps_runs(self, i: int, energy_kwh: Floats) -> bool:
        own = slice(int(self.problem.cells.first_cell[i]), int(self.problem.cells.first_cell[i + 1]))
        return keeps_runs(self.problem, i, energy_kwh[own], np.ones(own.stop - own.start, dtype=bool))

    # -- columns and the rules of single vehicles ----------------------------------------------

    def _open_cells(self, sessions: Index) -> Index:
        usable = self.problem.cells.upper_kwh >= np.maximum(self.low_kwh * (1.0 - 1e-9), NEGLIGIBLE_KWH)
        return np.flatnonzero(np.isin(self.problem.cell_session, sessions) & usable)

    def _flexible_cells(self, sessions: Index) -> Index:
        """Cells that charge for their whole piece; all of them where nothing forbids any power."""
        problem = self.problem
        smooth = ~problem.bound_to_runs & (problem.min_power_kw <= 0.0)
        whole = (self.energy_kwh > NEGLIGIBLE_KWH) & (self.energy_kwh >= self.low_kwh * (1.0 - 1e-9))
        movable = whole | smooth[problem.cell_session]
        return np.flatnonzero(np.isin(problem.cell_session, sessions) & movable)

    def _add_energies(self) -> None:
        problem, cells, n = self.problem, self.cells, self.open.size
        cost = self.objective.cost_per_kwh[problem.cells.piece[cells]]
        lower = self.low_kwh[cells].copy()
        lower[:n] = 0.0
        upper = np.maximum(problem.cells.upper_kwh[cells], lower)
        self.energy_column = self.columns.add(cost, lower, upper, self.energy_kwh[cells])
        self.of_session = {
            int(i): self.energy_column[problem.cell_session[cells] == i] for i in self.sessions
        }

    def _add_rules(self, free: Index) -> None:
        """z, r, q and s of every free session, and the rows that tie them to its energies."""
        low, high, n = self.low_kwh[self.open], self.problem.cells.upper_kwh[self.open], self.open.size
        zeros, energy = np.zeros(n), self.energy_kwh[self.open]
        on, early = energy > NEGLIGIBLE_KWH, (energy > NEGLIGIBLE_KWH) & (energy < low * (1.0 - 1e-9))
        self.on_column = self.columns.add(zeros, zeros, np.ones(n), on.astype(float), whole=True)
        self.reserve_column = self.columns.add(zeros, zeros, low, np.where(early, low - energy, 0.0))
        may_end = self._reaches_target()[self.problem.cell_session[self.open]] & (low > 0.0)
        early |= short_ends(self.problem, self.energy_kwh, self.sessions)[self.open]
        self.end_column = self.columns.add(zeros, zeros, may_end.astype(float), early.astype(float))
        self.columns.whole += [self.end_column] if self.problem.min_run_hours > 0.0 else []
        e, z, r, q = self.energy_column[:n], self.on_column, self.reserve_column, self.end_column
        row, one = np.arange(n), np.ones(n)
        self.rows.add(zeros, zeros + np.inf, (row, e, one), (row, r, one), (row, z, -low))
        self.rows.add(zeros - np.inf, zeros, (row, e, one), (row, r, one), (row, z, -high))
        self.rows.add(zeros - np.inf, zeros, (row, r, one), (row, q, -low))
        self.rows.add(zeros - np.inf, zeros, (row, q, one), (row, z, -one))
        for i in free:
            self._add_order(int(i), np.flatnonzero(self.problem.cell_session[self.open] == i))

    def _reaches_target(self) -> Index:
        """Sessions that may end a run inside a piece: those that can get all they need, wanted or not."""
        return np.asarray(self.problem.reach_kwh >= self.problem.need_kwh - 1e-6)

    def _add_order(self, i: int, own: Index) -> None:
        """Nothing after an early end, which reaches the target; one run where pausing is forbidden."""
        n = own.size
        if n == 0:
            return
        z, q = self.on_column[own], self.end_column[own]
        later, earlier = np.tril_indices(n, -1)
        self.rows.add(
            np.full(n, -np.inf),
            np.ones(n),
            (np.arange(n), z, np.ones(n)),
            (later, q[earlier], np.ones(later.size)),
        )
        e = self.of_session[i]
        need = np.full(n, -float(self.problem.need_kwh[i]))
        self.rows.at_least(0.0, np.concatenate([e, q]), np.concatenate([np.ones(e.size), need]))
        if self.problem.bound_to_runs[i]:
            on = self.energy_kwh[self.open[own]] > NEGLIGIBLE_KWH
            add_runs(self.problem, (self.columns, self.rows), self.open[own], (z, q), on)

    # -- what vehicles share -------------------------------------------------------------------

    def _add_shortfalls(self) -> None:
        """Energy missing below what is wanted and below the minimum, and more for who goes short."""
        problem, sessions = self.problem, self.sessions
        missing = missing_price(problem, self.objective)
        fixed = self._fixed_kwh(sessions)
        wanted, need = self.wanted_kwh[sessions], problem.need_kwh[sessions]
        got = problem.delivered_kwh(self.energy_kwh)[sessions]
        least = np.minimum(problem.minimum_need_kwh[sessions], wanted)
        n, zeros = sessions.size, np.zeros(sessions.size)
        hanging = np.unique(problem.cell_session[short_ends(problem, self.energy_kwh, sessions)])
        keeps_all = (fixed > 0.0) | (np.isin(sessions, hanging) & ~np.isin(sessions, self.free))
        most_short = np.where(keeps_all, 0.0, wanted)
        short = self.columns.add(zeros + missing, zeros, most_short, np.maximum(wanted - got, 0.0))
        below = self.columns.add(zeros + 9.0 * missing, zeros, least, np.maximum(least - got, 0.0))
        more = np.maximum(need - wanted, 0.0)
        extra = self.columns.add(zeros - 0.9 * missing, zeros, more, np.clip(got - wanted, 0.0, more))
        row, one = np.arange(n), np.ones(n)
        columns = [self.of_session[int(i)] for i in sessions]
        of_row = np.repeat(row, [part.size for part in columns])
        energy = (of_row, np.concatenate(columns), np.ones(of_row.size))
        self.rows.add(wanted - fixed, wanted - fixed, energy, (row, short, one), (row, extra, -one))
        self.rows.add(least - fixed, np.full(n, np.inf), energy, (row, below, one))

    def _fixed_kwh(self, sessions: Index) -> Floats:
        """Energy of cells of these sessions that are no columns: runs' early ends."""
        outside = self.energy_kwh.copy()
        outside[self.cells] = 0.0
        return np.where(np.isin(sessions, self.free), 0.0, self.problem.delivered_kwh(outside)[sessions])

    def _others_kwh(self) -> Floats:
        """What every cell that is no column draws."""
        others = self.draw_kwh.copy()
        others[self.cells] = 0.0
        others[np.isin(self.problem.cell_session, self.free)] = 0.0
        return others

    def _add_limits(self) -> None:
        problem = self.problem
        others = self._others_kwh()
        spare = np.maximum(problem.spare_kwh(others), 0.0)
        for limit, left in zip(problem.limits, spare, strict=True):
            inside = np.flatnonzero(limit.members[problem.cell_session[self.cells]])
            pieces = problem.cells.piece[self.cells[inside]]
            most = np.bincount(
                pieces, problem.cells.upper_kwh[self.cells[inside]], minlength=problem.n_pieces
            )
            binding = np.flatnonzero(most > left)
            self._add_piece_rows(binding, left[binding], inside[np.isin(pieces, binding)])

    def _add_piece_rows(
        self, pieces: Index, upper: Floats, inside: Index, *more: tuple[Index, Index, Floats]
    ) -> None:
        """What these cells draw in each of the pieces, kept room included, is at most `upper`."""
        row = np.searchsorted(pieces, self.problem.cells.piece[self.cells[inside]])
        kept = inside < self.open.size
        ones = np.ones(inside.size)
        self.rows.add(
            np.full(pieces.size, -np.inf),
            upper,
            (row, self.energy_column[inside], ones),
            (row[kept], self.reserve_column[inside[kept]], ones[kept]),
            *more,
        )

    def _add_peak(self) -> None:
        peak, problem = self.objective.peak, self.problem
        if peak is None:
            return
        per_kw = problem.kwh_per_kw
        load_kw = problem.immovable_kw + problem.by_piece(self._others_kwh()) / per_kw
        touched = np.zeros(problem.n_pieces, dtype=bool)
        touched[problem.cells.piece[self.cells]] = True
        least = float((load_kw - peak.floor_kw)[peak.counts & ~touched].max(initial=0.0))
        rise_now = float((problem.load_kw(self.draw_kwh) - peak.floor_kw)[peak.counts].max(initial=0.0))
        rise = self.columns.add(
            *(np.array([v]) for v in (peak.price_per_kw, max(0.0, least), np.inf, rise_now))
        )
        pieces = np.flatnonzero(peak.counts & touched)
        inside = np.flatnonzero(peak.counts[problem.cells.piece[self.cells]])
        column = np.repeat(rise, pieces.size)
        self._add_piece_rows(
            pieces,
            (per_kw * (peak.floor_kw - load_kw))[pieces],
            inside,
            (np.arange(pieces.size), column, -per_kw[pieces]),
        )
