"""The batch benchmark runs, and its figures add up."""

import json

import typer
from typer.testing import CliRunner

from benchmarks.batch import batch


def test_a_small_batch_is_measured() -> None:
    """Two depots of three vehicles on one process: all planned, a share between none and all."""
    app = typer.Typer()
    app.command()(batch)
    done = CliRunner().invoke(app, ["--depots", "2", "--vehicles", "3", "--workers", "1"])
    figures = json.loads(done.stdout)
    assert done.exit_code == 0 and figures["not_planned"] == 0
    assert 0.0 < figures["planning_share"] < 1.0 and figures["planning_s"] < figures["wall_s"]
