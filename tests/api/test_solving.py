"""Work in processes of its own, over real HTTP: time limits, killed workers, and nobody held up."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import httpx
import pytest

from api.settings import Settings
from tests.api.depots import a_monster
from tests.api.serving import serving
from tests.plan_builders import a_request_document

ONE_EACH = Settings(workers=1, long_workers=1)
PATIENCE_S = 180.0
PATIENT = ONE_EACH.model_copy(update={"quick_limit_s": PATIENCE_S})


def the_worker():
    """The only worker process that runs."""
    (process,) = multiprocessing.active_children()
    return process


def kill_all():
    """End every worker process; one that is only just starting is started again."""
    for process in multiprocessing.active_children():
        process.kill()


def until(happened):
    """Wait for something that is sure to come."""
    give_up_at_s = monotonic() + PATIENCE_S
    while not happened():
        assert monotonic() < give_up_at_s
        sleep(0.01)


def running(http, lane):
    """How many tasks a lane works on, as the metrics have it."""
    return f'depot_queue_running{{lane="{lane}"}} 1.0' in http.get("/metrics").text


@pytest.fixture
def asking():
    """Threads to ask from."""
    with ThreadPoolExecutor(4) as threads:
        yield threads


def a_client(url):
    return httpx.Client(base_url=url, timeout=PATIENCE_S)


def test_a_worker_killed_in_the_middle_is_a_503_and_the_service_lives(asking):
    """SIGKILL of the process that plans: its caller hears of it at once, and the next plan is made."""
    with serving(PATIENT) as url, a_client(url) as http:
        answer = asking.submit(http.post, "/v1/plans", json=a_monster())
        until(lambda: running(http, "quick"))
        os.kill(the_worker().pid, signal.SIGKILL)
        killed = answer.result()
        assert (killed.status_code, killed.headers["retry-after"]) == (503, "1")
        assert "killed" in killed.json()["detail"]
        assert http.post("/v1/plans", json=a_request_document()).status_code == 200
        assert 'reason="WorkerKilled"} 1.0' in http.get("/metrics").text
        assert len(http.get("/v1/plans", params={"site": "depot"}).json()["plans"]) == 1


def test_an_idle_worker_that_is_killed_is_not_missed():
    """A process that died between two plans is replaced before the next one."""
    with serving(ONE_EACH) as url, a_client(url) as http:
        assert http.post("/v1/plans", json=a_request_document()).status_code == 200
        process = the_worker()
        process.kill()
        process.join()
        assert http.post("/v1/plans", json=a_request_document()).status_code == 200


def test_a_monster_holds_up_nobody(asking):
    """One worker for everything small: a monster leaves it, and small plans and health are answered."""
    with serving(ONE_EACH.model_copy(update={"quick_limit_s": 0.5})) as url, a_client(url) as http:
        monster = asking.submit(http.post, "/v1/plans", json=a_monster())
        until(lambda: running(http, "long"))
        assert http.post("/v1/plans", json=a_request_document()).status_code == 200
        assert http.get("/healthz").status_code == 200
        assert not monster.done()
        until(lambda: kill_all() or monster.done())
        assert monster.result().status_code == 503


def test_a_monster_is_ended_at_the_limit_and_told_how_to_ask():
    """No worker is still at it when the 503 has come."""
    limits = {"quick_limit_s": 0.2, "sync_limit_s": 1.0}
    with serving(ONE_EACH.model_copy(update=limits)) as url, a_client(url) as http:
        answer = http.post("/v1/plans", json=a_monster())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert "respond-async" in answer.json()["detail"]
        until(lambda: not running(http, "long"))


def test_a_full_queue_refuses_at_once(asking):
    """One works, none may wait: the second is told to come back."""
    with serving(PATIENT.model_copy(update={"queue_limit": 0})) as url, a_client(url) as http:
        first = asking.submit(http.post, "/v1/plans", json=a_monster())
        until(lambda: running(http, "quick"))
        second = http.post("/v1/plans", json=a_request_document())
        assert (second.status_code, second.headers["retry-after"]) == (503, "5")
        the_worker().kill()
        assert first.result().status_code == 503


def test_a_caller_that_leaves_takes_its_work_along():
    """The worker of a caller that hung up is free again."""
    with serving(PATIENT) as url, a_client(url) as http:
        with pytest.raises(httpx.ReadTimeout):
            http.post("/v1/plans", json=a_monster(), timeout=1.0)
        assert http.post("/v1/plans", json=a_request_document(), timeout=PATIENCE_S / 2).status_code == 200
