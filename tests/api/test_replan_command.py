"""`depot replan` on the command line: what it writes where, how it leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.chargeye.simulator import (
    FaultKind,
    FaultRule,
    SimulatorControl,
    example_seed,
    serving_simulator,
)
from adapters.store import open_store
from api.cli import app
from api.clock import now_ms
from tests.adapters.conftest import NOW, REFRESH_TOKEN
from tests.api.jobs.depots import plans, writes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def _chargeye() -> Iterator[SimulatorControl]:
    with serving_simulator() as simulator:
        yield simulator


@pytest.fixture
def chargeye(_chargeye: SimulatorControl) -> SimulatorControl:
    """Two depots with 6 vehicles, standing at NOW."""
    seed = example_seed(2, 6, now=NOW)
    _chargeye.clear_faults()
    _chargeye.load(seed.model_copy(update={"clock_running": False, "refresh_tokens": [REFRESH_TOKEN]}))
    _chargeye.clear_requests()
    return _chargeye


def command(
    chargeye: SimulatorControl, folder: Path, *arguments: str, **environment: str
) -> tuple[list[str], dict[str, str]]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("DEPOT_")}
    settings = {
        "DEPOT_CHARGEYE_URL": chargeye.api_url,
        "DEPOT_CHARGEYE_REFRESH_TOKEN": REFRESH_TOKEN,
        "DEPOT_DATABASE_URL": f"sqlite:///{folder / 'depot.db'}",
        **environment,
    }
    program = "from api.cli import main; main()"
    return [sys.executable, "-c", program, "replan", *arguments], {**bare, **settings}


def replan(
    chargeye: SimulatorControl, folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """One run as a process of its own."""
    line, settings = command(chargeye, folder, *arguments, **environment)
    return subprocess.run(
        line, capture_output=True, text=True, cwd=ROOT, env=settings, timeout=60, check=False
    )


def test_a_run_tells_people_and_machines(chargeye: SimulatorControl, tmp_path: Path) -> None:
    """The table on standard error, the report as JSON on standard output and nothing else there; code 0."""
    chargeye.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, path="/vehicles", count=1))
    done = replan(chargeye, tmp_path, "--now", NOW.isoformat(), "--workers", "1", "--json", "-")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["counts"]["confirmed"] == 6 and [site["locationUid"] for site in report["sites"]] == [
        "depot-1",
        "depot-2",
    ]
    assert "depot-1" in done.stderr and "6 confirmed" in done.stderr and "stamina" in done.stderr
    assert all(plans(chargeye).values()) and REFRESH_TOKEN not in done.stderr + done.stdout


def test_what_was_out_of_reach_is_named(chargeye: SimulatorControl, tmp_path: Path) -> None:
    """Code 3: the rest was done, and the table says which part was not."""
    line = ("--now", NOW.isoformat(), "--workers", "1", "--location", "depot-2", "--location", "nowhere")
    done = replan(chargeye, tmp_path, *line)
    assert done.returncode == 3 and "nowhere" in done.stderr and "404" in done.stderr
    assert done.stdout == "" and "3 confirmed" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "message"),
    [
        pytest.param(["--now", "tonight"], {}, 2, "--now", id="a time that is none"),
        pytest.param(["--now", "2026-03-09T18:00:00"], {}, 2, "--now", id="a time without offset"),
        pytest.param(["--now", NOW.isoformat(), "--every", "5"], {}, 2, "--every", id="one instant for ever"),
        pytest.param([], {"DEPOT_CHARGEYE_REFRESH_TOKEN": " "}, 2, "REFRESH_TOKEN is not set", id="no token"),
        pytest.param([], {"DEPOT_CHARGEYE_URL": "kempower.io"}, 2, "DEPOT_CHARGEYE_URL", id="no URL"),
        pytest.param([], {"DEPOT_DATABASE_URL": "mysql://x"}, 2, "DEPOT_DATABASE_URL", id="no store's URL"),
        pytest.param([], {"DEPOT_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, 3, "store", id="no store"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(
    chargeye: SimulatorControl,
    tmp_path: Path,
    arguments: list[str],
    environment: dict[str, str],
    code: int,
    message: str,
) -> None:
    """An exit code and the place, no traceback."""
    _, settings = command(chargeye, tmp_path, **environment)
    done = CliRunner(env=settings).invoke(app, ["replan", *arguments])
    assert done.exit_code == code and message in done.stderr, done.output
    assert writes(chargeye) == 0


def test_as_a_service_it_ends_cleanly_when_told(chargeye: SimulatorControl, tmp_path: Path) -> None:
    """SIGTERM during --every: code 0, the run is closed, the plans are there."""
    line, settings = command(chargeye, tmp_path, "--every", "10", "--poll", "1", "--workers", "1")
    chargeye.load(example_seed(2, 6))
    process = subprocess.Popen(line, cwd=ROOT, env=settings, stderr=subprocess.PIPE, text=True)
    give_up_at = time.monotonic() + 40
    while writes(chargeye) < 6 and time.monotonic() < give_up_at:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=40)
    assert process.returncode in (0, 3), errors
    assert "Traceback" not in errors and sum(1 for plan in plans(chargeye).values() if plan) >= 6
    store = open_store(settings["DEPOT_DATABASE_URL"], now_ms)
    assert {run.state.value for run in store.jobs.latest()} <= {"done", "cancelled"}
    store.close()
