"""Every subject runs once, tiny, through every phase, and linear ones meet the yardstick's optimum."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.measure import Task, measure
from benchmarks.phases import PHASES, WHOLE
from benchmarks.run import run
from benchmarks.subjects import SUBJECTS
from benchmarks.yardstick import METHODS

N_VEHICLES = 6


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_subject_runs_through_every_phase(name: str) -> None:
    subject = SUBJECTS[name]
    text = json.dumps(subject.build(N_VEHICLES, 15)).encode()
    measured = measure(Task(name, N_VEHICLES, 15, text), 1)
    assert set(measured.phases_ms) == {*PHASES, *WHOLE}
    assert set(measured.yardstick_ms) == set(METHODS)
    assert measured.value >= measured.yardstick_value - 1e-6 * max(1.0, abs(measured.yardstick_value))
    if subject.linear:
        assert measured.value == pytest.approx(measured.yardstick_value, rel=1e-6, abs=1e-6)
        assert measured.gap <= 1e-6


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    """Two processes of its own: one for a subject, one for a request file."""
    app = typer.Typer()
    app.command()(run)
    request, results = tmp_path / "depot.json", tmp_path / "results.json"
    request.write_text(json.dumps(SUBJECTS["flat-tariff"].build(3, 15)), encoding="utf-8")
    arguments = ["--subjects", "overnight-buses", "--sizes", "3", "--repeat", "1"]
    result = CliRunner().invoke(app, [*arguments, "--request", str(request), "--json", str(results)])
    assert result.exit_code == 0, result.output
    assert "overnight-buses" in result.output
    report = json.loads(results.read_text(encoding="utf-8"))
    assert [entry["subject"] for entry in report["results"]] == ["overnight-buses", "depot"]
    assert report["machine"]["cores"] >= 1
