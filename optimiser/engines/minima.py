"""One linear programme, many objectives: HiGHS goes on from the last optimal basis."""

import highspy
import numpy as np

from optimiser.engines.highs import as_highs_lp
from optimiser.programme import LinearProgramme
from optimiser.series import Floats


def minima(programme: LinearProgramme, costs: list[Floats]) -> Floats:
    """The least value of each objective over the programme's rows and bounds; NaN where there is none."""
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.passModel(as_highs_lp(programme))
    return np.array([_least(solver, cost) for cost in costs])


def _least(solver: highspy.Highs, cost: Floats) -> float:
    solver.changeColsCost(cost.size, np.arange(cost.size, dtype=np.int32), cost)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return float("nan")
    return float(solver.getObjectiveValue())
