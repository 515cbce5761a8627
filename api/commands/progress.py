"""A replan for people, on standard error: a bar while it runs, a table when it is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from api.jobs.replan import Progress
from api.jobs.report import ReplanReport, SiteReport

_NOT_A_TERMINAL_WIDTH = 120
_SITES_SHOWN = 40


def _console() -> Console:
    console = Console(stderr=True, highlight=False)
    return (
        console if console.is_terminal else Console(stderr=True, highlight=False, width=_NOT_A_TERMINAL_WIDTH)
    )


@contextmanager
def showing_progress() -> Iterator[Callable[[Progress], None]]:
    """A bar of the sites that are done, on a terminal only."""
    console = _console()
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def show(progress: Progress) -> None:
            description = f"{progress.stage} {progress.location_uid}"
            bar.update(task, total=progress.total, completed=progress.done, description=description)

        yield show


def print_report(report: ReplanReport) -> None:
    """The table of the sites, those with trouble first, and the figures of all."""
    console = _console()
    console.print(_table(report))
    hidden = len(report.sites) - _SITES_SHOWN
    if hidden > 0:
        console.print(f"and {hidden} more sites")
    console.print(_totals(report), soft_wrap=True)


def _table(report: ReplanReport) -> Table:
    dry = " (dry run: nothing was kept or sent)" if report.dry_run else ""
    table = Table(title=f"Replan {report.run_id}: {report.state.value}{dry}", title_justify="left")
    table.add_column("location", overflow="fold")
    table.add_column("state", no_wrap=True)
    for heading in ("planned", "changed", "confirmed", "short"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("why, and what went wrong", overflow="fold")
    for site in sorted(report.sites, key=lambda site: (-site.exit_code, site.location_uid))[:_SITES_SHOWN]:
        table.add_row(*_row(site))
    return table


def _row(site: SiteReport) -> Iterator[Text | str]:
    counts = site.counts
    yield Text(site.location_uid)
    yield site.state.value
    for name in ("planned", "changed", "confirmed", "shortfalls"):
        yield str(counts[name])
    remarks = [site.cause.description if site.cause else None, site.detail]
    rejected = f"{len(site.rejected)} entries were set aside" if site.rejected else None
    yield Text("; ".join(remark for remark in (*remarks, rejected) if remark))


def _totals(report: ReplanReport) -> Text:
    counts = report.counts
    seconds = (report.finished_ms - report.started_ms) / 1000
    text = (
        f"{counts['sites']} sites in {seconds:.1f} s: {counts.get('planned', 0)} schedules planned, "
        f"{counts.get('changed', 0)} vehicles changed, {counts.get('confirmed', 0)} confirmed, "
        f"{counts.get('unconfirmed', 0)} not"
    )
    stopped = f"; stopped before {', '.join(report.not_done)}" if report.not_done else ""
    problem = f"; {report.problem}" if report.problem else ""
    return Text(text + stopped + problem)
