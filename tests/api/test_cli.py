"""The command line: what it writes where, and with which exit code it leaves."""

import csv
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import httpx
import pandas as pd
import pytest
from pydantic_core import from_json, to_json
from typer.testing import CliRunner

from api.cli import app
from api.version import VERSION
from tests.api.bad_inputs import BAD_INPUTS, BadInput
from tests.plan_builders import a_request_document, a_schedule

ROOT = Path(__file__).parents[2]


def depot(*arguments, stdin=None):
    """One run inside this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def depot_process(*arguments, stdin=None, **environment):
    """One run as a process of its own."""
    command = [sys.executable, "-c", "from api.cli import main; main()", *map(str, arguments)]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("DEPOT_")}
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**bare, **environment},
        timeout=60,
        check=False,
    )


@pytest.fixture
def request_file(tmp_path):
    return written(tmp_path / "request.json", a_request_document())


def written(path, document):
    path.write_bytes(to_json(document, inf_nan_mode="constants"))
    return path


def planned(request_file, plan_file):
    assert depot("plan", request_file, "-o", plan_file).exit_code == 0
    return from_json(plan_file.read_bytes())


def test_the_version_is_the_packages(request_file):
    assert depot("--version").stdout == f"depot {VERSION}\n"
    assert f'\nversion = "{VERSION}"\n' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("command", [(), ("plan",), ("check",), ("serve",)])
def test_every_command_explains_itself(command):
    answer = depot(*command, "--help")
    assert answer.exit_code == 0
    assert "Usage:" in answer.stdout


def test_without_an_output_file_the_plan_is_stdout_and_the_summary_stderr():
    """Through real pipes, so that the plan can be piped on."""
    answer = depot_process("plan", "-", stdin=to_json(a_request_document()))
    assert answer.returncode == 0
    assert from_json(answer.stdout)["schedules"][0]["plan"]["reachedTargetSocInSchedule"] is True
    assert "bus-1" in answer.stderr.decode()
    assert "ready" in answer.stderr.decode()


def test_with_an_output_file_the_summary_is_stdout(request_file, tmp_path):
    answer = depot("plan", request_file, "-o", tmp_path / "plan.json")
    assert from_json((tmp_path / "plan.json").read_bytes())["solver"]["status"] == "optimal"
    assert answer.stderr == ""
    for words in ("Mon 09 19:00", "Tue 10 03:00", "40 → 90.0 %", "200.0", "ready", "peak", "gap 0.00%"):
        assert words in answer.stdout


def test_a_plan_stands_its_check(request_file, tmp_path):
    planned(request_file, tmp_path / "plan.json")
    answer = depot("check", request_file, tmp_path / "plan.json")
    assert answer.exit_code == 0
    assert "No rule is broken" in answer.stdout
    assert "missing-target" in answer.stdout


def test_a_check_lists_every_breach_by_rule(request_file, tmp_path):
    plan = planned(request_file, tmp_path / "plan.json")
    plan["schedules"][0]["targetSoC"] = 50
    plan["schedules"][0]["plan"]["segments"][0]["durationMs"] += 1
    plan["site"]["energyCost"] = 0.0
    answer = depot("check", request_file, written(tmp_path / "bad.json", plan))
    assert answer.exit_code == 2
    for words in ("/schedules/0/targetSoC", "segments/0/durationMs", "totals", "breaches:"):
        assert words in answer.stdout


def test_a_plan_of_the_wrong_shape_is_named_and_not_checked(request_file, tmp_path):
    plan = planned(request_file, tmp_path / "plan.json")
    del plan["schedules"][0]["plan"]["segments"][0]["powerkW"]
    answer = depot("check", request_file, written(tmp_path / "bad.json", plan))
    assert answer.exit_code == 2
    assert "/schedules/0/plan/segments/0/powerkW" in answer.stderr


def test_a_shortfall_is_still_a_plan(tmp_path):
    """Two hours for 200 kWh through 60 kW: it says who leaves how full, and why."""
    short = a_schedule(plannedDepartureTime="2026-03-09T21:15:00+02:00")
    document = a_request_document(schedules=[short])
    answer = depot(
        "plan",
        written(tmp_path / "request.json", document | {"site": document["site"] | {"powerCapKw": 60}}),
        "-o",
        tmp_path / "plan.json",
    )
    assert answer.exit_code == 0
    assert "bus-1 leaves at" in answer.stdout
    assert "site cap" in answer.stdout


def test_segments_go_out_as_a_table(request_file, tmp_path):
    depot("plan", request_file, "-o", tmp_path / "plan.json", "--csv", tmp_path / "segments.csv")
    rows = list(csv.DictReader(StringIO((tmp_path / "segments.csv").read_text())))
    segments = from_json((tmp_path / "plan.json").read_bytes())["schedules"][0]["plan"]["segments"]
    assert len(rows) == len(segments)
    assert sum(float(row["energykWh"]) for row in rows) == pytest.approx(200.0)
    assert (rows[0]["scheduleId"], rows[0]["from"]) == ("s-1", "2026-03-09T17:00:00.000Z")
    assert {row["paused"] for row in rows} <= {"true", "false"}


def test_the_chart_is_one_page(request_file, tmp_path):
    depot("plan", request_file, "-o", tmp_path / "plan.json", "--chart", tmp_path / "plan.html")
    assert "<html" in (tmp_path / "plan.html").read_text()


@pytest.mark.parametrize("kind", ["spans.csv", "times.csv"])
def test_prices_and_load_come_from_tables(request_file, tmp_path, kind):
    """The night is cheap from 22:00 on, and the other load leaves little room before."""
    hours = pd.date_range("2026-03-09T16:00:00Z", periods=24, freq="h")
    prices, load = tmp_path / f"prices-{kind}", tmp_path / f"load-{kind}"
    _table(hours, [0.30] * 4 + [0.05] * 20, "pricePerKwh", kind).to_csv(prices, index=False)
    _table(hours, [250.0] * 4 + [10.0] * 20, "baseLoadKw", kind).to_csv(load, index=False)
    answer = depot(
        "plan", request_file, "-o", tmp_path / "plan.json", "--prices", prices, "--base-load", load
    )
    assert answer.exit_code == 0, answer.stderr
    site = from_json((tmp_path / "plan.json").read_bytes())["site"]
    assert (site["slots"][0]["baseLoadKw"], site["slots"][4]["baseLoadKw"]) == (250.0, 10.0)
    assert site["energyCost"] == pytest.approx(0.05 * 200 / 0.9)


def _table(hours, values, name, kind):
    if kind == "times.csv":
        return pd.DataFrame({"time": hours, "value": values})
    return pd.DataFrame({"from": hours, "to": hours + pd.Timedelta(hours=1), name: values})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,price\n2026-03-09T16:00,0.1\n2026-03-10T16:00,0.1\n", "/site/prices/0/from"),
        ("from,to,pricePerKwh\n2026-03-09T16:00Z,soon,0.1\n", "/site/prices/0/to"),
        ("from,to,pricePerKwh\n2026-03-09T16:00Z,2026-03-10T16:00Z,\n", "/site/prices/0/pricePerKwh"),
        ("price\n0.1\n", "pricePerKwh"),
        ("", "prices.csv"),
        (None, "prices.csv"),
    ],
)
def test_a_bad_table_is_wrong_input(request_file, tmp_path, text, message):
    table = tmp_path / "prices.csv"
    if text is not None:
        table.write_text(text)
    answer = depot("plan", request_file, "-o", tmp_path / "plan.json", "--prices", table)
    assert answer.exit_code == 2
    assert message in answer.stderr
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=lambda bad: bad.name)
def test_every_bad_input_leaves_with_2_and_its_place(tmp_path, bad: BadInput):
    answer = depot("plan", written(tmp_path / "request.json", bad.request()))
    assert answer.exit_code == 2
    assert f"{bad.pointer}: " in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_json_leaves_with_2(text):
    answer = depot_process("plan", "-", stdin=text)
    assert answer.returncode == 2
    assert b"not JSON" in answer.stderr
    assert b"Traceback" not in answer.stderr


@pytest.mark.parametrize("document", [None, [], "plan", 7])
def test_json_that_is_no_request_leaves_with_2(tmp_path, document):
    answer = depot("plan", written(tmp_path / "request.json", document))
    assert answer.exit_code == 2
    assert "the whole document" in answer.stderr


def test_bad_entries_are_skipped_and_named_where_that_is_asked_for(tmp_path):
    document = a_request_document(schedules=[a_schedule(), a_schedule(id="s-2", targetSoC=101)])
    request = written(tmp_path / "request.json", document)
    assert depot("plan", request).exit_code == 2
    answer = depot("plan", request, "--on-invalid", "skip", "-o", tmp_path / "plan.json")
    assert answer.exit_code == 0
    assert "Rejected /schedules/1/targetSoC" in answer.stdout
    assert depot("check", request, tmp_path / "plan.json").exit_code == 0


def test_files_that_cannot_be_read_or_written_are_named(request_file, tmp_path):
    for arguments in (
        ("plan", tmp_path / "missing.json"),
        ("plan", tmp_path),
        ("plan", request_file, "-o", tmp_path / "nowhere" / "plan.json"),
        ("check", request_file, tmp_path / "missing.json"),
    ):
        answer = depot(*arguments)
        assert answer.exit_code == 2
        assert str(arguments[-1]) in answer.stderr


@pytest.mark.parametrize(
    "arguments", [("plan",), ("fly",), ("plan", "-", "--on-invalid", "hope"), ("serve", "--port", "x")]
)
def test_wrong_usage_leaves_with_2(arguments):
    assert depot(*arguments).exit_code == 2


def test_serving_others_without_keys_is_refused():
    answer = depot_process("serve", "--host", "0.0.0.0", "--port", "0")
    assert answer.returncode == 2
    assert b"DEPOT_API_KEYS" in answer.stderr


def test_bad_keys_are_refused_and_not_shown():
    answer = depot_process("serve", "--port", "0", DEPOT_API_KEYS="sesame-without-a-name")
    assert answer.returncode == 2
    assert b"DEPOT_API_KEYS" in answer.stderr
    assert b"sesame" not in answer.stderr


def test_the_service_starts_answers_and_stops():
    bare = {name: value for name, value in os.environ.items() if not name.startswith("DEPOT_")}
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=bare, stderr=subprocess.PIPE, text=True) as process:
        address = next(word for line in process.stderr for word in line.split() if word.startswith("http://"))
        try:
            assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
        finally:
            process.terminate()
        process.stderr.read()


def test_planning_does_not_load_what_it_does_not_use():
    """Web server, charts and tables would double the time to start."""
    script = (
        "import sys, api.cli, api.service, api.summary;"
        "slow = {'fastapi', 'uvicorn', 'plotly', 'pandas', 'pydantic_settings', 'httpx'};"
        "print(sorted(slow & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"


def test_an_unknown_engine_is_wrong_input(request_file):
    answer = depot("plan", request_file, "--engine", "magic")
    assert answer.exit_code == 2
    assert "/engine: " in answer.stderr
