"""`python -m benchmarks.aims`: what must be true of the planner's speed, each figure beside its aim.

Solve phases against HiGHS's better method at several sizes; the whole plan, over HTTP as well; growth and
memory; a replan against planning afresh; and the start of a process.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.progress import Progress
from rich.table import Table

from benchmarks.cold_start import cold_start
from benchmarks.http_call import http_call_ms
from benchmarks.measure import Measurement, Task, measure_apart
from benchmarks.replanning import Night, measure_replans
from benchmarks.report import console, progress, write_report
from benchmarks.subjects import SUBJECTS

# Vehicles and minutes of a slot; a day has 96 quarter hours and 288 slots of five minutes.
Size = tuple[int, int]
SIZES: tuple[Size, ...] = ((200, 15), (500, 15), (500, 5), (2000, 15))
# HiGHS takes 10 to 80 s for one of these, and simplex as long again before it is stopped.
LARGEST: Size = (5000, 15)
USUAL, QUARTER = 500, 15
GROWTH = (50, 500, 5000)
MEMORY: Size = (5000, 5)
REPLAN = (200, 500, 2000)
# A replan's solve phase is over in a millisecond, so it takes more runs until a median is steady.
REPLAN_RUNS = 5
COLD_VEHICLES = 50

BASE = "overnight-buses"
LIKE_BASE = ("mixed-trucks", "tight-cap", "ragged-arrivals", "flat-tariff", "negative-prices", "two-visits")
WITH_MORE = ("demand-charge", "lowest-peak", "group-tree", "over-subscribed")
TIMES_FASTER, TIMES_FASTER_WITH_MORE = 50.0, 15.0
BYTES_OVER_HIGHS, HTTP_OVER_HIGHS = 0.5, 1.0
GROWTH_PER_TENFOLD = 14.0
MEMORY_MB = 1500.0
REPLAN_OVER_AFRESH = 1.0 / 3.0
COLD_FIRST_S, COLD_SECOND_S = 1.0, 0.6


def size_of(entry: Measurement | Night) -> str:
    """Vehicles by slots of a day."""
    return f"{entry.n_vehicles} x {24 * 60 // entry.slot_minutes}"


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure and what it must be: at least `wanted` where `at_least`, else at most.

    `ms` are the times that a ratio is of, the upper one first.
    """

    subject: str
    size: str
    figure: str
    measured: float
    wanted: float
    at_least: bool = False
    ms: tuple[float, float] | None = None

    @classmethod
    def ratio(cls, entry: Measurement | Night, figure: str, ms: tuple[float, float], wanted: float) -> "Aim":
        """One time over another, at most `wanted`."""
        return cls(entry.subject, size_of(entry), figure, ms[0] / ms[1], wanted, ms=ms)

    @property
    def met(self) -> bool:
        """Whether the figure is on the right side; NaN is not."""
        return self.measured >= self.wanted if self.at_least else self.measured <= self.wanted


@dataclass(frozen=True, slots=True)
class Scale:
    """Which sizes are measured: the aims' own, or tiny ones to see that everything runs."""

    sizes: tuple[Size, ...] = SIZES
    usual: int = USUAL
    growth: tuple[int, ...] = GROWTH
    memory: Size = MEMORY
    replan: tuple[int, ...] = REPLAN
    cold: int = COLD_VEHICLES

    def at_most(self, n_vehicles: int) -> "Scale":
        """The same with no depot larger than this."""
        largest = partial(min, n_vehicles)
        return Scale(
            sizes=tuple(dict.fromkeys((largest(n), minutes) for n, minutes in self.sizes)),
            usual=largest(self.usual),
            growth=tuple(dict.fromkeys(max(1, n * largest(5000) // 5000) for n in self.growth)),
            memory=(largest(self.memory[0]), self.memory[1]),
            replan=tuple(dict.fromkeys(largest(n) for n in self.replan)),
            cold=largest(self.cold),
        )


PARTS = ("solving", "growth", "replan", "whole", "cold")


def aims(
    largest: Annotated[int, typer.Option(min=1, help="No depot has more vehicles than this.")] = 5000,
    full: Annotated[bool, typer.Option("--full", help="5,000 against HiGHS too: 10 minutes more.")] = False,
    repeat: Annotated[int, typer.Option(min=1, help="Repetitions; figures are from their medians.")] = 5,
    parts: Annotated[str, typer.Option(help="Comma separated.")] = ",".join(PARTS),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measure every figure that has an aim, and print both."""
    unknown = set(parts.split(",")) - set(PARTS)
    if unknown:
        raise typer.BadParameter(f"unknown parts: {', '.join(sorted(unknown))}")
    scale = Scale(sizes=(*SIZES, LARGEST) if full else SIZES).at_most(largest)
    found: list[Aim] = []
    with progress() as bars:
        for part in parts.split(","):
            found += _BY_PART[part](scale, repeat, bars)
            if json_file is not None:  # after every part: the large ones take minutes
                write_report(json_file, [asdict(aim) | {"met": aim.met} for aim in found])
    console().print(_table(found))


def _measured(tasks: list[Task], repeat: int, bars: Progress, what: str) -> Iterator[Measurement]:
    bar = bars.add_task(what, total=len(tasks))
    for measured in measure_apart(tasks, repeat):
        bars.advance(bar)
        yield measured


def _task(name: str, size: Size, *, held: bool = True, whole: bool = True) -> Task:
    n_vehicles, minutes = size
    return Task(name, n_vehicles, minutes, _text(name, size), held, whole)


def _text(name: str, size: Size) -> bytes:
    return json.dumps(SUBJECTS[name].build(*size)).encode()


def _solving(scale: Scale, repeat: int, bars: Progress) -> Iterator[Aim]:
    """How many times faster the solve phase is than HiGHS's better method."""
    wanted = [(name, size) for name in (BASE, *WITH_MORE) for size in scale.sizes]
    wanted += [(name, (scale.usual, QUARTER)) for name in LIKE_BASE]
    tasks = [_task(name, size, whole=False) for name, size in wanted]
    for entry in _measured(tasks, repeat, bars, "solving"):
        yield solving_aim(entry)


def solving_aim(entry: Measurement) -> Aim:
    """How many times faster one solve phase is, and must be."""
    wanted = TIMES_FASTER_WITH_MORE if entry.subject in WITH_MORE else TIMES_FASTER
    ms = entry.best_yardstick_ms, entry.phases_ms["solve"]
    return Aim(entry.subject, size_of(entry), "HiGHS / solve", ms[0] / ms[1], wanted, True, ms)


def _growth(scale: Scale, repeat: int, bars: Progress) -> Iterator[Aim]:
    """Time at ten times the vehicles over the time before, and memory at the largest depot."""
    tasks = [_task(BASE, (n_vehicles, QUARTER), held=False) for n_vehicles in scale.growth]
    entries = list(_measured(tasks, repeat, bars, "growth"))
    for small, large in pairwise(entries):
        for phase in ("solve", "bytes"):
            ms = large.phases_ms[phase], small.phases_ms[phase]
            yield Aim.ratio(large, f"growth of {phase} from {small.n_vehicles}", ms, GROWTH_PER_TENFOLD)
    for entry in _measured([_task(BASE, scale.memory, held=False)], 1, bars, "memory"):
        yield Aim(BASE, size_of(entry), "memory, MB", entry.peak_mb, MEMORY_MB)


def _replan(scale: Scale, repeat: int, bars: Progress) -> Iterator[Aim]:
    """The solve phase of a replan over that of the same depot without a plan, alone and in a whole call."""
    sizes = [(name, n_vehicles) for name in (BASE, *LIKE_BASE, *WITH_MORE) for n_vehicles in scale.replan]
    nights = [Night(name, n_vehicles, QUARTER) for name, n_vehicles in sizes]
    bar = bars.add_task("replan", total=len(nights))
    for times in measure_replans(nights, REPLAN_RUNS * repeat):
        bars.advance(bar)
        yield Aim.ratio(times.night, "replan / afresh, alone", times.alone_ms, REPLAN_OVER_AFRESH)
        yield Aim.ratio(times.night, "the same with the model", times.with_model_ms, REPLAN_OVER_AFRESH)
        yield Aim.ratio(times.night, "replan / afresh, in a call", times.in_call_ms, REPLAN_OVER_AFRESH)


def _whole(scale: Scale, repeat: int, bars: Progress) -> Iterator[Aim]:
    """A whole plan from bytes to bytes, and over HTTP, over HiGHS's bare solve."""
    (entry,) = _measured([_task(BASE, (scale.usual, QUARTER))], repeat, bars, "whole plan")
    highs_ms = entry.best_yardstick_ms
    yield Aim.ratio(entry, "bytes / HiGHS", (entry.phases_ms["bytes"], highs_ms), BYTES_OVER_HIGHS)
    http_ms = http_call_ms(_text(BASE, (scale.usual, QUARTER)), repeat)
    yield Aim.ratio(entry, "HTTP call / HiGHS", (http_ms, highs_ms), HTTP_OVER_HIGHS)


def _cold(scale: Scale, repeat: int, bars: Progress) -> Iterator[Aim]:
    """`depot plan` from the start of the process to the file, `import numpy` taken off."""
    bar = bars.add_task("cold start", total=1)
    start = cold_start(_text(BASE, (scale.cold, QUARTER)), repeat)
    bars.advance(bar)
    size = f"{scale.cold} x 96"
    yield Aim(BASE, size, "first run over numpy, s", start.first_over_numpy_s, COLD_FIRST_S)
    yield Aim(BASE, size, "second run over numpy, s", start.second_over_numpy_s, COLD_SECOND_S)


_BY_PART = dict(zip(PARTS, (_solving, _growth, _replan, _whole, _cold), strict=True))


def _table(found: list[Aim]) -> Table:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("subject", "size", "figure"):
        table.add_column(heading, no_wrap=True)
    for heading in ("ms", "measured", "aim", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for aim in found:
        sign = ">=" if aim.at_least else "<="
        verdict = "" if aim.met else "missed"
        ms = " / ".join(f"{each:.4g}" for each in aim.ms or ())
        wanted = f"{sign} {aim.wanted:.4g}"
        table.add_row(aim.subject, aim.size, aim.figure, ms, f"{aim.measured:.3g}", wanted, verdict)
    return table


if __name__ == "__main__":
    typer.run(aims)
