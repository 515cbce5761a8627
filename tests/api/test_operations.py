"""What an operator relies on: readiness, metrics, logs without secrets, and an end in good order."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import URL

from adapters.records import JobState
from api.settings import Settings
from tests import postgres
from tests.api.depots import a_depot, a_monster
from tests.api.serving import serving_services
from tests.plan_builders import a_request_document

ONE_EACH = Settings(workers=1, long_workers=1)
PATIENCE_S = 180


@pytest.fixture(scope="module")
def service():
    """A client, and the services behind it."""
    with serving_services(ONE_EACH) as (url, services), httpx.Client(base_url=url, timeout=180) as client:
        yield client, services


def test_ready_says_what_it_needs(service):
    http, services = service
    answer = http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "store": "ok",
        "queue": {"waiting": 0, "oldestSeconds": 0.0},
        "lastReplanAgeSeconds": None,
    }
    run = services.store.jobs.start("replan", 1)
    services.store.jobs.finish(run.run_id, JobState.DONE, {}, {})
    assert 0.0 <= http.get("/readyz").json()["lastReplanAgeSeconds"] < PATIENCE_S


def test_without_its_store_it_is_alive_and_not_ready(postgres_server: URL):
    """The database goes away: 503 from /readyz and from what needs it, 200 from /healthz."""
    with ExitStack() as stack:
        database = stack.enter_context(ExitStack())
        url = SecretStr(database.enter_context(postgres.database(postgres_server)))
        service = serving_services(ONE_EACH.model_copy(update={"database_url": url}))
        http = stack.enter_context(httpx.Client(base_url=stack.enter_context(service)[0], timeout=180))
        assert http.get("/readyz").status_code == 200
        assert http.post("/v1/plans", json=a_request_document()).status_code == 200
        database.close()  # drops the database, with everybody's connections
        answer = http.get("/readyz")
        assert (answer.status_code, answer.json()["store"]) == (503, "unavailable")
        assert http.get("/healthz").status_code == 200
        refused = http.get("/v1/sites")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["content-type"] == "application/problem+json"
        assert "postgres" not in refused.text


def test_metrics_count_plans_and_requests(service):
    http, _ = service
    assert http.post("/v1/plans", json=a_depot(3)).status_code == 200
    text = http.get("/metrics").text
    for sample in (
        'depot_plan_phase_seconds_count{phase="solve"}',
        "depot_plan_gap_count",
        "depot_plan_shortfall_kwh_sum",
        'depot_request_seconds_count{method="POST",route="/v1/plans",status="200"}',
        'depot_queue_age_seconds{lane="quick"}',
        "depot_push_failing",
        "depot_push_given_up",
        "depot_push_age_seconds",
        "depot_deferred_age_seconds",
    ):
        assert sample in text


def test_a_path_that_nobody_serves_makes_no_series(service):
    """Whoever tries paths does not fill the memory with their names."""
    http, _ = service
    http.get("/v1/some-long-name-7261")
    assert "7261" not in http.get("/metrics").text


@pytest.mark.parametrize(("offered", "kept"), [("abc-1.2_X", True), ("a b", False), ("x" * 65, False)])
def test_a_request_id_is_taken_over_where_it_is_sound(service, offered, kept):
    http, _ = service
    given = http.get("/healthz", headers={"X-Request-Id": offered}).headers["x-request-id"]
    assert (given == offered) == kept
    assert given
    assert http.get("/v1/nothing").headers["x-request-id"] != given


@contextmanager
def a_process(folder: Path, **environment: str):
    """`depot serve` as a process of its own, its URL, and where its log goes."""
    variables = {
        **os.environ,
        "DEPOT_DATABASE_URL": f"sqlite:///{folder / 'depot.db'}",
        "DEPOT_WORKERS": "1",
        "DEPOT_LONG_WORKERS": "1",
        **environment,
    }
    log = folder / "log"
    command = [sys.executable, "-c", "from api.cli import main; main()", "serve", "--port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stderr=output, env=variables)
    try:
        yield process, _address(process, log), log
    finally:
        process.kill()
        process.wait()


def _address(process, log: Path) -> str:
    while process.poll() is None:
        for line in lines_of(log):
            if "running on" in line["event"]:
                return line["event"].split("running on ")[1].split()[0]
        Event().wait(0.05)
    raise AssertionError(log.read_text())


def lines_of(log: Path):
    """The whole lines of a log, each one a JSON object."""
    whole = log.read_text().rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def test_logs_are_json_with_a_request_id_and_no_secret(tmp_path):
    """Keys, tokens, queries and bodies are in no line, whatever goes wrong."""
    secrets = {
        "DEPOT_API_KEYS": "ann:sesame-1",
        "DEPOT_CHARGEYE_REFRESH_TOKEN": "rt-opensesame",
        "DEPOT_CHARGEYE_URL": "http://127.0.0.1:9/api",
    }
    with a_process(tmp_path, **secrets) as (process, url, log):
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer sesame-1"}, timeout=180) as http:
            for path in ("/v1/plans?site=q-secret", "/v1/plans/p-secret", "/v1/nothing?token=q-secret"):
                http.get(path, headers={"X-Request-Id": "r-1"})
            http.get("/v1/sites", headers={"Authorization": "Bearer wrong-sesame"})
            assert http.post("/v1/plans", json=a_request_document()).status_code == 200
            assert http.post("/v1/plans", content=b'{"b-secret"').status_code == 400
            assert http.post("/v1/replans", json={}).status_code == 503
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)
        lines = [line for line in lines_of(log) if line["event"] == "request"]
        text = log.read_text()
    assert [line["request_id"] for line in lines].count("r-1") == 3
    assert {"method", "route", "status", "ms", "timestamp", "level"} <= set(lines[0])
    assert {line.get("caller") for line in lines} == {"ann", None}
    assert "sesame" not in text
    assert "secret" not in text


def test_a_signal_lets_what_runs_finish(tmp_path):
    """SIGTERM in the middle of a plan: the plan is answered, no new connection is taken, and it ends."""
    depot = a_depot(200)
    with a_process(tmp_path) as (process, url, log), ThreadPoolExecutor(1) as threads:
        answer = threads.submit(httpx.post, f"{url}/v1/plans", json=depot, timeout=PATIENCE_S)
        while 'depot_queue_running{lane="quick"} 1.0' not in httpx.get(f"{url}/metrics", timeout=180).text:
            assert not answer.done()
        process.send_signal(signal.SIGTERM)
        assert answer.result().status_code == 200
        assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM)
        assert "Traceback" not in log.read_text()


def test_a_storm_of_signals_ends_it_as_one_does(tmp_path):
    """The next signal comes while the last one is still being taken."""
    with a_process(tmp_path) as (process, url, log):
        assert httpx.get(f"{url}/healthz", timeout=180).status_code == 200
        for _ in range(200):
            process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM)
        assert "Traceback" not in log.read_text()


def test_a_signal_ends_a_monster_after_its_grace_with_an_answer(tmp_path):
    """What is not done in time is told so, and no process is left behind."""
    with a_process(tmp_path, DEPOT_SHUTDOWN_S="1") as (process, url, _), ThreadPoolExecutor(1) as threads:
        answer = threads.submit(httpx.post, f"{url}/v1/plans", json=a_monster(), timeout=PATIENCE_S)
        while 'depot_queue_running{lane="quick"} 1.0' not in httpx.get(f"{url}/metrics", timeout=180).text:
            assert not answer.done()
        process.send_signal(signal.SIGTERM)
        assert (answer.result().status_code, answer.result().headers["retry-after"]) == (503, "5")
        assert process.wait(PATIENCE_S) in (0, -signal.SIGTERM)
