"""One subject measured: medians over repetitions, in a process of its own."""

import multiprocessing
import resource
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat as forever
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from benchmarks import phases
from benchmarks.yardstick import BareSolve

Asked = TypeVar("Asked")
Found = TypeVar("Found")

_RSS_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024  # bytes there, KiB on Linux


# Neither planner nor HiGHS runs again where it took longer than this in all: the largest depots a few times.
ENOUGH_S = 6.0
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Task:
    """A request to plan again and again; `text` is its JSON.

    `held` asks for the yardstick as well, `whole` for repairs and the whole call, from objects and from text.
    """

    subject: str
    n_vehicles: int
    slot_minutes: int
    text: bytes
    held: bool = True
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one task took [ms of CPU, medians], and how good its plan is.

    `value` is the strategy's, `yardstick_value` that of the relaxed programme; `missing_kwh` is what is
    short in all. `peak_mb` is the largest resident memory of the process after its first plan. A method
    of the yardstick that was stopped has no time; `yardstick_value` is None where both were.
    """

    subject: str
    n_vehicles: int
    slot_minutes: int
    n_sessions: int
    n_cells: int
    engine: str
    phases_ms: dict[str, float]
    yardstick_ms: dict[str, float]
    value: float
    yardstick_value: float | None
    gap: float
    missing_kwh: float
    peak_mb: float

    @property
    def best_yardstick_ms(self) -> float:
        """HiGHS's better method; NaN where neither came to an end."""
        return min(self.yardstick_ms.values(), default=float("nan"))

    def ratio(self, phase: str) -> float:
        """How many times the yardstick a phase takes."""
        return self.phases_ms[phase] / self.best_yardstick_ms

    def as_json(self) -> dict[str, Any]:
        """The fields as plain objects."""
        return asdict(self)


def measure(task: Task, repeat: int) -> Measurement:
    """Plan up to `repeat` times, the yardstick in turn with the planner: both see the same machine."""
    _, outcome = phases.time_phases(task.text, repairs=task.whole)
    peak_mb = _peak_mb()
    spent_phases: list[dict[str, float]] = []
    bare: list[BareSolve] = []
    for _ in range(repeat):
        spent, outcome = phases.time_phases(task.text, repairs=task.whole)
        spent_phases.append(spent | (phases.time_whole(task.text) if task.whole else {}))
        if task.held and _spent_s([each.spent_ms for each in bare]) < ENOUGH_S:
            bare.append(phases.time_yardstick(outcome))
        if len(spent_phases) >= FEWEST and _spent_s(spent_phases) > ENOUGH_S:
            break
    report = outcome.plan.report
    return Measurement(
        subject=task.subject,
        n_vehicles=task.n_vehicles,
        slot_minutes=task.slot_minutes,
        n_sessions=outcome.problem.n_sessions,
        n_cells=outcome.problem.cells.piece.size,
        engine=report.engine,
        phases_ms=_medians(spent_phases),
        yardstick_ms=_medians([each.spent_ms for each in bare]),
        value=report.strategy.value,
        yardstick_value=bare[-1].value if bare else None,
        gap=report.strategy.gap,
        missing_kwh=sum(shortfall.shortfall_kwh for shortfall in outcome.plan.shortfalls),
        peak_mb=peak_mb,
    )


def _peak_mb() -> float:
    """Largest resident memory of this process so far.

    `ru_maxrss` of a child process on Linux begins at what its parent had, so there the kernel's own mark
    of this program is read.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _RSS_PER_MB
    (mark,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(mark.split()[1]) / 1024


def _spent_s(runs: list[dict[str, float]]) -> float:
    """Time of all runs; one that has none did not come to an end, which has taken more than enough."""
    return sum(sum(run.values()) / 1000.0 if run else ENOUGH_S for run in runs)


def measure_apart(tasks: Iterable[Task], repeat: int) -> Iterable[Measurement]:
    """Each task in a fresh process."""
    return apart(measure, tasks, repeat)


def apart(measured: Callable[[Asked, int], Found], tasks: Iterable[Asked], repeat: int) -> Iterable[Found]:
    """What is measured of each task in a fresh process: its own memory, nothing warm but the imports."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        yield from pool.map(measured, tasks, forever(repeat))


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """Of each entry over the runs that have it."""
    names = {name: None for run in runs for name in run}
    return {name: median(run[name] for run in runs if name in run) for name in names}
