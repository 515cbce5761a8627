"""Runs placed vehicle by vehicle at the prices of a pattern, and moved while that pays."""

import numpy as np

from optimiser.certificate import Index
from optimiser.engines.base import Flow, Prices
from optimiser.pattern import Pattern
from optimiser.ruled_runs import keeps_runs, rules_of
from optimiser.run_window import Run
from optimiser.search import NEGLIGIBLE_KWH, Answer, Search
from optimiser.series import Floats

MOVING_ROUNDS = 10


class RunPlacing(Search):
    """The part of the search that decides where runs begin and end."""

    def place_runs(self, sessions: Index, relaxed: Flow) -> tuple[Pattern, Flow]:
        """Runs for each session, as cheap as moving them makes it; the running plan's among equals.

        Who may pause keeps the relaxed flow's where that keeps the rules.
        """
        relaxed_kwh = np.where(self.problem.pausable[self.problem.cell_session], relaxed.energy_kwh, 0.0)
        placed, _ = self._runs_like(sessions, relaxed_kwh, relaxed.prices)
        pattern, answer = self._moved(placed, sessions)
        running_kwh = self.problem.running_kwh
        if running_kwh is not None:
            pattern = self._or_as_running(sessions, running_kwh, pattern, answer)
        return pattern, self.ask(pattern, tidy=True).flow

    def _or_as_running(
        self, sessions: Index, running_kwh: Floats, pattern: Pattern, answer: Answer
    ) -> Pattern:
        """The running plan's runs, moved where that pays, unless the pattern beats them."""
        running, n_kept = self._runs_like(sessions, running_kwh)
        if not n_kept:
            return pattern
        kept, kept_answer = self._moved(running, sessions)
        return pattern if answer.beats(kept_answer) else kept

    def _runs_like(
        self, sessions: Index, planned_kwh: Floats, prices: Prices | None = None
    ) -> tuple[Pattern, int]:
        """Runs as a plan has them where these can be, and how many; the others' are placed at prices.

        Those are the prices beside the plan's runs unless given.
        """
        pattern = Pattern.open(self.problem)
        others = []
        for i in self._by_urgency(sessions):
            run = self._run_of_plan(pattern, i, planned_kwh[pattern.cells_of(i)])
            pattern.bind_run(i, run)
            others += [i] if run is None else []
        n_kept = sessions.size - len(others)
        if prices is not None or n_kept:
            self._bind(pattern, others, prices or self.ask(pattern).flow.prices)
        return pattern, n_kept

    def _run_of_plan(self, pattern: Pattern, i: int, planned_kwh: Floats) -> Run | None:
        """A plan's energies as runs, if they keep the rules, fit and are what is wanted."""
        cells, used = pattern.cells_of(i), planned_kwh > NEGLIGIBLE_KWH
        if not used.any() or not np.isfinite(planned_kwh).all():
            return None
        last = int(np.flatnonzero(used)[-1])
        spare = pattern.spare_kwh(pattern.lower_kwh)[cells]
        low, high = pattern.low_kwh[cells], np.minimum(self.problem.cells.upper_kwh[cells], spare)
        least = low.copy()
        if self.problem.is_at_target(i, float(self.wanted_kwh[i])):
            least[last] = 0.0  # there, and nowhere else, a run may end inside a piece
        fits = np.all(planned_kwh[used] <= high[used] + 1e-6) and np.all(high[used] >= low[used])
        enough = np.all(planned_kwh[used] >= least[used] - 1e-6)
        if not (fits and enough and abs(planned_kwh.sum() - self.wanted_kwh[i]) < 1e-3):
            return None
        energy = np.where(used, planned_kwh, 0.0) * (self.wanted_kwh[i] / planned_kwh[used].sum())
        if not keeps_runs(self.problem, i, energy, high >= low):
            return None
        hangs = rules_of(self.problem, i).hang_on_target(used, self.problem.cell_hours[cells])
        return Run(int(np.argmax(used)), last + 1, energy, 0.0, hangs)

    def _moved(self, pattern: Pattern, sessions: Index) -> tuple[Pattern, Answer]:
        """Runs moved to where the prices of the whole pattern are lower, as long as that pays."""
        answer = self.ask(pattern)
        share = 2
        for _ in range(MOVING_ROUNDS):
            trial = pattern.copy()
            if not self._move_some(trial, sessions, answer, share):
                break
            moved = self.ask(trial)
            if moved.beats(answer):
                pattern, answer = trial, moved
            elif share > sessions.size:
                break
            else:
                share *= 2
        return pattern, answer

    def _bind(self, pattern: Pattern, sessions: list[int], prices: Prices) -> None:
        costs = self._cell_costs(prices)
        for i in sessions:
            pattern.release(i)
            held = np.where(pattern.lower_kwh > 0.0, pattern.lower_kwh, 0.0)
            run = self._run(pattern, i, costs, pattern.spare_kwh(held))
            self._spread_out(costs, pattern, i, run)
            pattern.bind_run(i, run)

    def _spread_out(self, costs: Floats, pattern: Pattern, i: int, run: Run | None) -> None:
        """Make a taken piece a little dearer for the next vehicle, so that equals do not all choose it."""
        if run is not None:
            cells = pattern.cells_of(i)
            room = np.maximum(self.problem.limits[0].room_kwh, NEGLIGIBLE_KWH)
            taken = np.zeros(self.problem.n_pieces)
            pieces = self.problem.cells.piece[cells]
            taken[pieces] = run.energy_kwh / room[pieces]
            costs += 1e-3 * (np.abs(costs).mean() + NEGLIGIBLE_KWH) * taken[self.problem.cells.piece]

    def _move_some(self, pattern: Pattern, sessions: Index, answer: Answer, share: int) -> bool:
        """Place anew the runs that gain most at the pattern's own prices: one in `share` of them."""
        costs = self._cell_costs(answer.flow.prices)
        gains = np.array([self._gain(pattern, int(i), answer.flow, costs) for i in sessions])
        order = np.lexsort((sessions, -gains))
        chosen = [int(sessions[k]) for k in order[: -(-sessions.size // share)] if gains[k] > 1e-9]
        self._bind(pattern, chosen, answer.flow.prices)
        return bool(chosen)

    def _gain(self, pattern: Pattern, i: int, flow: Flow, costs: Floats) -> float:
        cells = pattern.cells_of(i)
        run = self._run(pattern, i, costs, self.problem.cells.upper_kwh)
        missing = self.wanted_kwh[i] - flow.energy_kwh[cells].sum()
        now = float(flow.energy_kwh[cells] @ costs[cells]) + missing * float(np.abs(costs).max())
        return now - run.cost if run is not None else 0.0
