"""What the search for patterns of on and off asks of an engine, and the best runs of one vehicle in it."""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.cuts import cell_prices
from optimiser.delivery import decide_delivery
from optimiser.engines.base import Engine, Flow, Objective, Prices, Question
from optimiser.exceptions import SolverError
from optimiser.neighbourhood import Trial
from optimiser.pattern import Pattern, run_power_kw
from optimiser.preferences import Preference
from optimiser.problem import PlanningProblem
from optimiser.ruled_runs import rules_of
from optimiser.run_patterns import Course
from optimiser.run_window import Run
from optimiser.runs import ONE_RUN, cheapest_runs
from optimiser.series import Floats
from optimiser.taper import mean_share_of_largest

NEGLIGIBLE_KWH = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """A flow for a pattern, and its two figures of merit: energy missing, then cost."""

    flow: Flow
    missing_kwh: float
    cost: float

    def beats(self, other: "Answer") -> bool:
        """Less missing, or the same and cheaper."""
        if abs(self.missing_kwh - other.missing_kwh) > 1e-6:
            return self.missing_kwh < other.missing_kwh
        return self.cost < other.cost - 1e-9 * max(1.0, abs(other.cost))


@dataclass(frozen=True, eq=False, slots=True)
class Aim:
    """What the search minimises and prefers, and whether it is only tried who can be served."""

    objective: Objective
    preference: Preference
    trial: Trial | None = None


class Search:
    """What stays the same during the search: engine, free problem, aim and wanted energies."""

    def __init__(self, engine: Engine, problem: PlanningProblem, aim: Aim, energy_kwh: Floats) -> None:
        self.engine = engine
        self.problem = problem
        self.objective = aim.objective
        self.preference = aim.preference
        self.wanted_kwh = energy_kwh
        self.ruled = problem.bound_to_runs
        # A pattern that leaves energy missing has the prices of its cut, with or without those of the cost.
        # Neither leads to the better runs everywhere, so both are tried once such a pattern was met.
        self.heeds_cost, self.met_a_cut = True, False
        # The next question differs from the last by a few bounds, so that answer is where to go on from. It
        # decides which of equally cheap ones comes out, and with it who is short: then all is asked anew.
        self.start: object | None = None
        self.goes_on = True
        # A run must be long enough for its curve: it is sought with the mean power, not the largest.
        mean_kwh = mean_share_of_largest(problem)[problem.cell_session] * problem.cells.upper_kwh
        self.run_kwh = np.minimum(problem.cells.upper_kwh, mean_kwh)
        self.least_kwh = run_power_kw(problem)[problem.cell_session] * problem.cell_hours

    def _cheapest(self, problem: PlanningProblem, energy_kwh: Floats, *, tidy: bool = False) -> Flow | None:
        preference = self.preference if tidy else None
        start = self.start if self.goes_on else None
        question = Question(energy_kwh, self.objective, preference=preference, start=start)
        flow = self.engine.cheapest(problem, question)
        self.start = self.start if flow is None else flow.start
        return flow

    def ask(self, pattern: Pattern, *, tidy: bool = False) -> Answer:
        """The cheapest flow within a pattern; it delivers less only where the pattern leaves no room.

        Where it does, the cut that proves it is priced above everything else, so that whoever looks at
        the prices moves away from there first.
        """
        narrowed = pattern.problem()
        flow = self._cheapest(narrowed, self.wanted_kwh, tidy=tidy)
        if flow is not None:
            return Answer(flow, 0.0, self._cost(flow))
        self.met_a_cut = True
        narrowed, possible, cut = self._what_fits(narrowed)
        held = narrowed.held_kwh
        flow = self._cheapest(narrowed, possible, tidy=tidy)
        flow = flow or self.engine.most(narrowed, np.maximum(possible, held) * (1.0 + 1e-9))
        dearer = 10.0 * (1.0 + float(np.abs(self.objective.cost_per_kwh).max(initial=0.0)))
        share = float(self.heeds_cost)
        limits = share * flow.prices.limits + dearer * cut.limits
        missing = float(np.maximum(self.wanted_kwh - possible, 0.0).sum())
        return Answer(flow._replace(prices=flow.prices._replace(limits=limits)), missing, self._cost(flow))

    def _what_fits(self, narrowed: PlanningProblem) -> tuple[PlanningProblem, Floats, Prices]:
        """What can be delivered within a pattern, and the cut that proves it.

        Least powers late in a run can contradict a charging curve; then they are let go, and the plan's
        run along the curve decides (`optimiser.taper`).
        """
        if narrowed.curves is None:
            delivery = decide_delivery(self.engine, narrowed, self.wanted_kwh)
            cut = delivery.target_cut or Prices.none(narrowed)
            return narrowed, np.minimum(self.wanted_kwh, delivery.energy_kwh), cut
        try:
            flow = self.engine.most(narrowed, self.wanted_kwh)
        except SolverError:
            narrowed = narrowed.with_bounds(np.zeros_like(narrowed.lower_kwh), narrowed.cells.upper_kwh)
            flow = self.engine.most(narrowed, self.wanted_kwh)
        possible = narrowed.delivered_kwh(flow.energy_kwh) * (1.0 - 1e-7)
        return narrowed, np.minimum(self.wanted_kwh, possible), flow.prices

    def _cost(self, flow: Flow) -> float:
        cost = float(flow.energy_kwh @ self.objective.cost_per_kwh[self.problem.cells.piece])
        peak = self.objective.peak
        if peak is None:
            return cost
        load_kw = self.problem.load_kw(flow.energy_kwh)[peak.counts]
        return cost + peak.price_per_kw * max(0.0, float(load_kw.max(initial=0.0)) - peak.floor_kw)

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
        at_target = self.problem.is_at_target(i, wanted_kwh)
        rules = rules_of(self.problem, i) if self.ruled[i] else ONE_RUN
        return cheapest_runs(course, wanted_kwh, rules, ends_early=at_target)

    def _cell_costs(self, prices: Prices) -> Floats:
        return cell_prices(self.problem, prices, self.objective.cost_per_kwh)

    def _by_urgency(self, sessions: Index) -> list[int]:
        """Running ones first, then by priority, then those with the least slack, then in their order."""
        p = self.problem
        slack = (p.delivered_kwh(p.cells.upper_kwh) - self.wanted_kwh)[sessions]
        order = np.lexsort((sessions, slack, -p.priority[sessions], ~p.charging_now[sessions]))
        return [int(i) for i in sessions[order]]
