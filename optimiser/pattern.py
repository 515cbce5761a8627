"""Which cells are on, off or open: the relaxed problem narrowed, step by step, until the rules hold."""

from dataclasses import dataclass

import numpy as np

from optimiser.charging_curve import least_between
from optimiser.problem import PlanningProblem
from optimiser.run_rules import SWITCHED_OFF_KW
from optimiser.run_window import Run
from optimiser.series import Floats
from optimiser.taper import curved_sessions, least_in_run


def run_power_kw(problem: PlanningProblem) -> Floats:
    """The least power of each session while it charges, before any charging curve lowers it."""
    lowest_kw = np.minimum(SWITCHED_OFF_KW, problem.max_power_kw)
    floor = np.where(problem.bound_to_runs, lowest_kw, 0.0)
    return np.maximum(problem.min_power_kw, floor)


def run_floor_kw(problem: PlanningProblem) -> Floats:
    """Power that a session never goes under while it charges: its least, or the least of its curve."""
    least = run_power_kw(problem)
    for i, curve, _ in curved_sessions(problem):
        session = problem.sessions[i]
        least[i] = min(least[i], least_between(curve, session.soc, session.target_soc))
    return least


@dataclass(eq=False, slots=True)
class Pattern:
    """Bounds of every cell, and room kept for runs that end inside a piece (all kWh per cell).

    `free` is the problem with nothing decided; `low_kwh` is the least power times the piece's hours.
    """

    free: PlanningProblem
    low_kwh: Floats
    lower_kwh: Floats
    upper_kwh: Floats
    reserved_kwh: Floats

    @classmethod
    def open(cls, problem: PlanningProblem) -> "Pattern":
        """Nothing decided yet."""
        low = run_floor_kw(problem)[problem.cell_session] * problem.cell_hours
        upper = problem.cells.upper_kwh.copy()
        return cls(problem, low, problem.lower_kwh.copy(), upper, np.zeros(upper.size))

    def copy(self) -> "Pattern":
        """A pattern to try something on."""
        kept = self.lower_kwh.copy(), self.upper_kwh.copy(), self.reserved_kwh.copy()
        return Pattern(self.free, self.low_kwh, *kept)

    def problem(self) -> PlanningProblem:
        """The problem within these bounds and the room that is left."""
        narrowed = self.free.with_bounds(self.lower_kwh, self.upper_kwh)
        return narrowed.with_rooms(tuple(self._rooms())) if self.reserved_kwh.any() else narrowed

    def cells_of(self, session: int) -> slice:
        """The cells of one session."""
        first = self.free.cells.first_cell
        return slice(int(first[session]), int(first[session + 1]))

    def bind_run(self, session: int, run: Run | None) -> None:
        """Only these runs, at any power from the least; nothing where there is none.

        What ends inside a piece, or is too short without the target, is bound to its energies; inside a
        piece it keeps room for its least power.
        """
        self.release(session)
        cells = self.cells_of(session)
        within = np.zeros(cells.stop - cells.start, dtype=bool)
        if run is not None:
            within = run.energy_kwh > 0.0
        least = (
            self.low_kwh[cells]
            if run is None
            else least_in_run(self.free, session, run.start, self.low_kwh[cells])
        )
        self.lower_kwh[cells] = np.where(within, least, 0.0)
        self.upper_kwh[cells] = np.where(within, self.free.cells.upper_kwh[cells], 0.0)
        if run is not None and (run.hangs or run.energy_kwh[run.end - 1] < self.low_kwh[cells][run.end - 1]):
            self._bind_early_end(session, cells, run)

    def _bind_early_end(self, session: int, cells: slice, run: Run) -> None:
        """Energies as the run has them; a charging curve may want others, so there only the last is bound."""
        if self.free.sessions[session].vehicle.charging_curve is None:
            self._fix(cells, run.energy_kwh)
            return
        last = cells.start + run.end - 1
        if run.energy_kwh[run.end - 1] >= self.low_kwh[last]:
            return
        self.lower_kwh[last], self.upper_kwh[last] = 0.0, self.low_kwh[last]
        self.reserved_kwh[last] = self.low_kwh[last]

    def release(self, session: int) -> None:
        """The whole window open again."""
        cells = self.cells_of(session)
        self.lower_kwh[cells] = 0.0
        self.upper_kwh[cells] = self.free.cells.upper_kwh[cells]
        self.reserved_kwh[cells] = 0.0

    def end_early(self, cell: int, session: int, energy_kwh: float) -> None:
        """Settle a cell in which a run ends before the piece does: at the target, so nothing follows."""
        self.upper_kwh[cell + 1 : self.cells_of(session).stop] = 0.0
        self._fix(slice(cell, cell + 1), np.array([energy_kwh]))

    def spare_kwh(self, used_kwh: Floats) -> Floats:
        """Room left for each cell under all its limits, with this much used in every cell."""
        left = self.free.spare_kwh(used_kwh + self.reserved_kwh)
        spare = np.vstack([left, np.full(self.free.n_pieces, np.inf)])  # NONE is the last row
        under = self.free.paths.limit[:, self.free.cell_session]
        left_over: Floats = np.maximum(spare[under, self.free.cells.piece].min(axis=0), 0.0)
        return left_over

    def _fix(self, cells: slice, energy_kwh: Floats) -> None:
        self.lower_kwh[cells] = self.upper_kwh[cells] = energy_kwh
        short = (energy_kwh > 0.0) & (energy_kwh < self.low_kwh[cells])
        self.reserved_kwh[cells] = np.where(short, self.low_kwh[cells] - energy_kwh, 0.0)

    def _rooms(self) -> list[Floats]:
        return list(np.maximum(self.free.spare_kwh(self.reserved_kwh), 0.0))
