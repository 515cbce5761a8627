"""One subject measured: medians over repetitions, in a process of its own."""

import multiprocessing
import resource
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from benchmarks import phases

_RSS_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux


@dataclass(frozen=True, slots=True)
class Task:
    """A request to plan again and again; `text` is its JSON."""

    subject: str
    n_vehicles: int
    slot_minutes: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one task took [ms, medians], and how good its plan is.

    `value` is the strategy's, `yardstick_value` that of the relaxed programme; `missing_kwh` is what is
    short in all. `peak_mb` is the largest resident memory of the process after its first plan.
    """

    subject: str
    n_vehicles: int
    slot_minutes: int
    n_sessions: int
    n_cells: int
    phases_ms: dict[str, float]
    yardstick_ms: dict[str, float]
    value: float
    yardstick_value: float
    gap: float
    missing_kwh: float
    peak_mb: float

    @property
    def best_yardstick_ms(self) -> float:
        """HiGHS's better method."""
        return min(self.yardstick_ms.values())

    def ratio(self, phase: str) -> float:
        """How many times the yardstick a phase takes."""
        return self.phases_ms[phase] / self.best_yardstick_ms

    def as_json(self) -> dict[str, Any]:
        """The fields as plain objects."""
        return asdict(self)


def measure(task: Task, repeat: int) -> Measurement:
    """Plan `repeat` times; the yardstick runs in turn with the planner, so that both see the same machine."""
    spent, outcome = phases.time_phases(task.text)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _RSS_PER_MB
    spent_phases, spent_bare = [], []
    for _ in range(repeat):
        spent, outcome = phases.time_phases(task.text)
        spent_phases.append(spent | phases.time_whole(task.text))
        bare = phases.time_yardstick(outcome)
        spent_bare.append(bare.spent_ms)
    report = outcome.plan.report
    return Measurement(
        subject=task.subject,
        n_vehicles=task.n_vehicles,
        slot_minutes=task.slot_minutes,
        n_sessions=outcome.problem.n_sessions,
        n_cells=outcome.problem.cells.piece.size,
        phases_ms=_medians(spent_phases),
        yardstick_ms=_medians(spent_bare),
        value=report.strategy.value,
        yardstick_value=bare.value,
        gap=report.strategy.gap,
        missing_kwh=sum(shortfall.shortfall_kwh for shortfall in outcome.plan.shortfalls),
        peak_mb=peak_mb,
    )


def measure_apart(tasks: Iterable[Task], repeat: int) -> Iterable[Measurement]:
    """Each task in a fresh process: its own memory, nothing warm but the imports."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        yield from pool.map(measure, tasks, _forever(repeat))


def _forever(value: int) -> Iterable[int]:
    while True:
        yield value


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(run[name] for run in runs) for name in runs[0]}
