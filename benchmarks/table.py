"""The results as a table: phases in milliseconds, then what they are against HiGHS alone."""

from collections.abc import Iterable, Iterator

from rich import box
from rich.table import Table

from benchmarks.measure import Measurement
from benchmarks.phases import PHASES, WHOLE
from benchmarks.yardstick import METHODS

_RATIOS = ("solve", "call", "bytes")
_TITLE = (
    "Medians in ms of CPU; HiGHS alone on the same matrix: interior point|simplex; x = times its better one"
)


def results_table(measured: Iterable[Measurement]) -> Table:
    """One row per subject and size."""
    table = Table(title=_TITLE, box=box.SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("subject", no_wrap=True)
    ratios = (f"{name} x" for name in _RATIOS)
    for heading in ("n", "cells", *PHASES, *WHOLE, "HiGHS", *ratios, "gap", "MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for entry in measured:
        table.add_row(*_row(entry))
    return table


def _row(entry: Measurement) -> Iterator[str]:
    yield entry.subject
    yield str(entry.n_vehicles)
    yield str(entry.n_cells)
    yield from (_milliseconds(entry.phases_ms[name]) for name in (*PHASES, *WHOLE))
    yield "|".join(_milliseconds(entry.yardstick_ms.get(method)) for method in METHODS)
    yield from (f"{entry.ratio(name):.3g}" for name in _RATIOS)
    yield f"{entry.gap:.2%}" if entry.gap > 1e-6 else "0"
    yield f"{entry.peak_mb:.0f}"


def _milliseconds(value: float | None) -> str:
    """A method that was stopped has no time."""
    if value is None:
        return "-"
    return f"{value:.1f}" if value < 100.0 else f"{value:.0f}"
