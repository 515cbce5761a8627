"""Where results go: a terminal or a log, and a JSON file with date, commit, machine and versions."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_NOT_A_TERMINAL_WIDTH = 180


def console() -> Console:
    """Standard output; wide enough for every column where it is no terminal."""
    here = Console()
    return here if here.is_terminal else Console(width=_NOT_A_TERMINAL_WIDTH)


def progress() -> Progress:
    """What is being measured, on standard error, gone when it is over."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def write_report(path: Path, results: list[dict[str, Any]]) -> None:
    """The results as JSON, with what they were measured on; a number that is not finite is null."""
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "machine": {
            "cores": os.cpu_count(),
            "architecture": platform.machine(),
            "load": os.getloadavg()[0],
        },
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("highspy", "numpy")},
        "results": results,
    }
    path.write_bytes(to_json(report, indent=1, inf_nan_mode="null") + b"\n")


def _commit() -> str | None:
    """The commit that was measured; None outside a working copy."""
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None
