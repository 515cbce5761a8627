"""`python -m benchmarks.run`: measure the subjects, print the table, write JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.measure import Measurement, Task, measure_apart
from benchmarks.report import console, progress, write_report
from benchmarks.subjects import SUBJECTS
from benchmarks.table import results_table


def run(
    subjects: Annotated[str, typer.Option(help=f"Comma separated: {', '.join(SUBJECTS)}; or none.")] = "all",
    sizes: Annotated[str, typer.Option(help="Numbers of vehicles, comma separated.")] = "",
    slot_minutes: Annotated[int, typer.Option(help="Length of a slot.")] = 15,
    repeat: Annotated[int, typer.Option(min=1, help="Repetitions; the table shows their medians.")] = 5,
    request: Annotated[list[Path] | None, typer.Option(help="Also plan this request file.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the results here.")] = None,
) -> None:
    """Time every phase of planning, and HiGHS alone on the same matrix in the same run."""
    tasks = [*_subject_tasks(_chosen(subjects), sizes, slot_minutes), *_file_tasks(request or [])]
    measured = list(_with_progress(tasks, repeat))
    console().print(results_table(measured))
    if json_file is not None:
        write_report(json_file, [entry.as_json() for entry in measured])


def _chosen(subjects: str) -> list[str]:
    if subjects in ("all", "none"):
        return list(SUBJECTS) if subjects == "all" else []
    names = subjects.split(",")
    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        raise typer.BadParameter(f"unknown subjects: {', '.join(unknown)}")
    return names


def _subject_tasks(names: list[str], sizes: str, slot_minutes: int) -> Iterator[Task]:
    for name in names:
        subject = SUBJECTS[name]
        for n_vehicles in [int(size) for size in sizes.split(",") if size] or subject.sizes:
            document = subject.build(n_vehicles, slot_minutes)
            yield Task(name, n_vehicles, slot_minutes, json.dumps(document).encode())


def _file_tasks(paths: list[Path]) -> Iterator[Task]:
    for path in paths:
        text = path.read_bytes()
        document = json.loads(text)
        yield Task(path.stem, len(document["vehicles"]), document.get("slotMinutes", 15), text)


def _with_progress(tasks: list[Task], repeat: int) -> Iterator[Measurement]:
    with progress() as bars:
        bar = bars.add_task("measuring", total=len(tasks))
        for measured in measure_apart(tasks, repeat):
            bars.advance(bar)
            yield measured


if __name__ == "__main__":
    typer.run(run)
