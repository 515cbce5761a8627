"""Calls that are answered later, over real HTTP, through a stop of the service and a killed worker."""

import multiprocessing
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
from pydantic import SecretStr

from api.settings import Settings
from tests.api.depots import a_monster
from tests.api.serving import serving
from tests.plan_builders import a_request_document

LATER = {"Prefer": "respond-async, wait=1"}
PATIENCE_S = 180.0


def settings_at(folder: Path):
    """One worker of each kind on a store that outlives the service."""
    return Settings(
        workers=1, long_workers=1, database_url=SecretStr(f"sqlite:///{folder / 'depot.db'}"), shutdown_s=1.0
    )


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    with serving(settings_at(tmp_path_factory.mktemp("store"))) as url, a_client(url) as client:
        yield client


def a_client(url):
    return httpx.Client(base_url=url, timeout=PATIENCE_S)


def in_state(http, job, *states):
    """The job, once it is in one of these states."""
    give_up_at_s = monotonic() + PATIENCE_S
    while (now := http.get(job["statusUrl"]).json())["state"] not in states:
        assert monotonic() < give_up_at_s, now
        sleep(0.02)
    return now


def test_a_plan_is_made_later(http):
    """202 says where; the result is the very plan that is kept."""
    accepted = http.post("/v1/plans", json=a_request_document(), headers=LATER)
    job = accepted.json()
    assert accepted.status_code == 202
    assert accepted.headers["location"] == job["statusUrl"]
    assert accepted.headers["preference-applied"] == "respond-async"
    assert in_state(http, job, "done")["finishedAt"] >= job["createdAt"]
    result = http.get(job["resultUrl"])
    assert result.status_code == 200
    assert http.get(f"/v1/plans/{result.json()['planId']}").json() == result.json()


def test_a_check_is_made_later(http):
    """Any work can be: here a plan of ours, which holds."""
    document = a_request_document()
    plan = http.post("/v1/plans", json=document).json()
    job = http.post("/v1/checks", json={"request": document, "plan": plan}, headers=LATER).json()
    in_state(http, job, "done")
    assert http.get(job["resultUrl"]).json() == {"holds": True, "breaches": []}


def test_what_is_wrong_is_told_later_too(http):
    """A job of a bad request fails, and its result is the problem with its places."""
    job = http.post("/v1/plans", json=a_request_document(slotMinutes=7), headers=LATER).json()
    in_state(http, job, "failed")
    result = http.get(job["resultUrl"])
    assert (result.status_code, result.json()["errors"][0]["pointer"]) == (422, "/slotMinutes")
    assert result.headers["content-type"] == "application/problem+json"


def test_a_running_job_has_no_result_and_can_be_cancelled(http):
    """409 while it runs; after DELETE its worker is free for the next job."""
    monster = http.post("/v1/plans", json=a_monster(), headers=LATER).json()
    in_state(http, monster, "running")
    assert http.get(monster["resultUrl"]).status_code == 409
    assert http.delete(monster["statusUrl"]).status_code == 204
    assert http.get(monster["statusUrl"]).json()["state"] == "cancelled"
    next_job = http.post("/v1/plans", json=a_request_document(), headers=LATER).json()
    in_state(http, next_job, "done")
    assert http.delete(next_job["statusUrl"]).status_code == 409


@pytest.mark.parametrize("path", ["/v1/jobs/nothing", "/v1/jobs/nothing/result"])
def test_an_unknown_job_is_a_404(http, path):
    assert http.get(path).status_code == 404


def test_a_job_whose_workers_are_all_killed_fails_after_three(tmp_path):
    """SIGKILL in the middle: it is taken up again, but what kills every worker does not go on for ever."""
    with serving(settings_at(tmp_path)) as url, a_client(url) as http:
        monster = http.post("/v1/plans", json=a_monster(), headers=LATER).json()
        give_up_at_s = monotonic() + PATIENCE_S
        kills = 0
        while http.get(monster["statusUrl"]).json()["state"] != "failed":
            assert monotonic() < give_up_at_s
            if 'depot_queue_running{lane="long"} 1.0' in http.get("/metrics").text:
                kill_all()
                kills += 1
            sleep(0.05)
        assert kills >= 3
        assert http.get(monster["resultUrl"]).status_code == 503
        job = http.post("/v1/plans", json=a_request_document(), headers=LATER).json()
        in_state(http, job, "done")


def kill_all():
    for process in multiprocessing.active_children():
        process.kill()


def test_a_stop_hands_back_what_runs(tmp_path):
    """The service ends in the middle of one job with another behind it; the next service has both."""
    with serving(settings_at(tmp_path)) as url, a_client(url) as http:
        monster = http.post("/v1/plans", json=a_monster(), headers=LATER).json()
        behind = http.post("/v1/plans", json=a_request_document(), headers=LATER).json()
        in_state(http, monster, "running")
    with serving(settings_at(tmp_path)) as url, a_client(url) as http:
        in_state(http, monster, "running")
        assert http.delete(monster["statusUrl"]).status_code == 204
        in_state(http, behind, "done")
        assert http.get(behind["resultUrl"]).status_code == 200
