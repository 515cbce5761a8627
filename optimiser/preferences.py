"""Wants 4 to 6: which of the equally good plans is wanted, as a convex cost on every cell.

4. little energy above the ideal power of a power rule, 5. near to the plan that is running already,
6. earlier, and each vehicle in one go. An engine looks for the least of it on the optimal face alone,
so none of it ever costs anything of wants 1 to 3.
"""

from typing import NamedTuple

import numpy as np

from optimiser.domain import ChargingSession
from optimiser.plan import Tag
from optimiser.problem import PlanningProblem
from optimiser.running import RunningPlan
from optimiser.series import Floats

# Weights per kWh. "Earlier" is worth at most 2, so a kWh is never moved away from the running plan for
# it, and never put above an ideal power to stay with the running plan.
AWAY_FROM_PLAN = 10.0
ABOVE_IDEAL = 200.0

_TAGS = {"minimum": Tag.MINIMUM, "bulk": Tag.BULK, "target": Tag.TARGET}


class Kink(NamedTuple):
    """An extra cost per kWh above an energy per cell; infinite where a cell has none."""

    above_kwh: Floats
    cost_per_kwh: float


class Preference(NamedTuple):
    """Cost of a kWh in every cell, and what is added above each kink.

    `running` as the problem has it; `ideal_kwh` is every cell's energy at the ideal power, infinite where
    there is none; None where no session has one.
    """

    problem: PlanningProblem
    running: RunningPlan | None = None
    ideal_kwh: Floats | None = None

    @property
    def kinks(self) -> tuple[Kink, ...]:
        """What is added above the running plan, and above ideal powers, where there are any."""
        running_kwh = None if self.running is None else self.running.kwh
        above = ((running_kwh, AWAY_FROM_PLAN), (self.ideal_kwh, ABOVE_IDEAL))
        return tuple(Kink(kwh, cost) for kwh, cost in above if kwh is not None)

    @property
    def cost_per_kwh(self) -> Floats:
        """Per cell; worked out whenever it is asked for, because not every engine needs it."""
        return earlier_first(self.problem)


def make_preference(problem: PlanningProblem, energy_kwh: Floats | None = None) -> Preference:
    """All of wants 4 to 6 that this problem has.

    Tags follow from the SoC, so power rules need to know a flow: `energy_kwh` per cell, if there is one.
    """
    ideal_kwh = _ideal_kwh(problem, energy_kwh) if problem.has_power_rules else None
    return Preference(problem, problem.running, ideal_kwh)


def earlier_first(problem: PlanningProblem) -> Floats:
    """Earlier, and whoever leaves first goes first; per cell and kWh, at most 2.

    The weight of a session times the hour of a piece orders vehicles as well as time, so each is
    charged in one go where prices allow: 1.6 runs a vehicle instead of 7.5 on a priced night of 100.
    """
    leaves = np.array([session.charge_until_ms for session in problem.sessions])
    rank = np.empty(leaves.size)
    rank[np.lexsort((np.arange(leaves.size), leaves))] = np.arange(leaves.size)
    weight = 2.0 - rank / max(1, leaves.size)
    hour = problem.middle_hours / max(1.0, float(problem.middle_hours.max(initial=1.0)))
    preference: Floats = weight[problem.cell_session] * hour[problem.cells.piece]
    return preference


def _ideal_kwh(problem: PlanningProblem, energy_kwh: Floats | None) -> Floats:
    """Ideal power times hours of every cell whose tag has a rule, by the SoC before it."""
    if energy_kwh is None:
        energy_kwh = np.zeros(problem.cells.piece.size)
    ideal = np.full(energy_kwh.size, np.inf)
    for i, session in enumerate(problem.sessions):
        if session.power_rules:
            cells = slice(problem.cells.first_cell[i], problem.cells.first_cell[i + 1])
            own = energy_kwh[cells]
            soc = session.soc + (np.cumsum(own) - own) / problem.capacity_kwh[i]
            ideal[cells] = _ideal_kw(session, soc) * problem.cell_hours[cells]
    return ideal


def _ideal_kw(session: ChargingSession, soc: Floats) -> Floats:
    """The least ideal power of the rules whose tag holds at each SoC; infinite where none does."""
    tags = np.where(soc < session.bulk_soc, int(Tag.BULK), int(Tag.TARGET))
    tags |= np.where(soc < session.minimum_soc, int(Tag.MINIMUM), 0)
    ideal = np.full(soc.size, np.inf)
    for rule in session.power_rules:
        holds = (tags & int(_TAGS.get(rule.tag, 0))) > 0
        ideal = np.where(holds, np.minimum(ideal, rule.ideal_power_kw), ideal)
    return ideal
