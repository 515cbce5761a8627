"""Least power and rules of runs: deciding on and off where the relaxation breaks them.

The relaxed answer leaves most vehicles whole: their power is already 0 or enough. Runs that may not
pause, or not as they like, are placed vehicle by vehicle at the relaxation's prices and moved while that
pays; broken powers are mended
by exchanges between vehicles (`optimiser.exchange`). Only what is left is decided by narrowing bounds
and asking the engine again. That keeps the cost near the relaxed bound without a binary per cell. What
the rounds cannot settle is placed alone in the room that is left, which always ends in a plan that keeps
every rule.
"""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.certificate import Index
from optimiser.cuts import cell_prices
from optimiser.delivery import decide_delivery
from optimiser.engines.base import Engine, Flow, Objective, Prices, Question
from optimiser.exceptions import SolverError
from optimiser.exchange import Board, mend
from optimiser.improve import Improvement
from optimiser.limits import Flags
from optimiser.pattern import Pattern, run_power_kw
from optimiser.preferences import Preference
from optimiser.problem import PlanningProblem
from optimiser.ruled_runs import bound_to_runs, keeps_runs, rules_of
from optimiser.run_patterns import Course
from optimiser.run_window import Run
from optimiser.runs import ONE_RUN, cheapest_runs
from optimiser.series import Floats
from optimiser.spread import cheapest_spread
from optimiser.taper import least_kwh, mean_share_of_largest

NEGLIGIBLE_KWH = 1e-9
SETTLING_ROUNDS = 12
# With curves every round takes two general solves: on 100 buses 12 rounds end 0.04 % from the bound after
# 14 s, these 0.19 % after 7.6 s.
SETTLING_ROUNDS_WITH_CURVES = 4
MOVING_ROUNDS = 10


@dataclass(frozen=True, eq=False, slots=True)
class _Answer:
    """A flow for a pattern, and its two figures of merit: energy missing, then cost."""

    flow: Flow
    missing_kwh: float
    cost: float

    def beats(self, other: "_Answer") -> bool:
        """Less missing, or the same and cheaper."""
        if abs(self.missing_kwh - other.missing_kwh) > 1e-6:
            return self.missing_kwh < other.missing_kwh
        return self.cost < other.cost - 1e-9 * max(1.0, abs(other.cost))


@dataclass(frozen=True, eq=False, slots=True)
class Aim:
    """What the search minimises and prefers, and whether it may stop where nobody is short."""

    objective: Objective
    preference: Preference
    served_is_enough: bool = False


def needs_commitment(problem: PlanningProblem) -> Flags:
    """Sessions whose rules a linear programme cannot hold: least power, or rules of their runs."""
    return (problem.min_power_kw > 0.0) | bound_to_runs(problem)


def is_linear(problem: PlanningProblem) -> bool:
    """Whether a linear programme says all about this depot: no least power, rules of runs or curves."""
    return problem.curves is None and not bool(needs_commitment(problem).any())


def commit(engine: Engine, problem: PlanningProblem, energy_kwh: Floats, aim: Aim, relaxed: Flow) -> Floats:
    """Energies per cell near the relaxed flow's that keep least power and the rules of runs.

    `energy_kwh` is what each session should get; one gets less only where its rules leave no room.
    """
    search = _Search(engine, problem, aim, energy_kwh)
    ruled = np.flatnonzero(bound_to_runs(problem) & (energy_kwh > NEGLIGIBLE_KWH))
    improvement = Improvement(problem, aim.objective, relaxed.prices, energy_kwh, aim.served_is_enough)
    energy = improvement.improved(search.found(ruled, relaxed))
    if not search.met_a_cut or improvement.is_near(energy, improvement.merit(energy)):
        return energy
    search.heeds_cost = False
    other = improvement.improved(search.found(ruled, relaxed))
    return other if improvement.merit(other).beats(improvement.merit(energy)) else energy


class _Search:
    """What stays the same during the search: engine, free problem, aim and wanted energies."""

    def __init__(self, engine: Engine, problem: PlanningProblem, aim: Aim, energy_kwh: Floats) -> None:
        self.engine = engine
        self.problem = problem
        self.objective = aim.objective
        self.preference = aim.preference
        self.wanted_kwh = energy_kwh
        self.ruled = bound_to_runs(problem)
        # A pattern that leaves energy missing has the prices of its cut, with or without those of the cost.
        # Neither leads to the better runs everywhere, so both are tried once such a pattern was met.
        self.heeds_cost, self.met_a_cut = True, False
        # A run must be long enough for its curve: it is sought with the mean power, not the largest.
        mean_kwh = mean_share_of_largest(problem)[problem.cell_session] * problem.cells.upper_kwh
        self.run_kwh = np.minimum(problem.cells.upper_kwh, mean_kwh)
        self.least_kwh = run_power_kw(problem)[problem.cell_session] * problem.cell_hours

    def _cheapest(self, problem: PlanningProblem, energy_kwh: Floats, *, tidy: bool = False) -> Flow | None:
        preference = self.preference if tidy else None
        return self.engine.cheapest(problem, Question(energy_kwh, self.objective, preference=preference))

    def ask(self, pattern: Pattern, *, tidy: bool = False) -> _Answer:
        """The cheapest flow within a pattern; it delivers less only where the pattern leaves no room.

        Where it does, the cut that proves it is priced above everything else, so that whoever looks at
        the prices moves away from there first.
        """
        narrowed = pattern.problem()
        flow = self._cheapest(narrowed, self.wanted_kwh, tidy=tidy)
        if flow is not None:
            return _Answer(flow, 0.0, self._cost(flow))
        self.met_a_cut = True
        narrowed, possible, cut = self._what_fits(narrowed)
        held = narrowed.delivered_kwh(narrowed.lower_kwh)
        flow = self._cheapest(narrowed, possible, tidy=tidy)
        flow = flow or self.engine.most(narrowed, np.maximum(possible, held) * (1.0 + 1e-9))
        dearer = 10.0 * (1.0 + float(np.abs(self.objective.cost_per_kwh).max(initial=0.0)))
        share = float(self.heeds_cost)
        limits = tuple(share * p + dearer * c for p, c in zip(flow.prices.limits, cut.limits, strict=True))
        missing = float(np.maximum(self.wanted_kwh - possible, 0.0).sum())
        return _Answer(replace(flow, prices=replace(flow.prices, limits=limits)), missing, self._cost(flow))

    def _what_fits(self, narrowed: PlanningProblem) -> tuple[PlanningProblem, Floats, Prices]:
        """What can be delivered within a pattern, and the cut that proves it.

        Least powers late in a run can contradict a charging curve; then they are let go, and the plan's
        run along the curve decides (`optimiser.taper`).
        """
        if narrowed.curves is None:
            delivery = decide_delivery(self.engine, narrowed, self.wanted_kwh)
            return narrowed, np.minimum(self.wanted_kwh, delivery.energy_kwh), delivery.target_cut
        try:
            flow = self.engine.most(narrowed, self.wanted_kwh)
        except SolverError:
            narrowed = narrowed.with_bounds(np.zeros_like(narrowed.lower_kwh), narrowed.cells.upper_kwh)
            flow = self.engine.most(narrowed, self.wanted_kwh)
        possible = narrowed.delivered_kwh(flow.energy_kwh) * (1.0 - 1e-7)
        return narrowed, np.minimum(self.wanted_kwh, possible), flow.prices

    def answer(self, energy_kwh: Floats) -> _Answer:
        """How good these energies per cell are."""
        flow = Flow(energy_kwh, Prices.none(self.problem))
        missing = np.maximum(self.wanted_kwh - self.problem.delivered_kwh(energy_kwh), 0.0).sum()
        return _Answer(flow, float(missing), self._cost(flow))

    def _cost(self, flow: Flow) -> float:
        cost = float(flow.energy_kwh @ self.objective.cost_per_kwh[self.problem.cells.piece])
        peak = self.objective.peak
        if peak is None:
            return cost
        load_kw = self.problem.load_kw(flow.energy_kwh)[peak.counts]
        return cost + peak.price_per_kw * max(0.0, float(load_kw.max(initial=0.0)) - peak.floor_kw)

    def found(self, ruled: Index, relaxed: Flow) -> Floats:
        """Energies that keep all rules: runs placed first, then what is below the least power settled."""
        pattern, flow = Pattern.open(self.problem), relaxed
        if ruled.size:
            pattern, flow = self.place_runs(ruled, relaxed)
        return self.settle(pattern, flow)

    # -- runs ----------------------------------------------------------------------------------

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
        self, sessions: Index, running_kwh: Floats, pattern: Pattern, answer: _Answer
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
        least[last] = 0.0
        fits = np.all(planned_kwh[used] <= high[used] + 1e-6) and np.all(high[used] >= low[used])
        enough = np.all(planned_kwh[used] >= least[used] - 1e-6)
        if not (fits and enough and abs(planned_kwh.sum() - self.wanted_kwh[i]) < 1e-3):
            return None
        energy = np.where(used, planned_kwh, 0.0) * (self.wanted_kwh[i] / planned_kwh[used].sum())
        if not keeps_runs(self.problem, i, energy, high >= low):
            return None
        hangs = rules_of(self.problem, i).hang_on_target(used, self.problem.cell_hours[cells])
        return Run(int(np.argmax(used)), last + 1, energy, 0.0, hangs)

    def _moved(self, pattern: Pattern, sessions: Index) -> tuple[Pattern, _Answer]:
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

    def _move_some(self, pattern: Pattern, sessions: Index, answer: _Answer, share: int) -> bool:
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

    def _run(self, pattern: Pattern, i: int, costs: Floats, spare_kwh: Floats) -> Run | None:
        """At the mean power of its curve; at its largest where there is no run that is so slow."""
        wanted_kwh, upper_kwh = float(self.wanted_kwh[i]), self.problem.cells.upper_kwh
        run = self._run_at(pattern, i, costs, np.minimum(self.run_kwh, spare_kwh), wanted_kwh)
        if run is None and self.ruled[i] and self.problem.sessions[i].vehicle.charging_curve is not None:
            return self._run_at(pattern, i, costs, np.minimum(upper_kwh, spare_kwh), wanted_kwh)
        return run

    def _run_at(
        self, pattern: Pattern, i: int, costs: Floats, high_kwh: Floats, wanted_kwh: float
    ) -> Run | None:
        cells = pattern.cells_of(i)
        least_kwh = np.minimum(self.least_kwh[cells], self.run_kwh[cells])
        course = Course(costs[cells], least_kwh, high_kwh[cells], self.problem.cell_hours[cells])
        at_target = wanted_kwh >= float(self.problem.need_kwh[i]) - 1e-6
        rules = rules_of(self.problem, i) if self.ruled[i] else ONE_RUN
        return cheapest_runs(course, wanted_kwh, rules, ends_early=at_target)

    # -- least power ---------------------------------------------------------------------------

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
        room = np.where(peak.counts, np.maximum(above_kw, 0.0) * problem.hours / problem.ac_per_dc, np.inf)
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
        if self.wanted_kwh[i] < self.problem.need_kwh[i] - 1e-6:
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

    # -- shared --------------------------------------------------------------------------------

    def _cell_costs(self, prices: Prices) -> Floats:
        return cell_prices(self.problem, prices, self.objective.cost_per_kwh)

    def _by_urgency(self, sessions: Index) -> list[int]:
        """Running ones first, then by priority, then those with the least slack, then in their order."""
        p = self.problem
        slack = (p.delivered_kwh(p.cells.upper_kwh) - self.wanted_kwh)[sessions]
        order = np.lexsort((sessions, slack, -p.priority[sessions], ~p.charging_now[sessions]))
        return [int(i) for i in sessions[order]]
