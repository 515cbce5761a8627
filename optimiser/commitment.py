"""Least power and rules of runs: deciding on and off where the relaxation breaks them.

The relaxed answer leaves most vehicles whole: their power is already 0 or enough. Runs that may not
pause, or not as they like, are placed vehicle by vehicle at the relaxation's prices and moved while that
pays (`run_placing`); broken powers are mended by exchanges between vehicles (`least_power`, `exchange`).
Only what is left is decided by narrowing bounds and asking the engine again. That keeps the cost near the
relaxed bound without a binary per cell. What the rounds cannot settle is placed alone in the room that is
left, which always ends in a plan that keeps every rule. Then a few vehicles at a time are decided anew
(`improve`).
"""

import numpy as np

from optimiser.certificate import Index
from optimiser.engines.base import Engine, Flow
from optimiser.improve import Improvement
from optimiser.least_power import LeastPower
from optimiser.pattern import Pattern
from optimiser.problem import PlanningProblem
from optimiser.run_placing import RunPlacing
from optimiser.search import NEGLIGIBLE_KWH, Aim
from optimiser.series import Floats


def is_linear(problem: PlanningProblem) -> bool:
    """Whether a linear programme says all about this depot: no least power, rules of runs or curves."""
    return problem.curves is None and not problem.has_rules


def commit(engine: Engine, problem: PlanningProblem, energy_kwh: Floats, aim: Aim, relaxed: Flow) -> Floats:
    """Energies per cell near the relaxed flow's that keep least power and the rules of runs.

    `energy_kwh` is what each session should get; one gets less only where its rules leave no room.
    """
    search = _Commitment(engine, problem, aim, energy_kwh)
    search.start = relaxed.start
    ruled = np.flatnonzero(problem.bound_to_runs & (energy_kwh > NEGLIGIBLE_KWH))
    improvement = Improvement(problem, aim.objective, relaxed.prices, energy_kwh, aim.trial)

    def attempt() -> Floats:
        return improvement.improved(search.found(ruled, relaxed))

    energy = attempt()
    if search.met_a_cut and not improvement.is_near(energy, improvement.merit(energy)):
        search.heeds_cost = False
        energy = improvement.better(energy, attempt())
    if search.start is not None and improvement.leaves_short(energy):
        search.heeds_cost, search.goes_on = True, False
        energy = improvement.better(energy, attempt())
    return energy


class _Commitment(RunPlacing, LeastPower):
    """The whole search."""

    def found(self, ruled: Index, relaxed: Flow) -> Floats:
        """Energies that keep all rules: runs placed first, then what is below the least power settled."""
        pattern, flow = Pattern.open(self.problem), relaxed
        if ruled.size:
            pattern, flow = self.place_runs(ruled, relaxed)
        return self.settle(pattern, flow)
