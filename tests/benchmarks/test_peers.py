"""Other planners on our nights: nobody installed is cheaper, and the checker sees what is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from benchmarks.peers.compare import ENVIRONMENTS, OURS, PEERS, compare, night_request
from benchmarks.peers.judge import Verdict, judge
from benchmarks.phases import Outcome, parse, time_phases
from optimiser.domain import PlanRequest

REQUEST = night_request(6)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return time_phases(json.dumps(REQUEST).encode())[1]


@pytest.fixture(scope="module")
def request_read() -> PlanRequest:
    return parse(REQUEST).plan_request


@pytest.fixture
def energies(outcome: Outcome) -> np.ndarray:
    """The planner's own, as a peer would give them."""
    problem = outcome.problem
    given = np.zeros((problem.n_sessions, problem.n_pieces))
    given[problem.cell_session, problem.cells.piece] = outcome.solution.energy_kwh
    return given


def test_nobody_who_is_installed_is_cheaper_and_cbc_costs_the_same(tmp_path: Path) -> None:
    app, report = typer.Typer(), tmp_path / "peers.json"
    app.command()(compare)
    done = CliRunner().invoke(app, ["--sizes", "6", "--limit-s", "60", "--json", str(report)])
    assert done.exit_code == 0, done.output
    rows = {row["planner"]: row for row in json.loads(report.read_text(encoding="utf-8"))["results"]}
    assert rows["PuLP + CBC"]["cost"] == pytest.approx(rows[OURS]["cost"], rel=1e-6)
    for peer in PEERS:
        row = rows[peer.name]
        if peer.python(ENVIRONMENTS).exists():
            assert row["said"] == "" and row["breaches"] == []
            assert row["cost"] >= rows[OURS]["cost"] * (1.0 - 1e-6) or row["missing_kwh"] > 0.0
        else:
            assert "make bench-peers" in row["said"]


def test_our_own_energies_pass_as_a_peers(
    outcome: Outcome, request_read: PlanRequest, energies: np.ndarray
) -> None:
    verdict = judge(request_read, outcome, energies.tolist())
    assert verdict.breaches == () and verdict.outside_kwh == pytest.approx(0.0, abs=1e-9)
    assert verdict.cost == pytest.approx(outcome.plan.report.strategy.value, rel=1e-6)


def test_what_a_peer_does_wrong_is_seen(
    outcome: Outcome, request_read: PlanRequest, energies: np.ndarray
) -> None:
    def judged(given: np.ndarray) -> Verdict:
        return judge(request_read, outcome, given.tolist())

    early = energies.copy()
    early[0] = 0.0
    early[0, 0] = 50.0  # at noon, long before the first bus is there
    assert judged(early).outside_kwh == pytest.approx(50.0)
    assert judged(early).missing_kwh == pytest.approx(energies[0].sum(), abs=0.1)
    strong = energies.copy()
    slot = int(np.argmax(strong[0]))
    strong[0, slot] += 100.0
    assert {"4.2 power", "4.4 site-cap"} <= {breach.rule for breach in judged(strong).breaches}
