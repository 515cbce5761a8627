"""The planner against the reference on random small depots: how far each want is above its true optimum.

`python -m tests.properties.differential 1000` makes a recorded run and prints the worst of every stage.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

from optimiser.checker import check_plan
from optimiser.domain import PlanRequest, Strategy
from optimiser.plan import Plan
from optimiser.planner import plan_site
from optimiser.units import MS_PER_MINUTE
from tests.properties.reference_depot import HOUR_MS, Depot, read_depot
from tests.properties.reference_milp import REACHED_SOC, Reference, UndecidedError
from tests.properties.strategies import full_depots

MOST_CELLS = 60
# A plan keeps to whole milliseconds and 0.001 kW, a solver to 1e-7.
ROUNDING = 2e-4


@dataclass(frozen=True)
class Gap:
    """One want of one depot: the plan's value, the optimum, and the plan's own bound."""

    stage: str
    value: float
    optimum: float
    bound: float

    @property
    def distance(self) -> float:
        """How far the plan is above the optimum, relative above 1."""
        return (self.value - self.optimum) / max(1.0, abs(self.optimum))


def gaps_of(request: PlanRequest) -> list[Gap] | None:
    """All wants of a depot; None where it is too large, or its preconditioning does not fit.

    `priority`: energy missing of the highest priority, where in total no more is missing than must be. The
    strategy's value is compared at the energies that the plan delivers.
    """
    depot = read_depot(request)
    if not depot.stays or len(depot.cells) > MOST_CELLS:
        return None
    plan = plan_site(request, repairs=False)
    if any(notice.code == "preconditioning-cut" for notice in plan.notices):
        return None
    assert check_plan(request, plan) == ()
    return list(_gaps(depot, plan))


def _gaps(depot: Depot, plan: Plan) -> Iterator[Gap]:
    stages, obliged = plan.report.stages, goes_on(depot, plan)
    reference = Reference(depot, obliged)
    for stage, optimum in zip(stages, reference.least_missing(stages[0].value), strict=False):
        yield Gap(stage.name, stage.value, optimum, stage.bound)
    delivered = delivered_kwh(plan)
    if stages[1].value <= optimum + 1e-3:
        highest = max(stay.priority for stay in depot.stays)
        short = sum(
            max(0.0, stay.energy_need_kwh - kwh)
            for stay, kwh in zip(depot.stays, delivered, strict=True)
            if stay.priority == highest
        )
        yield Gap("priority", short, reference.least_missing_of(highest), 0.0)
    stage = stages[plan.report.strategy_stage]
    best = Reference(depot, obliged).least_value(depot.request.strategy, delivered)
    asap = depot.request.strategy is Strategy.ASAP
    yield Gap(stage.name, at_middles(depot, plan) if asap else stage.value, best, stage.bound)


def at_middles(depot: Depot, plan: Plan) -> float:
    """`asap` with all energy at the middle of its piece; runs that end inside one are a little earlier."""
    edges, segments = np.array(depot.edges), plan.segments
    start = np.maximum(segments.start_ms[:, None], edges[:-1])
    hours = np.maximum(np.minimum(segments.end_ms[:, None], edges[1:]) - start, 0) / HOUR_MS
    middles = ((edges[1:] + edges[:-1]) / 2 - depot.request.now_ms) / HOUR_MS
    return float(segments.power_kw @ hours @ middles)


def delivered_kwh(plan: Plan) -> np.ndarray:
    """What goes into the battery of every session, in the plan's order."""
    segments, last = plan.segments, plan.segments.first[1:] - 1
    rise = segments.end_soc[last] - segments.start_soc[segments.first[:-1]]
    return rise * np.array([session.vehicle.battery_capacity_kwh for session in plan.sessions])


def goes_on(depot: Depot, plan: Plan) -> set[int]:
    """Sessions whose run under way lasts as long as it must in the plan: so it must in the reference."""
    kept, segments, request = set(), plan.segments, depot.request
    for i, stay in enumerate(depot.stays):
        rows = range(segments.first[i], segments.first[i + 1])
        run = [
            r
            for n, r in enumerate(rows)
            if all(segments.end_soc[x] > segments.start_soc[x] for x in rows[: n + 1])
        ]
        if stay.charging_now and run:
            asked_ms = (stay.charging_since_ms or 0) + request.min_run_minutes * MS_PER_MINUTE
            met = segments.end_soc[run[-1]] >= stay.target_soc - REACHED_SOC
            kept |= {i} if met or segments.end_ms[run[-1]] >= asked_ms else set()
    return kept


@dataclass
class Tally:
    """All gaps so far, and the depot of the worst of each stage."""

    gaps: list[Gap] = field(default_factory=list)
    worst: dict[str, tuple[float, PlanRequest]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    undecided: set[str] = field(default_factory=set)

    @property
    def depots(self) -> int:
        """How many different depots were compared."""
        return len(self.seen)

    def add(self, request: PlanRequest, gaps: list[Gap]) -> None:
        """One more depot; those with charging curves, which the reference relaxes, are told apart."""
        self.seen.add(repr(request))
        if any(session.vehicle.charging_curve for session in request.sessions):
            gaps = [replace(gap, stage=f"{gap.stage}, curves") for gap in gaps]
        self.gaps += gaps
        for gap in gaps:
            if gap.distance > self.worst.get(gap.stage, (0.0, request))[0]:
                self.worst[gap.stage] = (gap.distance, request)

    def lines(self) -> Iterator[str]:
        """Per stage: how many, how many exact, mean and worst distance."""
        for stage in dict.fromkeys(gap.stage for gap in self.gaps):
            found = np.array([max(0.0, gap.distance) for gap in self.gaps if gap.stage == stage])
            exact = float(np.mean(found <= ROUNDING))
            yield (
                f"{stage:24} {found.size:5} depots, {exact:6.1%} exact, "
                f"mean {found.mean():.2e}, worst {found.max():.2e} above the optimum"
            )

    def untrue(self) -> list[Gap]:
        """What cannot be, unless planner or reference is wrong."""
        return [gap for gap in self.gaps if is_untrue(gap)]

    def mean(self) -> float:
        """Mean distance over all stages."""
        return float(np.mean([max(0.0, gap.distance) for gap in self.gaps]))


def is_untrue(gap: Gap) -> bool:
    """Whether a plan is better than the optimum, or its bound above it."""
    too_high = gap.bound > gap.optimum + ROUNDING * max(1.0, abs(gap.optimum))
    return gap.distance < -ROUNDING or too_high


def recorded_run(depots: int) -> Tally:
    """Random depots until so many were small enough to be compared."""
    tally = Tally()

    @settings(
        max_examples=3 * depots,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(full_depots())
    def compare(request: PlanRequest) -> None:
        new = tally.depots < depots and repr(request) not in tally.seen
        try:
            gaps = gaps_of(request) if new else None
        except UndecidedError:
            tally.undecided.add(repr(request))
            return
        if gaps is not None:
            tally.add(request, gaps)

    compare()
    return tally


if __name__ == "__main__":
    began = time.process_time()
    result = recorded_run(int(sys.argv[1]))
    print("\n".join(result.lines()))
    print(f"{len(result.untrue())} plans better than the optimum or bounds above it")
    print(f"{result.depots} depots, {len(result.undecided)} more undecided")
    print(f"{time.process_time() - began:.0f} s of CPU")
