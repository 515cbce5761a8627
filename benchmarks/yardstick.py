"""What a general solver needs for the same matrix: the length against which all times are held.

HiGHS gets the whole matrix of the strategy's first programme, passed before the clock starts, one
thread, no option but the method. Its better method counts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import highspy

from optimiser.engines.base import Objective, Question
from optimiser.engines.highs import as_highs_lp
from optimiser.problem import PlanningProblem
from optimiser.programme import strategy_programme
from optimiser.series import Floats

METHODS = ("simplex", "ipm")


@dataclass(frozen=True, slots=True)
class BareSolve:
    """Optimal value, and milliseconds of `run()` by method."""

    value: float
    spent_ms: dict[str, float]


def bare_solve(
    problem: PlanningProblem, objective: Objective, energy_kwh: Floats, seconds: Callable[[], float]
) -> BareSolve:
    """Solve once with each method; `energy_kwh` is what each session gets."""
    lp = as_highs_lp(strategy_programme(problem, Question(energy_kwh, objective)))
    spent_ms, value = {}, 0.0
    for method in METHODS:
        solver = _solver(lp, method)
        begin = seconds()
        solver.run()
        spent_ms[method] = (seconds() - begin) * 1000.0
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"the yardstick has no optimum by {method}")
        value = solver.getInfo().objective_function_value
    return BareSolve(value, spent_ms)


def _solver(lp: highspy.HighsLp, method: str) -> highspy.Highs:
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("solver", method)
    solver.passModel(lp)
    return solver
