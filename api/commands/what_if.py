"""`depot what-if`: one request and changes of it in, figures for each out."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.errors import reported
from api.commands.files import STDIO, read_json, write_bytes

if TYPE_CHECKING:
    from api.what_if import Question
    from api.what_if_workers import Progress


def what_if(  # noqa: PLR0913, each is an argument or option of the command
    request: Annotated[
        Path, typer.Argument(metavar="REQUEST.json", help="The depot tonight; - reads standard input.")
    ],
    changes: Annotated[
        Path | None,
        typer.Argument(
            metavar="CHANGES.json",
            help='A list of changes, such as [{"kind": "power-cap", "powerCapKw": 200}].',
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT.json", help="The answer as JSON.")
    ] = None,
    draws: Annotated[
        int, typer.Option(min=0, help="Add so many draws of random lateness, as the service draws them.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of those draws.")] = 1,
    plans: Annotated[bool, typer.Option("--plans", help="Give back every plan as well.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Processes at work; default: as many of the cores as pay."),
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="Who solves: auto, highs, pulp, or pulp:SOLVER.")
    ] = "auto",
) -> None:
    """Ask what would be different: another cap, other prices, a late vehicle, one more, random lateness.

    With -o the answer is written there and a table to standard output; without it the answer is standard
    output and the table standard error. Exit code 2: the request or a change is wrong; every place is named,
    and nothing was planned.
    """
    question = _read(request, changes, draws, seed, plans=plans)
    with reported(str(request)):
        _write(_answered(question, engine, workers), output)


def _read(request: Path, changes: Path | None, draws: int, seed: int, *, plans: bool) -> "Question":
    from api.clock import now_ms
    from api.what_if import Extras, read_parts

    with reported(str(request)):
        request_document = read_json(request)
        read_parts(request_document, [], now_ms)  # alone first: its faults are told under its own name
    with reported("the changes" if changes is None else str(changes)):
        listed = _changes(changes, draws, seed)
        return read_parts(request_document, listed, now_ms, extras=Extras(plans=plans))


def _changes(path: Path | None, draws: int, seed: int) -> list[Any]:
    from optimiser.exceptions import Fault, InvalidRequestError

    listed = [] if path is None else read_json(path)
    if not isinstance(listed, list):
        raise InvalidRequestError([Fault((), "must be a list of changes")])
    drawn = [{"kind": "random-lateness", "draws": draws, "seed": seed}] if draws else []
    if not listed and not drawn:
        raise InvalidRequestError([Fault((), "no change to look at: give CHANGES.json, --draws, or both")])
    return [*listed, *drawn]


def _answered(question: "Question", engine: str, workers: int | None) -> dict[str, Any]:
    from api.what_if import answer

    with _progress_bar() as on_progress:
        return answer(question, engine=engine, workers=workers, on_progress=on_progress)


@contextmanager
def _progress_bar() -> Iterator["Progress"]:
    """A bar on standard error, so that standard output stays JSON."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Planning"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Planning", total=None)
        yield lambda made, of: progress.update(task, completed=made, total=of)


def _write(answer: dict[str, Any], output: Path | None) -> None:
    from api.service import json_text
    from api.what_if_summary import print_answer

    write_bytes(output or STDIO, json_text(answer, indent=2))
    print_answer(answer, to_stderr=output is None or output == STDIO)
