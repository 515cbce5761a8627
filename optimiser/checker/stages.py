"""The value of every want, recomputed from the segments."""

from collections.abc import Iterable

import numpy as np

from optimiser.checker.breach import POWER_KW, REACHED_SOC, Breach, Breaches, figure_breach
from optimiser.checker.facts import Facts
from optimiser.checker.figures import demand_slack, peak_kw, true_totals
from optimiser.checker.loads import Loads
from optimiser.checker.shortfalls import end_soc, missing_kwh
from optimiser.domain import ShortfallPolicy, Strategy
from optimiser.plan import FEWEST_SHORT, StageReport
from optimiser.series import Floats
from optimiser.units import MS_PER_HOUR

MISSING_MINIMUM = "missing-minimum"
MISSING_TARGET = "missing-target"
_RULE = "3 stages"


def true_value(facts: Facts, loads: Loads, stage: str) -> float | None:
    """What the segments give for a stage; None where no such stage is known."""
    if stage == MISSING_MINIMUM:
        return float(missing_minimum_kwh(facts).sum())
    if stage == MISSING_TARGET:
        return float(missing_kwh(facts).sum())
    if stage in count_stages(facts):
        return float(len(count_stages(facts)[stage]))
    if stage == Strategy.PEAK_SUPPRESSION:
        return peak_kw(facts, loads, ())
    if stage == Strategy.ASAP:
        return float(np.dot(facts.energy_kwh, hours_until_middle(facts)))
    return _money_or_grams(facts, loads, stage)


def _money_or_grams(facts: Facts, loads: Loads, stage: str) -> float | None:
    totals = true_totals(facts, loads)
    if stage == Strategy.COST:
        return totals.energy_cost + totals.demand_cost
    if stage == Strategy.CARBON:
        return totals.carbon_kg or 0.0
    return None


def count_stages(facts: Facts) -> dict[str, list[int]]:
    """Sessions that are short, by the stage of their priority, where as few as possible should be."""
    if facts.request.shortfall_policy is not ShortfallPolicy.FEWEST:
        return {}
    stages: dict[str, list[int]] = {}
    for i in np.flatnonzero(facts.columns.target_soc - end_soc(facts) > REACHED_SOC):
        name = f"{FEWEST_SHORT}{facts.plan.sessions[i].priority:g}"
        stages.setdefault(name, []).append(int(i))
    return stages


def missing_minimum_kwh(facts: Facts) -> Floats:
    """Energy missing below the minimum SoC (and the target) at departure, one per session."""
    floor = np.minimum(facts.columns.minimum_soc, facts.columns.target_soc)
    missing: Floats = np.maximum(0.0, floor - end_soc(facts)) * facts.columns.capacity_kwh
    return missing


def hours_until_middle(facts: Facts) -> Floats:
    """Hours from now to the middle of each segment."""
    middle_ms = (facts.segments.start_ms + facts.segments.end_ms) / 2 - facts.request.now_ms
    hours: Floats = middle_ms / MS_PER_HOUR
    return hours


def check_stages(facts: Facts, loads: Loads) -> Breaches:
    """Missing energy first, then the strategy's want, each with the value that the segments give."""
    return _order(facts) + [
        breach
        for stage in facts.plan.report.stages
        for breach in _value(facts, stage, true_value(facts, loads, stage.name))
    ]


def _order(facts: Facts) -> Breaches:
    plan, wanted = facts.plan, (MISSING_MINIMUM, MISSING_TARGET, facts.request.strategy.value)
    names = tuple(stage.name for stage in plan.report.stages)
    if plan.strategy is not facts.request.strategy:
        return [Breach(_RULE, "strategy", f"{plan.strategy} planned, {facts.request.strategy} asked")]
    if names[: len(wanted)] != wanted or plan.report.strategy_stage != len(wanted) - 1:
        return [Breach(_RULE, "order", f"{', '.join(names)}; must begin with {', '.join(wanted)}")]
    counts, asked = names[len(wanted) :], count_stages(facts)
    return [] if sorted(counts) == sorted(asked) else [Breach(_RULE, "counts", _counts_differ(counts, asked))]


def _counts_differ(found: tuple[str, ...], asked: Iterable[str]) -> str:
    return f"{', '.join(found) or 'none'} said, {', '.join(asked) or 'none'} by the segments"


def _value(facts: Facts, stage: StageReport, found: float | None) -> Breaches:
    if found is None:
        return [Breach(_RULE, stage.name, "no such want")]
    slack = {Strategy.PEAK_SUPPRESSION.value: POWER_KW, Strategy.COST.value: demand_slack(facts)}
    return figure_breach(_RULE, stage.name, stage.value, found, slack.get(stage.name, 0.0))
