"""What would have to change for a vehicle that leaves short: the smallest repair of each kind that helps.

Each repair is tried with everything else as it is: the others keep at least their planned energy. In a
linear depot (no least power, unbroken runs or charging curves) a repair is exact: a minimum cut tells at
once how much is missing at least, and a flow whether that is enough. With such rules the relaxed flow
still says what is needed, and a plan of the session alone in the room that others leave says what is
enough; what lies between is searched by planning the depot again, as often as its size allows.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from optimiser.amendments import (
    ALLOW_PAUSING,
    LOWER_TARGET,
    TO_SOC,
    UNFREEZE,
    amended,
)
from optimiser.commitment import is_linear
from optimiser.domain import PlanRequest
from optimiser.engines.base import Prices
from optimiser.exceptions import SolverError
from optimiser.neighbourhood import Trial
from optimiser.network import make_network
from optimiser.plan import Repair, Shortfall
from optimiser.problem import PlanningProblem
from optimiser.repair_kinds import Failure, Kind, cuts_of, kinds_for
from optimiser.repair_outline import Amended
from optimiser.repair_trials import Depot, Planned, Trials
from optimiser.smallest import smallest
from optimiser.units import PERCENT

# Work for the repairs of one plan, counted in cells of the flows and plans that are made for it.
FLOW_CELLS = 40_000_000
ALONE_CELLS = 120_000
REPLANNED_CELLS = 20_000
# And in exact steps of those plans, some 0.1 s each: ten trucks that cannot pause would take 370, and 40 s.
EXACT_STEPS = 40

PROMISED = 1.0  # kW or minutes: how near to the smallest an amount is
SOC_UNIT = 0.1  # points
ROUNDED_UP_SOC = 0.049  # a target up to this many points above what is planned counts as reached
ENOUGH_KWH = 1e-6
FLOW_KWH = 1e-5  # what a solver's flow may miss by rounding


@dataclass(slots=True)
class _Budget:
    """Work that is left."""

    flow_cells: int = FLOW_CELLS
    alone_cells: int = ALONE_CELLS
    replanned_cells: int = REPLANNED_CELLS
    trial: Trial = field(default_factory=lambda: Trial(EXACT_STEPS))


def _budget(problem: PlanningProblem) -> _Budget:
    """Charging curves leave the plans to HiGHS, some 10 times slower a cell."""
    return _Budget() if problem.curves is None else _Budget(replanned_cells=REPLANNED_CELLS // 10)


def with_repairs(planned: Planned, shortfalls: tuple[Shortfall, ...]) -> tuple[Shortfall, ...]:
    """The shortfalls with their repairs, in the order given. The largest come first where work is short.

    Where it runs out, repairs of linear depots are tried without moving others, so they help, but a
    smaller one may too; those of others are left out, but for the lower target.
    """
    if not shortfalls:
        return shortfalls
    budget, depot = _budget(planned.problem), Depot(planned)
    cuts = _known_cuts(planned, [shortfall.session for shortfall in shortfalls])
    repairs: dict[int, tuple[Repair, ...]] = {}
    for shortfall in sorted(shortfalls, key=lambda entry: (-entry.shortfall_kwh, entry.session)):
        repairs[shortfall.session] = _repairs_of(_Case(depot, shortfall, cuts.get(shortfall.session), budget))
    return tuple(replace(entry, repairs=repairs[entry.session]) for entry in shortfalls)


def _known_cuts(planned: Planned, sessions: list[int]) -> dict[int, Prices]:
    """The cuts around those who are short that the plan itself shows; only a linear depot's are exact."""
    network = make_network(planned.problem, planned.solution.energy_kwh) if planned.is_linear else None
    if network is None:
        return {}
    return dict(zip(sessions, cuts_of(planned.problem, network, sessions), strict=True))


def _repairs_of(case: "_Case") -> tuple[Repair, ...]:
    """A solver that fails on a trial must not cost the plan: then what is known without one is left."""
    try:
        return tuple(case.repairs())
    except SolverError:
        return (case.lower_target(),)


class _Case:
    """The search for the repairs of one shortfall."""

    def __init__(self, depot: Depot, shortfall: Shortfall, cut: Prices | None, budget: _Budget) -> None:
        self.planned = depot.planned
        self.outline = depot.outline
        self.shortfall = shortfall
        self.cut = cut
        self.budget = budget
        self.trials = Trials(depot, shortfall.session)
        self.session = depot.planned.problem.sessions[shortfall.session]
        self._now: Failure | None = None

    def repairs(self) -> Iterator[Repair]:
        """The smallest of each kind that helps; the lower target, which always does, comes last."""
        if self.session.frozen is not None:
            yield from self._if_it_helps(Repair(UNFREEZE, {}))
        else:
            yield from self._with_amounts()
            if not self.session.vehicle.pausable:
                yield from self._if_it_helps(Repair(ALLOW_PAUSING, {}))
        yield self.lower_target()

    def lower_target(self) -> Repair:
        """What is planned, to the next tenth of a point: the plan itself shows that it helps."""
        planned_soc = self.shortfall.planned_soc * PERCENT + ROUNDED_UP_SOC
        return Repair(LOWER_TARGET, {TO_SOC: round(math.floor(planned_soc / SOC_UNIT) * SOC_UNIT, 1)})

    # -- repairs with an amount ----------------------------------------------------------------

    def _with_amounts(self) -> Iterator[Repair]:
        linear = self.planned.is_linear
        request, problem = self.planned.request, self.planned.problem
        for kind in kinds_for(request, problem, self.shortfall, linear=linear):
            needed = self._needed(kind)
            if needed is None:
                continue
            enough = needed if linear else self._enough(kind, needed)
            if enough is not None:
                yield _rounded(kind.make(enough))

    def _needed(self, kind: Kind) -> float | None:
        """The smallest amount with which a relaxed flow can serve everybody; None where no amount is."""
        return smallest(lambda amount: self._earliest_relaxed(kind, amount), kind.within)

    def _earliest_relaxed(self, kind: Kind, amount: float) -> float | None:
        if amount == 0.0:
            now = self._unrepaired()
            return kind.earliest(now) if now.missing_kwh > ENOUGH_KWH else None
        depot = self._depot_with(kind.make(amount))
        held = self.trials.held(depot)
        if held <= ENOUGH_KWH:
            return None
        if not self._may_flow():
            return _by_rate(kind, amount, held) if math.isfinite(held) else amount + kind.within.unit
        missing, cut = self._relaxed(depot.problem)
        return kind.earliest(Failure(amount, missing, depot.problem, cut)) if missing > 0.0 else None

    def _unrepaired(self) -> Failure:
        """What is missing as things are, and the cut that says why: the plan's own where that is exact."""
        if self._now is None:
            problem, i = self.planned.problem, self.shortfall.session
            if self.cut is not None:
                missing = self.trials.aim_kwh(float(problem.need_kwh[i])) - float(self.trials.kept_kwh[i])
                self._now = Failure(0.0, missing, problem, self.cut)
            else:
                self._now = self._failure(self.outline.plain)
        return self._now

    def _failure(self, problem: PlanningProblem) -> Failure:
        missing, cut = self._relaxed(problem)
        return Failure(0.0, missing, problem, cut)

    def _relaxed(self, problem: PlanningProblem) -> tuple[float, Prices]:
        self.budget.flow_cells -= problem.cells.piece.size
        missing, cut = self.trials.relaxed(problem)
        return (missing if missing > FLOW_KWH else 0.0), cut

    def _may_flow(self) -> bool:
        return self.budget.flow_cells >= self.outline.plain.cells.piece.size

    # -- least power and unbroken runs ---------------------------------------------------------

    def _enough(self, kind: Kind, needed: float) -> float | None:
        """The smallest amount that a plan proves to be enough; at least what a relaxed flow needs.

        A plan of the depot costs as much as a hundred trials of the session alone, so it is only made where
        these do not come as near as is promised. A little more than what is needed is often enough then.
        """
        unit, most = kind.within.unit, kind.within.most
        least = max(needed, unit)
        if self._earliest_alone(kind, least) is None:
            return least
        little_more, near = min(most, least + unit), min(most, least + PROMISED)
        if self._earliest_alone(kind, near) is None:
            return little_more if self._earliest_alone(kind, little_more) is None else near
        if self._may_plan() and self._planned_again(kind.make(little_more)):
            return little_more
        if self._earliest_alone(kind, most) is not None:
            return None
        enough = self._enough_alone(kind, little_more)
        return None if enough is None else self._less_by_planning(kind, little_more, enough)

    def _enough_alone(self, kind: Kind, least: float) -> float | None:
        """An amount with which no other has to move, where the most is one; None where the work runs out.

        Room that opens to a least power all at once is more than the rate tells, so steps end at the most.
        """
        most = kind.within.most

        def earliest(amount: float) -> float | None:
            after = self._earliest_alone(kind, amount)
            return min(after, most) if after is not None and math.isfinite(after) else after

        return smallest(earliest, replace(kind.within, least=least))

    def _earliest_alone(self, kind: Kind, amount: float) -> float | None:
        if self.budget.alone_cells <= 0:
            return math.inf
        missing = self._alone_missing(kind.make(amount))
        return _by_rate(kind, amount, missing) if missing > ENOUGH_KWH else None

    def _alone_missing(self, repair: Repair) -> float:
        first = self.planned.problem.cells.first_cell
        i = self.shortfall.session
        self.budget.alone_cells -= max(1, int(first[i + 1] - first[i]))
        return self.trials.alone(self._amended(repair))

    def _less_by_planning(self, kind: Kind, low: float, enough: float) -> float:
        """Halve between what is too little and what is enough by planning the depot again."""
        unit = kind.within.unit
        while enough - low > PROMISED and self._may_plan():
            middle = unit * round((low + enough) / 2.0 / unit)
            low, enough = (low, middle) if self._planned_again(kind.make(middle)) else (middle, enough)
        return enough

    def _may_plan(self) -> bool:
        enough_cells = self.budget.replanned_cells >= self.planned.problem.cells.piece.size
        return enough_cells and self.budget.trial.exact_steps > 0

    def _planned_again(self, repair: Repair) -> bool:
        self.budget.replanned_cells -= self.planned.problem.cells.piece.size
        return self.trials.planned_again(self._amended(repair), self.budget.trial)

    # -- repairs without an amount -------------------------------------------------------------

    def _if_it_helps(self, repair: Repair) -> Iterator[Repair]:
        depot = self._depot_with(repair)
        fits = self.trials.held(depot) <= ENOUGH_KWH
        fits = fits or (self._may_flow() and self._relaxed(depot.problem)[0] <= 0.0)
        if fits and (is_linear(depot.problem) or self._fits_by_rules(repair)):
            yield repair

    def _fits_by_rules(self, repair: Repair) -> bool:
        if self.budget.alone_cells > 0 and self._alone_missing(repair) <= ENOUGH_KWH:
            return True
        return self._may_plan() and self._planned_again(repair)

    def _depot_with(self, repair: Repair) -> Amended:
        return self.outline.with_repair(self.shortfall.session, repair)

    def _amended(self, repair: Repair) -> PlanRequest:
        return amended(self.planned.request, self.session, repair)


def _by_rate(kind: Kind, amount: float, missing_kwh: float) -> float:
    return amount + missing_kwh / kind.rate if kind.rate > 0.0 else math.inf


def _rounded(repair: Repair) -> Repair:
    """Multiples of a tenth leave some 1e-16 behind."""
    return replace(repair, amounts={name: round(amount, 6) for name, amount in repair.amounts.items()})
