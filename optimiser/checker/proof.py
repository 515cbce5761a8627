"""Status, bounds and gaps are true: every bound is found again from the published prices."""

from optimiser.checker.bounds import lower_bound
from optimiser.checker.breach import FIGURE, Breach, Breaches
from optimiser.checker.facts import Facts
from optimiser.checker.loads import Loads
from optimiser.checker.prices import CertificateError, read_pieces, read_prices, unreadable
from optimiser.plan import SolveReport, SolveStatus, StageReport
from optimiser.series import Instants

OPTIMAL_GAP = 1e-6
_RULE = "4 proof"


def check_proof(facts: Facts, loads: Loads) -> Breaches:
    """No bound above what its prices prove, none above its value, and `optimal` only without a gap."""
    report = facts.plan.report
    found = _check_status(report)
    try:
        pieces_ms = read_pieces(facts)
        for stage in report.stages:
            found += _check_bound(facts, loads, stage, pieces_ms)
    except CertificateError as error:
        return found + unreadable(error)
    return found


def _check_bound(facts: Facts, loads: Loads, stage: StageReport, pieces_ms: Instants) -> Breaches:
    prices = read_prices(facts, loads.limits, stage.name, pieces_ms.size - 1)
    proven = lower_bound(facts, loads, stage.name, pieces_ms, prices)
    tolerance = FIGURE * max(1.0, abs(stage.bound))
    if not stage.bound <= proven + tolerance:
        return [Breach(_RULE, stage.name, f"bound {stage.bound:.6f} said, its prices prove {proven:.6f}")]
    if stage.bound > stage.value + tolerance:
        return [Breach(_RULE, stage.name, f"bound {stage.bound:.6f} lies above the value {stage.value:.6f}")]
    return []


def _check_status(report: SolveReport) -> Breaches:
    if report.status is not SolveStatus.OPTIMAL:
        return []
    return [
        Breach("4 status", stage.name, f"said to be optimal, with a gap of {stage.gap:.3e}")
        for stage in report.stages
        if not stage.gap <= OPTIMAL_GAP
    ]
