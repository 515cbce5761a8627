"""What tests ask of the answers of any engine."""

from optimiser.engines.base import Flow, Objective
from optimiser.problem import PlanningProblem
from optimiser.series import Floats


def cost_of(problem: PlanningProblem, objective: Objective, energy_kwh: Floats) -> float:
    """What energies per cell cost, the peak included."""
    cost = float(energy_kwh @ objective.cost_per_kwh[problem.cells.piece])
    if objective.peak is None:
        return cost
    load_kw = problem.load_kw(energy_kwh)[objective.peak.counts].max(initial=0.0)
    return cost + objective.peak.price_per_kw * max(0.0, float(load_kw) - objective.peak.floor_kw)


def assert_same(ours: Flow | None, theirs: Flow | None) -> None:
    """Byte for byte."""
    assert ours is not None
    assert theirs is not None
    assert (ours.value, ours.bound) == (theirs.value, theirs.bound)
    for mine, yours in (
        (ours.energy_kwh, theirs.energy_kwh),
        (ours.prices.limits, theirs.prices.limits),
        (ours.prices.peak, theirs.prices.peak),
    ):
        assert mine.tobytes() == yours.tobytes()
