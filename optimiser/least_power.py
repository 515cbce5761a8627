"""What lies below its least power: mended by exchanges, decided in rounds, or placed alone in the end."""

import numpy as np

from optimiser.certificate import Index
from optimiser.engines.base import Flow
from optimiser.exchange import Board, mend
from optimiser.pattern import Pattern, run_power_kw
from optimiser.problem import PlanningProblem
from optimiser.search import NEGLIGIBLE_KWH, Search
from optimiser.series import Floats
from optimiser.spread import cheapest_spread
from optimiser.taper import least_kwh

SETTLING_ROUNDS = 12
# With curves every round takes two general solves: on 100 buses 4 rounds leave 0.6 kWh missing after 7.3 s,
# 6 nothing and end 0.04 % from the bound after 8.8 s, 8 the same after 10.2 s.
SETTLING_ROUNDS_WITH_CURVES = 6


class LeastPower(Search):
    """The part of the search that decides whether a vehicle charges where it would be below its least."""

    def settle(self, pattern: Pattern, flow: Flow) -> Floats:
        """Mend what is below the least power; decide what cannot be mended, and ask again."""
        energy = self._mended(pattern, flow)
        if self._broken(pattern, energy).size:
            flow, energy = self._less_tidy(pattern, flow, energy)
        for _ in range(SETTLING_ROUNDS if self.problem.curves is None else SETTLING_ROUNDS_WITH_CURVES):
            broken = self._broken(pattern, energy)
            trial = pattern.copy()
            if broken.size == 0 or not self._decide(trial, broken, energy):
                break
            answer = self._cheapest(trial.problem(), self.wanted_kwh, tidy=True)
            if answer is None:
                break
            pattern, flow = trial, answer
            energy = self._mended(pattern, flow)
        energy = self._placed_alone(pattern, flow, energy)
        return self._served_whole(pattern, flow, energy)

    def _less_tidy(self, pattern: Pattern, flow: Flow, energy_kwh: Floats) -> tuple[Flow, Floats]:
        """A flow that nobody has tidied, if more of it can be mended: more vehicles can move in it."""
        other = self.ask(pattern).flow
        mended = self._mended(pattern, other)
        if self._broken(pattern, mended).size < self._broken(pattern, energy_kwh).size:
            return other, mended
        return flow, energy_kwh

    def _mended(self, pattern: Pattern, flow: Flow) -> Floats:
        low_kw = run_power_kw(self.problem)
        problem = self._under_its_peak(pattern.problem(), flow)
        board = Board(problem, low_kw, flow.energy_kwh, self.objective.cost_per_kwh)
        mend(board)
        return board.energy[board.at]

    def _under_its_peak(self, problem: PlanningProblem, flow: Flow) -> PlanningProblem:
        """Room cut to the peak that the flow has: no exchange may raise what costs money per kW."""
        peak = self.objective.peak
        if peak is None:
            return problem
        load_kw = problem.load_kw(flow.energy_kwh)[peak.counts]
        above_kw = max(peak.floor_kw, float(load_kw.max(initial=0.0))) - problem.immovable_kw
        room = np.where(peak.counts, np.maximum(above_kw, 0.0) * problem.kwh_per_kw, np.inf)
        site, *others = (limit.room_kwh for limit in problem.limits)
        return problem.with_rooms((np.minimum(site, room), *others))

    def _broken(self, pattern: Pattern, energy_kwh: Floats) -> Index:
        """Cells with some power, but less than the least, that are not the settled end of a run."""
        open_cell = pattern.lower_kwh < pattern.upper_kwh
        some = energy_kwh > NEGLIGIBLE_KWH
        least = least_kwh(self.problem, run_power_kw(self.problem), energy_kwh)
        return np.flatnonzero(open_cell & some & (energy_kwh < least * (1.0 - 1e-7)))

    def _decide(self, pattern: Pattern, broken: Index, energy_kwh: Floats) -> bool:
        """End a run early in a cell where that fits, else shut the cell, else raise it; any done?"""
        decided = False
        reach = self.problem.delivered_kwh(pattern.upper_kwh)
        for k in broken:
            i = int(self.problem.cell_session[k])
            if self._ends_run(pattern, int(k), i, energy_kwh):
                pattern.end_early(int(k), i, float(energy_kwh[k]))
                reach[i] = pattern.upper_kwh[pattern.cells_of(i)].sum()
            elif reach[i] - pattern.upper_kwh[k] >= self.wanted_kwh[i] and pattern.lower_kwh[k] == 0.0:
                reach[i] -= pattern.upper_kwh[k]
                pattern.upper_kwh[k] = 0.0
            else:
                continue
            decided = True
        return decided

    def _ends_run(self, pattern: Pattern, cell: int, i: int, energy_kwh: Floats) -> bool:
        """Whether a cell is the last before its session's target, with room for its least power."""
        if not self.problem.is_at_target(i, float(self.wanted_kwh[i])):
            return False
        later = energy_kwh[cell + 1 : pattern.cells_of(i).stop]
        room = pattern.spare_kwh(energy_kwh)[cell]
        return not (later > NEGLIGIBLE_KWH).any() and room >= pattern.low_kwh[cell] - energy_kwh[cell]

    def _placed_alone(self, pattern: Pattern, flow: Flow, energy_kwh: Floats) -> Floats:
        """Every session that still breaks a rule, placed anew in the room that the others leave."""
        energy = energy_kwh.copy()
        broken = np.unique(self.problem.cell_session[self._broken(pattern, energy)])
        energy[np.isin(self.problem.cell_session, broken)] = 0.0
        costs = self._cell_costs(flow.prices)
        for i in self._by_urgency(broken):
            cells = pattern.cells_of(i)
            pattern.release(i)
            spare = pattern.spare_kwh(energy)
            run = self._run(pattern, i, costs, spare)
            if not self.ruled[i]:
                high = np.minimum(self.problem.cells.upper_kwh[cells], spare[cells])
                run = cheapest_spread(
                    costs[cells], pattern.low_kwh[cells], high, float(self.wanted_kwh[i]), run
                )
            if run is not None:
                energy[cells] = run.energy_kwh
                pattern.bind_run(i, run)
        return energy

    def _served_whole(self, pattern: Pattern, flow: Flow, energy_kwh: Floats) -> Floats:
        """Whose fair share is too little for a run, but not the need, gets all of that where it fits."""
        need, got = self.problem.need_kwh, self.problem.delivered_kwh(energy_kwh)
        left_out = self.ruled & (got <= 0.0) & (self.wanted_kwh > NEGLIGIBLE_KWH)
        costs = self._cell_costs(flow.prices)
        for i in self._by_urgency(np.flatnonzero(left_out & (self.wanted_kwh < need - 1e-6))):
            cells = pattern.cells_of(i)
            pattern.release(i)
            high_kwh = np.minimum(self.run_kwh, pattern.spare_kwh(energy_kwh))
            run = self._run_at(pattern, i, costs, high_kwh, float(need[i]))
            if run is not None and run.energy_kwh.sum() >= need[i] - 1e-6:
                energy_kwh[cells] = run.energy_kwh
                pattern.bind_run(i, run)
        return energy_kwh
