"""What a general solver needs for the same matrix: the length against which all times are held.

HiGHS gets the whole matrix of the strategy's first programme, passed before the clock starts, one
thread, no option but the method. Its better method counts, so the second is stopped where it has taken
longer than the first by a half, and both where they reach the limit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import highspy

from optimiser.engines.base import Objective, Question
from optimiser.engines.highs import as_highs_lp
from optimiser.problem import PlanningProblem
from optimiser.programme import strategy_programme
from optimiser.series import Floats

METHODS = ("ipm", "simplex")
LIMIT_S = 300.0
# Below this the second method always has its time: a limit is looked at between iterations only.
ALWAYS_S = 1.0
LONGER = 1.5
SAME_OBJECTIVE = 1e-6


@dataclass(frozen=True, slots=True)
class BareSolve:
    """Optimal value, and milliseconds of `run()` by method; a method that was stopped has none.

    Where both reached the limit, `value` is None.
    """

    value: float | None
    spent_ms: dict[str, float]


def bare_solve(
    problem: PlanningProblem,
    objective: Objective,
    energy_kwh: Floats,
    seconds: Callable[[], float],
    limit_s: float = LIMIT_S,
) -> BareSolve:
    """Solve once with each method; `energy_kwh` is what each session gets.

    Raises RuntimeError where a method has no optimum, or another one than the other.
    """
    lp = as_highs_lp(strategy_programme(problem, Question(energy_kwh, objective)))
    spent_ms: dict[str, float] = {}
    values: list[float] = []
    for method in METHODS:
        solver = _solver(lp, method, limit_s)
        begin = seconds()
        solver.run()
        spent_s = seconds() - begin
        if solver.getModelStatus() == highspy.HighsModelStatus.kTimeLimit:
            continue
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"the yardstick has no optimum by {method}")
        values.append(solver.getInfo().objective_function_value)
        spent_ms[method] = spent_s * 1000.0
        limit_s = min(limit_s, max(ALWAYS_S, LONGER * spent_s))
    if values and not same_objective(values[0], values[-1]):
        raise RuntimeError(f"the yardstick's methods end at {values}")
    return BareSolve(values[0] if values else None, spent_ms)


def same_objective(value: float, other: float) -> bool:
    """Equal to a millionth of max(1, value)."""
    return abs(value - other) <= SAME_OBJECTIVE * max(1.0, abs(other))


def _solver(lp: highspy.HighsLp, method: str, limit_s: float) -> highspy.Highs:
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("solver", method)
    solver.setOptionValue("time_limit", limit_s)
    solver.passModel(lp)
    return solver
