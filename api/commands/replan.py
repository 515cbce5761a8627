"""`depot replan`: read, plan and push, once or again and again."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.errors import reported


def replan(  # noqa: PLR0913, each is an option of the command
    location: Annotated[
        list[str] | None,
        typer.Option(metavar="UID", help="A location; several times for several. Default: all."),
    ] = None,
    now: Annotated[
        str | None, typer.Option(metavar="ISO", help="Plan for this instant instead of the clock's.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Plan and compare, but keep and send nothing.")
    ] = False,
    every: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", min=0.01, help="Go on: replan so often, and on every trigger."),
    ] = None,
    poll: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="With --every: look for triggers so often.")
    ] = 60.0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that plan. Default: one for each core.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://...", help="Plan on this Dask cluster instead.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Send every plan, changed or not.")] = False,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The report as JSON; - is standard output.")
    ] = None,
) -> None:
    """Read every depot from ChargEye, plan it, and send the plans that changed.

    A progress bar and a summary table go to standard error. Exit code 3: ChargEye or the store could not be
    reached for part of the work, or a plan is not confirmed; the rest was done. Exit code 2: a site cannot
    be planned as it is described. With --every it runs until it is told to end (SIGTERM, or Ctrl-C), and
    then finishes the sites at hand.
    """
    if now is not None and every is not None:
        raise typer.BadParameter("cannot go on from one instant: leave out --every", param_hint="--now")
    with reported("the environment"):
        from api.commands.logs import log_to_stderr
        from api.commands.replanning import Wanted, instant_option, run

        log_to_stderr()
        uids = tuple(location) if location else None
        wanted = Wanted(uids, instant_option(now), dry_run, force, every, poll, workers, scheduler)
        code = run(wanted, json)
    raise typer.Exit(code)
