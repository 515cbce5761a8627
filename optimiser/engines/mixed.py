"""Small mixed-integer programmes through HiGHS: counted in nodes, one thread, no clock, so repeatable."""

from dataclasses import dataclass

import highspy
import numpy as np

from optimiser.certificate import Index
from optimiser.engines.highs import as_highs_lp
from optimiser.programme import LinearProgramme
from optimiser.series import Floats

# On programmes of some 50 whole columns these take half of the time and find nothing.
NOT_WORTH_IT = ("mip_allow_restart", "mip_heuristic_run_rins", "mip_heuristic_run_rens")


@dataclass(frozen=True, eq=False, slots=True)
class Mixed:
    """A linear programme of which some columns are whole numbers, and a point to start from."""

    programme: LinearProgramme
    whole: Index
    start: Floats


def best_point(mixed: Mixed, max_nodes: int, target: float, tolerance: float) -> Floats | None:
    """The best point found within so many nodes, or None where there is none.

    Stops at an objective of `target` or less, and where the optimum is less than `tolerance` away.
    """
    solver = highspy.Highs()
    solver.silent()
    for name, value in (("threads", 1), ("mip_max_nodes", max_nodes), ("mip_rel_gap", 0.0)):
        solver.setOptionValue(name, value)
    for name in NOT_WORTH_IT:
        solver.setOptionValue(name, False)
    solver.setOptionValue("mip_abs_gap", tolerance)
    solver.setOptionValue("objective_target", target)
    lp = as_highs_lp(mixed.programme)
    kinds = np.full(mixed.programme.cost.size, highspy.HighsVarType.kContinuous, dtype=object)
    kinds[mixed.whole] = highspy.HighsVarType.kInteger
    lp.integrality_ = list(kinds)
    solver.passModel(lp)
    given = highspy.HighsSolution()
    given.col_value = list(mixed.start)
    solver.setSolution(given)
    solver.run()
    if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.array(solver.getSolution().col_value)
