"""`python -m benchmarks.milp`: least power and unbroken runs, against HiGHS on the whole model.

Both are to prove the same gap: the planner with its relaxation's prices, HiGHS by branch and bound on one
thread, at most so many seconds. It delivers what the plan delivers.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from benchmarks import phases
from benchmarks.report import console, progress, write_report
from benchmarks.subjects import SUBJECTS
from benchmarks.whole_model import WholeSolve, whole_solve
from optimiser.engines.base import Question

SUBJECT = "no-pause"
GAP = 0.005
LIMIT_S = 300.0
TIMES_FASTER = 50.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Seconds of CPU to a plan and to the whole model's end, with value and proven gap of both."""

    n_vehicles: int
    planned_s: float
    planned_value: float
    planned_gap: float
    missing_kwh: float
    whole: WholeSolve

    @property
    def times_faster(self) -> float:
        """HiGHS's time over ours; more than this where it was cut off."""
        return self.whole.spent_s / self.planned_s


def milp(
    sizes: Annotated[str, typer.Option(help="Numbers of vehicles, comma separated.")] = "100,500",
    limit_s: Annotated[float, typer.Option(help="Seconds for HiGHS.")] = LIMIT_S,
    repeat: Annotated[int, typer.Option(min=1, help="Plans made; the median counts.")] = 3,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the results here.")] = None,
) -> None:
    """Plan depots in which all have a least power and 30 % cannot pause, and hand the same to HiGHS."""
    wanted = [int(size) for size in sizes.split(",")]
    with progress() as bars:
        found = [compare(n, limit_s, repeat) for n in bars.track(wanted, description="whole models")]
    console().print(_table(found))
    if json_file is not None:
        write_report(json_file, [asdict(each) for each in found])


def compare(n_vehicles: int, limit_s: float, repeat: int) -> Comparison:
    """One depot, by the planner and by HiGHS."""
    text = json.dumps(SUBJECTS[SUBJECT].build(n_vehicles, 15)).encode()
    runs = [phases.time_phases(text) for _ in range(repeat)]
    outcome = runs[-1][1]
    solution, report = outcome.solution, outcome.plan.report
    question = Question(outcome.problem.delivered_kwh(solution.energy_kwh), solution.objective)
    return Comparison(
        n_vehicles=n_vehicles,
        planned_s=median(spent["solve"] for spent, _ in runs) / 1000.0,
        planned_value=report.strategy.value,
        planned_gap=report.strategy.gap,
        missing_kwh=sum(shortfall.shortfall_kwh for shortfall in outcome.plan.shortfalls),
        whole=whole_solve(outcome.problem, question, GAP, limit_s, process_time),
    )


def _table(found: list[Comparison]) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("n", "whole columns", "solve, s", "value", "gap", "HiGHS, s", "value", "gap", "x"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in found:
        cut = "> " if each.whole.cut_off else ""
        table.add_row(
            str(each.n_vehicles),
            str(each.whole.n_whole),
            f"{each.planned_s:.3f}",
            f"{each.planned_value:.2f}",
            f"{each.planned_gap:.2%}",
            f"{cut}{each.whole.spent_s:.1f}",
            f"{each.whole.value:.2f}",
            f"{each.whole.gap:.2%}",
            f"{cut}{each.times_faster:.0f}",
        )
    return table


if __name__ == "__main__":
    typer.run(milp)
