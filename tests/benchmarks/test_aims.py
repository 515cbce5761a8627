"""Every figure that has an aim is measured, on tiny depots: over HTTP and from a cold start as well."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.aims import Aim, aims, solving_aim
from benchmarks.generator import DepotKind, generate
from benchmarks.layout import readable_json
from benchmarks.measure import Task, measure


def test_growth_replans_the_whole_call_and_the_start_are_measured(tmp_path: Path) -> None:
    app, report = typer.Typer(), tmp_path / "aims.json"
    app.command()(aims)
    arguments = ["--largest", "4", "--repeat", "1", "--parts", "growth,replan,whole,cold"]
    done = CliRunner().invoke(app, [*arguments, "--json", str(report)])
    assert done.exit_code == 0, done.output
    figures = {
        aim["figure"]: aim["measured"] for aim in json.loads(report.read_text(encoding="utf-8"))["results"]
    }
    assert set(figures) == {
        "growth of solve from 1",
        "growth of bytes from 1",
        "memory, MB",
        "replan / afresh, alone",
        "the same with the model",
        "replan / afresh, in a call",
        "bytes / HiGHS",
        "HTTP call / HiGHS",
        "first run over numpy, s",
        "second run over numpy, s",
    }
    assert all(value > 0.0 for value in figures.values())


def test_how_many_times_faster_is_what_the_measurement_says() -> None:
    text = readable_json(generate(DepotKind(), 6)).encode()
    entry = measure(Task("demand-charge", 6, 15, text, whole=False), 1)
    aim = solving_aim(entry)
    assert aim.measured == pytest.approx(entry.best_yardstick_ms / entry.phases_ms["solve"])
    assert aim.wanted == 15.0 and aim.at_least and "bytes" not in entry.phases_ms


@pytest.mark.parametrize(
    ("measured", "at_least", "met"),
    [(2.0, True, True), (0.5, True, False), (0.5, False, True), (2.0, False, False)],
)
def test_an_aim_is_met_on_its_side_only(measured: float, at_least: bool, met: bool) -> None:
    assert Aim("depot", "1 x 96", "figure", measured, 1.0, at_least).met is met
    assert not Aim("depot", "1 x 96", "figure", float("nan"), 1.0, at_least).met
