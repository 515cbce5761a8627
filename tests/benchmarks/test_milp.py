"""The whole model and the planner solve the same depot: neither is better than the other's bound."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.milp import GAP, Comparison, compare, milp


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare(6, 60.0, 1)


def test_neither_is_below_the_bound_of_the_other(compared: Comparison) -> None:
    whole = compared.whole
    assert not whole.cut_off and whole.gap <= GAP
    assert compared.missing_kwh == 0.0
    assert compared.planned_value >= whole.bound - 1e-6
    assert whole.value >= compared.planned_value * (1.0 - compared.planned_gap) - 1e-6
    assert whole.n_whole > 6 * 20 and compared.times_faster > 0.0


def test_a_model_that_is_cut_off_says_so_in_table_and_json(tmp_path: Path) -> None:
    app, report = typer.Typer(), tmp_path / "milp.json"
    app.command()(milp)
    arguments = ["--sizes", "20", "--limit-s", "0", "--repeat", "1", "--json", str(report)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    (result,) = json.loads(report.read_text(encoding="utf-8"))["results"]
    assert result["whole"]["cut_off"] and result["whole"]["gap"] is None
    assert ">" in done.output
