"""Shortfalls stand exactly where a session leaves under its target, with the right numbers."""

import numpy as np

from optimiser.checker.breach import FIGURE, REACHED_SOC, SOC, Breach, Breaches, breaches_at
from optimiser.checker.facts import Facts
from optimiser.domain import ChargingSession
from optimiser.plan import Reason, Shortfall
from optimiser.series import Floats
from optimiser.units import PERCENT

_RULE = "3 shortfalls"
_CODES = frozenset({"window", "site-cap", "connector", "min-power", "no-pause", "frozen"})


def end_soc(facts: Facts) -> Floats:
    """SoC at departure, one per session."""
    return facts.segments.end_soc[facts.segments.first[1:] - 1]


def missing_kwh(facts: Facts) -> Floats:
    """Energy that is missing below the target at departure, one per session."""
    short = np.maximum(0.0, facts.columns.target_soc - end_soc(facts))
    missing: Floats = short * facts.columns.capacity_kwh
    return missing


def check_shortfalls(facts: Facts) -> Breaches:
    """One shortfall for each session that is more than 0.05 points short, and no other."""
    named = [shortfall.session for shortfall in facts.plan.shortfalls]
    known = {s for s in named if 0 <= s < len(facts.plan.sessions)}
    counted = [s for s in named if s in known]
    times = np.bincount(np.array(counted, dtype=np.intp), minlength=facts.columns.soc.size)
    short = facts.columns.target_soc - end_soc(facts)
    found = [Breach(_RULE, f"session {s}", "there is no such session") for s in named if s not in known]
    found += breaches_at(_RULE, times > 1, facts.name, lambda i: f"named {int(times[i])} times")
    found += breaches_at(
        _RULE,
        (short > REACHED_SOC + SOC) & (times == 0),
        facts.name,
        lambda i: f"leaves {PERCENT * short[i]:.4f} points under its target, and no shortfall says so",
    )
    found += breaches_at(
        _RULE,
        (short < REACHED_SOC - SOC) & (times > 0),
        facts.name,
        lambda i: f"named short, but {PERCENT * short[i]:.4f} points under the target count as reached",
    )
    known_ones = (s for s in facts.plan.shortfalls if s.session in known)
    return found + [breach for shortfall in known_ones for breach in _check_one(facts, shortfall)]


def _check_one(facts: Facts, shortfall: Shortfall) -> Breaches:
    index, columns = shortfall.session, facts.columns
    soc = float(facts.segments.end_soc[facts.segments.first[index + 1] - 1])
    missing = max(0.0, columns.target_soc[index] - soc) * columns.capacity_kwh[index]
    found: Breaches = []
    if abs(shortfall.shortfall_kwh - missing) > FIGURE * max(1.0, missing):
        message = f"{shortfall.shortfall_kwh:.6f} kWh said, {missing:.6f} kWh by its segments"
        found.append(Breach(_RULE, facts.name(index), message))
    if abs(shortfall.planned_soc - soc) > SOC:
        message = f"SoC {PERCENT * shortfall.planned_soc:.4f} % said, {PERCENT * soc:.4f} % by its segments"
        found.append(Breach(_RULE, facts.name(index), message))
    return found + _check_reasons(facts, shortfall)


def _check_reasons(facts: Facts, shortfall: Shortfall) -> Breaches:
    name, session = facts.name(shortfall.session), facts.plan.sessions[shortfall.session]
    if not shortfall.reasons:
        return [Breach("4 reasons", name, "a shortfall without a reason")]
    begin, end = facts.columns.begin_ms[shortfall.session], session.departure_ms
    found = [
        Breach("4 reasons", name, f"{reason.code} can be no reason here")
        for reason in shortfall.reasons
        if not _possible(facts, session, reason)
    ]
    return found + [
        Breach("4 reasons", name, f"{reason.code} lies outside the stay")
        for reason in shortfall.reasons
        if not begin <= reason.start_ms <= reason.end_ms <= end
    ]


def _possible(facts: Facts, session: ChargingSession, reason: Reason) -> bool:
    kind, _, group_id = reason.code.partition(":")
    if kind == "group-cap":
        return any(group.group_id == group_id for group in facts.request.site.groups)
    if reason.code == "frozen":
        return session.frozen is not None
    return reason.code in _CODES
