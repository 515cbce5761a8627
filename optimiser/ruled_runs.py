"""The rules of the runs of a problem's sessions, and whether energies keep them."""

from optimiser.limits import Flags
from optimiser.problem import PlanningProblem
from optimiser.run_rules import RunRules
from optimiser.series import Floats

NEGLIGIBLE_KWH = 1e-9


def rules_of(problem: PlanningProblem, i: int) -> RunRules:
    """The rules of one session's runs."""
    return RunRules(
        int(problem.max_pauses[i]),
        problem.min_run_hours,
        bool(problem.charging_now[i]),
        float(problem.run_left_hours[i]),
    )


def keeps_runs(problem: PlanningProblem, i: int, energy_kwh: Floats, room: Flags) -> bool:
    """Whether a session's energies (one per cell of its window) keep the rules of its runs."""
    own = slice(int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1]))
    at_target = problem.is_at_target(i, float(energy_kwh.sum()))
    on = energy_kwh > NEGLIGIBLE_KWH
    return rules_of(problem, i).are_kept(on, problem.cell_hours[own], room, at_target=at_target)
