"""A checker that trusts nothing: every rule of a plan, held against the request and the segments alone.

It shares no code with the planner but the words (domain, plan, series, units) and the arithmetic of the
proof (`optimiser.certificate`), so that a mistake there cannot hide here. One module per family of rules:

structure, coverage   1  sessions as given, stays covered, energy and SoC    (coverage also 3, the margin)
power, pieces         2  limits, curve and flags; where power may change, and tags
caps                  4  site, groups, stations, at every instant
runs                  5  pauses and lengths of runs
given                 6  frozen plans, and 7 preconditioning
figures, shortfalls, stages, proof: the numbers that a plan says of itself, and its bounds
"""

from optimiser.checker.breach import Breach
from optimiser.checker.caps import OVER_CAP_NOTICE, check_caps
from optimiser.checker.coverage import check_coverage, check_energy, check_soc, check_window
from optimiser.checker.facts import Facts, gather
from optimiser.checker.figures import check_slots, check_totals
from optimiser.checker.given import CUT_NOTICE, check_frozen, check_preconditioning
from optimiser.checker.loads import sum_loads
from optimiser.checker.pieces import check_breaks, check_tags
from optimiser.checker.power import check_power
from optimiser.checker.proof import check_proof
from optimiser.checker.runs import check_runs
from optimiser.checker.shortfalls import check_shortfalls
from optimiser.checker.stages import check_stages
from optimiser.checker.structure import check_sessions, check_structure
from optimiser.domain import PlanRequest
from optimiser.plan import Plan

__all__ = ["CUT_NOTICE", "OVER_CAP_NOTICE", "Breach", "check_plan"]

_BY_SEGMENT = (
    check_coverage,
    check_energy,
    check_soc,
    check_power,
    check_breaks,
    check_tags,
    check_window,
    check_frozen,
    check_shortfalls,
)
_BY_LOAD = (
    check_caps,
    check_runs,
    check_preconditioning,
    check_totals,
    check_slots,
    check_stages,
    check_proof,
)


def check_plan(request: PlanRequest, plan: Plan) -> tuple[Breach, ...]:
    """Every breach of the contract's rules, none if the plan is right.

    The request may have its recurring schedules expanded into `sessions` or not; expanded, it is also
    checked that no occurrence is missing, and occurrences that are not ours to steer count as load.
    """
    found = check_structure(plan)
    if found:
        return tuple(found)
    found = check_sessions(request, plan)
    return tuple(found + _check_segments(gather(request, plan)))


def _check_segments(facts: Facts) -> list[Breach]:
    loads = sum_loads(facts)
    found = [breach for rule in _BY_SEGMENT for breach in rule(facts)]
    return found + [breach for rule in _BY_LOAD for breach in rule(facts, loads)]
