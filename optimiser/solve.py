"""PlanningProblem -> Solution: the wants of a plan met in order, and each with its bound.

First who gets how much (`delivery`), then the strategy's stages (`strategies`), each under the earlier
ones; then least power and unbroken runs (`commitment`). The relaxed prices of every stage are kept:
they are the certificate.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from optimiser.bounds import missing_bound, strategy_bound, valid_peak_prices
from optimiser.commitment import commit
from optimiser.delivery import Delivery, decide_delivery
from optimiser.domain import ShortfallPolicy, Strategy
from optimiser.engines.base import Ceiling, Engine, Flow, Objective, Prices, Question
from optimiser.exceptions import SolverError
from optimiser.fewest import count_prices
from optimiser.neighbourhood import Trial
from optimiser.preferences import Preference, make_preference
from optimiser.problem import PlanningProblem
from optimiser.search import Aim
from optimiser.series import Floats
from optimiser.settle import settled
from optimiser.strategies import objectives
from optimiser.taper import LEFT_BEHIND_KWH, follow_curves, reach_kwh, upper_along

# How much worse an earlier stage may get for a later one, relative to max(1, its value). The contract
# of a plan allows 1e-6; solvers need some room to call the next stage feasible.
HELD = 5e-7
# Shares of the energy by which a fair but tight delivery is eased until a solver finds it feasible.
EASINGS = (0.0, 1e-8, 1e-7, 1e-6)
NEGLIGIBLE_KWH = 1e-6
# Rounds in which flow and curve settle on each other.
CURVE_ROUNDS = 8


class Solution(NamedTuple):
    """Energy per cell that keeps all rules, what was aimed for, and the proof of it.

    `objective` is the strategy's own stage, `prices` are its dual prices, `bound` follows from them at
    the energies that the plan delivers. `missing_bounds` are those of wants 1 and 2. `counted`: prices for
    the number of those short, by priority, where that is to be least.
    """

    energy_kwh: Floats
    delivery: Delivery
    missing_bounds: tuple[float, float]
    objective: Objective
    prices: Prices
    bound: float
    counted: Mapping[float, Prices] = MappingProxyType({})

    @property
    def wanted_kwh(self) -> Floats:
        """What the relaxation delivers to each session: less than its need where a limit or its window stands
        in the way. The plan may deliver less than that where least power or unbroken runs do."""
        return self.delivery.energy_kwh


class Wants(NamedTuple):
    """The strategy's stages, and what is preferred among plans that are equally good for them.

    `trial`: it is only asked who can be served, so less work is put into the strategy's value.
    """

    stages: tuple[Objective, ...]
    preference: Preference
    trial: Trial | None = None

    def are_one_question(self, engine: Engine, problem: PlanningProblem) -> bool:
        """Whether the engine is asked for all at once; not where a later stage's peak or prices count."""
        return engine.exact and not problem.has_rules and all(stage.peak is None for stage in self.stages[1:])

    def question(
        self, engine: Engine, problem: PlanningProblem, energy_kwh: Floats, start: object | None = None
    ) -> Question:
        """All at once; or the first stage, without what is preferred where others follow: the last one
        decides that anew."""
        if len(self.stages) == 1:
            return Question(energy_kwh, self.stages[0], preference=self.preference, start=start)
        if self.are_one_question(engine, problem):
            return Question(energy_kwh, self.stages[0], preference=self.preference, then=self.stages[1])
        return Question(energy_kwh, self.stages[0], start=start)

    def end_with_flow(self, problem: PlanningProblem) -> bool:
        """Whether an exact engine's first flow is the plan, and its bound the proof: as in most depots."""
        return (
            len(self.stages) == 1
            and self.stages[0].peak is None
            and not problem.has_rules
            and problem.shortfall_policy is not ShortfallPolicy.FEWEST
        )

    def aim(self, objective: Objective) -> Aim:
        """What the commitment looks for at a stage."""
        return Aim(objective, self.preference, self.trial)


def solve(
    engine: Engine, problem: PlanningProblem, strategy: Strategy, *, trial: Trial | None = None
) -> Solution:
    """The best plan that the engine and the commitment find, with bounds that hold.

    `trial` is for those who only ask who can be served: it saves work, and says how much there may be.
    """
    stages = objectives(problem, strategy)
    wants = Wants(stages, make_preference(problem), trial)
    delivery, relaxed = _deliver(engine, problem, wants)
    if relaxed.bound is not None and wants.end_with_flow(problem):
        missing = _missing_bounds(problem, delivery)
        return Solution(relaxed.energy_kwh, delivery, missing, stages[0], relaxed.prices, relaxed.bound)
    return _beyond_flow(engine, problem, wants, delivery, relaxed)


def _beyond_flow(
    engine: Engine, problem: PlanningProblem, wants: Wants, delivery: Delivery, relaxed: Flow
) -> Solution:
    """Later stages, curves and rules on top of the relaxed flow, whose prices are the proof."""
    kept, wanted_kwh, first = _under_curves(engine, problem, delivery.energy_kwh, wants, relaxed)
    flows = _later_stages(engine, kept, wanted_kwh, wants, first)
    if problem.has_power_rules:
        wants = wants._replace(preference=make_preference(kept, flows[-1].energy_kwh))
    energy = _with_rules(engine, kept, wanted_kwh, wants, flows)
    peak = valid_peak_prices(problem, wants.stages[0], relaxed.prices.peak)
    if peak is not relaxed.prices.peak:
        relaxed = relaxed._replace(prices=relaxed.prices._replace(peak=peak))
    return Solution(
        energy_kwh=energy,
        delivery=delivery,
        missing_bounds=_missing_bounds(problem, delivery),
        objective=wants.stages[0],
        prices=relaxed.prices,
        bound=_bound(problem, energy, wants.stages[0], relaxed),
        counted=_counted(engine, problem, energy),
    )


def _missing_bounds(problem: PlanningProblem, delivery: Delivery) -> tuple[float, float]:
    """Of wants 1 and 2; both are 0 where everybody's window is enough and nobody stands in another's way."""
    if delivery.target_cut is None and problem.windows_suffice:
        return 0.0, 0.0
    return (
        missing_bound(problem, problem.minimum_need_kwh, delivery.minimum_cut),
        missing_bound(problem, problem.need_kwh, delivery.target_cut),
    )


def _counted(engine: Engine, problem: PlanningProblem, energy: Floats) -> dict[float, Prices]:
    if problem.shortfall_policy is not ShortfallPolicy.FEWEST:
        return {}
    return count_prices(engine, problem.without_curves(), problem.delivered_kwh(energy))


def _bound(problem: PlanningProblem, energy: Floats, objective: Objective, relaxed: Flow) -> float:
    """The bound at the energies that the plan delivers; an engine's own where those are the flow's."""
    if relaxed.bound is None or problem.has_rules:
        return strategy_bound(problem, problem.delivered_kwh(energy), objective, relaxed.prices)
    return relaxed.bound


def _deliver(engine: Engine, problem: PlanningProblem, wants: Wants) -> tuple[Delivery, Flow]:
    """Everybody as much as alone if that can be, which one solve tells; else fair shares of what can."""
    alone = _with_curve_cut(engine, problem, Delivery(reach_kwh(problem)))
    flow = engine.cheapest(problem, wants.question(engine, problem, alone.energy_kwh))
    if flow is not None:
        return alone, flow
    delivery = _with_curve_cut(
        engine, problem, decide_delivery(engine, problem.without_curves(), alone.energy_kwh)
    )
    energy, flow = _nearest(engine, problem, delivery.energy_kwh, wants)
    return delivery._replace(energy_kwh=energy), flow


def _with_curve_cut(engine: Engine, problem: PlanningProblem, delivery: Delivery) -> Delivery:
    """The delivery with a proof that knows the curves, where they leave energy missing."""
    if problem.curves is None:
        return delivery
    missing = (problem.need_kwh - delivery.energy_kwh).sum() > NEGLIGIBLE_KWH
    return delivery._replace(target_cut=engine.most(problem, problem.need_kwh).prices if missing else None)


def _nearest(
    engine: Engine, problem: PlanningProblem, energy: Floats, wants: Wants, start: object | None = None
) -> tuple[Floats, Flow]:
    """The energies, eased until a solver finds them feasible; or what of them can be delivered."""
    for eased in _eased(engine, problem, energy):
        flow = engine.cheapest(problem, wants.question(engine, problem, eased, start))
        if flow is not None:
            return eased, flow
    raise SolverError("the energies that were found deliverable were then found not to be")


def _eased(engine: Engine, problem: PlanningProblem, energy: Floats) -> Iterator[Floats]:
    """The energies, then what a flow really delivers of them, then ever a little less of that.

    A flow counts as complete to a share of all energy, and a session that stands for a millisecond may
    lack all of its own by that; to ease everybody by as much would cost the others more than 1e-6.
    """
    yield energy
    served = np.minimum(energy, problem.delivered_kwh(engine.most(problem, energy).energy_kwh))
    for easing in EASINGS:
        yield served * (1.0 - easing)


def _under_curves(
    engine: Engine, problem: PlanningProblem, energy: Floats, wants: Wants, relaxed: Flow
) -> tuple[PlanningProblem, Floats, Flow]:
    """A flow that keeps the charging curves, the problem it is of, and the energies that it delivers.

    Concave curves are kept by their rows. Others are not known to a linear programme: where following
    them leaves energy behind, cells are bound to what the curve allows along the way, and asked again.
    Least power and unbroken runs are decided later, so they do not count here.
    """
    if problem.curves is None:
        return problem, energy, relaxed
    kept = problem.keeping_curves()
    served, flow = _nearest(engine, kept, energy, wants, relaxed.start)
    for _ in range(CURVE_ROUNDS):
        followed = follow_curves(kept.without_commitment(), flow.energy_kwh, served)
        if np.all(kept.delivered_kwh(followed) >= served - LEFT_BEHIND_KWH):
            break
        kept = problem.keeping_curves()
        kept = kept.with_bounds(kept.lower_kwh, upper_along(kept, followed))
        served, flow = _nearest(engine, kept, energy, wants, flow.start)
    return kept, served, flow


def _later_stages(
    engine: Engine, problem: PlanningProblem, energy: Floats, wants: Wants, first: Flow
) -> list[Flow]:
    """Solve what the strategy wants after its first stage, without making that worse."""
    flows = [first]
    if len(wants.stages) == 1 or wants.are_one_question(engine, problem):
        return flows
    for objective in wants.stages[1:]:
        held = _holding(problem, wants.stages[0], first)
        question = Question(energy, objective, held.ceilings, wants.preference, start=flows[-1].start)
        flow = engine.cheapest(held.problem, question)
        flows.append(flow if flow is not None else flows[-1])
    return flows


class _Held(NamedTuple):
    problem: PlanningProblem
    ceilings: tuple[Ceiling, ...]


def _holding(problem: PlanningProblem, stage: Objective, flow: Flow) -> _Held:
    """The problem with a stage's value as a limit: a peak as less room, a sum as a ceiling."""
    if stage.peak is not None:
        return _Held(under_peak(problem, _peak_kw(problem, flow)), ())
    value = float(flow.energy_kwh @ stage.cost_per_kwh[problem.cells.piece])
    return _Held(problem, (Ceiling(stage.cost_per_kwh, value + HELD * max(1.0, abs(value))),))


def _peak_kw(problem: PlanningProblem, flow: Flow) -> float:
    """The height of a peak that was to be as low as can be: a kW is worth 1 there, and the rest nothing."""
    return flow.value if flow.value is not None else float(problem.load_kw(flow.energy_kwh).max())


def under_peak(problem: PlanningProblem, peak_kw: float) -> PlanningProblem:
    """The problem with the site's room cut to an AC peak."""
    ceiling_kw = peak_kw + HELD * max(1.0, peak_kw)
    room = np.maximum(ceiling_kw - problem.immovable_kw, 0.0) * problem.kwh_per_kw
    site, *others = (limit.room_kwh for limit in problem.limits)
    return problem.with_rooms((np.minimum(site, room), *others))


def _with_rules(
    engine: Engine, problem: PlanningProblem, energy: Floats, wants: Wants, flows: list[Flow]
) -> Floats:
    """Least power, unbroken runs and power rules on top of the last stage's flow, along the curves."""
    if problem.has_power_rules:
        flows = [*flows[:-1], _with_known_tags(engine, problem, energy, wants, flows)]
    committed = _committed(engine, problem, energy, wants, flows)
    if engine.exact and not problem.has_rules:
        return committed
    # Where least power or an unbroken run leaves somebody short, others may get more than a fair share.
    energy = np.maximum(energy, np.minimum(problem.delivered_kwh(committed), problem.need_kwh))
    return follow_curves(problem, settled(problem, committed, energy), energy)


def _committed(
    engine: Engine, problem: PlanningProblem, energy: Floats, wants: Wants, flows: list[Flow]
) -> Floats:
    stages = wants.stages
    if not problem.has_rules:
        return flows[-1].energy_kwh
    if stages[0].name == Strategy.PEAK_SUPPRESSION:
        return _committed_under_peak(engine, problem, energy, wants, flows)
    objective = stages[0] if len(stages) == 1 else _blend(problem, stages)
    return commit(engine, problem, energy, wants.aim(objective), flows[-1])


def _with_known_tags(
    engine: Engine, problem: PlanningProblem, energy: Floats, wants: Wants, flows: list[Flow]
) -> Flow:
    """The last stage again, now that a flow tells which tag every cell has."""
    held = _holding(problem, wants.stages[0], flows[0]) if len(wants.stages) > 1 else _Held(problem, ())
    question = Question(energy, wants.stages[-1], held.ceilings, wants.preference, start=flows[-1].start)
    return engine.cheapest(held.problem, question) or flows[-1]


def _committed_under_peak(
    engine: Engine, problem: PlanningProblem, energy: Floats, wants: Wants, flows: list[Flow]
) -> Floats:
    """The lowest peak at which the rules leave nobody shorter, then cost under it."""
    held = under_peak(problem, _peak_kw(problem, flows[0]))
    committed = commit(engine, held, energy, wants.aim(wants.stages[-1]), flows[-1])
    if np.all(problem.delivered_kwh(committed) >= energy - 1e-6):
        return committed
    return commit(engine, problem, energy, wants.aim(wants.stages[0]), flows[0])


def _blend(problem: PlanningProblem, stages: tuple[Objective, ...]) -> Objective:
    """The first stage, with the second as a tie-break: both scaled to 1, the second to a millionth."""
    first, second = stages[0].cost_per_kwh, stages[1].cost_per_kwh
    size = max(float(np.abs(first).max(initial=0.0)), 1e-9)
    tie = second / max(float(np.abs(second).max(initial=0.0)), 1e-9)
    return Objective(stages[0].name, first + 1e-6 * size * tie, stages[0].peak)
