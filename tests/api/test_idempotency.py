"""`Idempotency-Key`: what is sent twice is done once."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from pydantic import SecretStr

from api.settings import Settings
from tests.api.depots import a_monster
from tests.api.serving import serving
from tests.plan_builders import a_request_document

KEYS = {"ann": SecretStr("sesame-1"), "bob": SecretStr("sesame-2")}


@pytest.fixture(scope="module")
def http():
    settings = Settings(api_keys=KEYS, workers=1, long_workers=1)
    with (
        serving(settings) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer sesame-1"}, timeout=180) as client,
    ):
        yield client


def plans_kept(http):
    return http.get("/v1/plans", params={"site": "depot"}).json()["plans"]


def test_the_same_request_is_answered_once(http):
    """The second answer is the first one, and no second plan is kept."""
    first, second = (
        http.post("/v1/plans", json=a_request_document(), headers={"Idempotency-Key": "a"}) for _ in range(2)
    )
    assert first.content == second.content
    assert first.headers["content-location"] == second.headers["content-location"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert [plan["planId"] for plan in plans_kept(http)].count(first.json()["planId"]) == 1


def test_a_deferred_call_is_queued_once(http):
    """The same job, not a second one."""
    headers = {"Idempotency-Key": "later", "Prefer": "respond-async"}
    first, second = (http.post("/v1/plans", json=a_request_document(), headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["jobId"] == second.json()["jobId"]
    assert first.headers["location"] == second.headers["location"]


def test_a_refusal_is_remembered_too(http):
    """A 422 stays one."""
    for _ in range(2):
        answer = http.post("/v1/plans", json={}, headers={"Idempotency-Key": "wrong"})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "changes", "headers"),
    [
        ("/v1/plans", {"slotMinutes": 30}, {}),
        ("/v1/plans?onInvalid=skip", {}, {}),
        ("/v1/checks", {}, {}),
        ("/v1/plans", {}, {"Prefer": "respond-async"}),
    ],
)
def test_another_request_under_the_same_key_is_a_422(http, path, changes, headers):
    """Another body, query, path or preference is another request."""
    key = {"Idempotency-Key": "used"}
    http.post("/v1/plans", json=a_request_document(), headers=key)
    answer = http.post(path, json=a_request_document(**changes), headers={**key, **headers})
    assert answer.status_code == 422
    assert "another request" in answer.json()["detail"]


def test_a_key_belongs_to_its_caller(http):
    """Bob's request under Ann's key is a new one."""
    ann = http.post("/v1/plans", json=a_request_document(), headers={"Idempotency-Key": "mine"})
    bob = http.post(
        "/v1/plans",
        json=a_request_document(),
        headers={"Idempotency-Key": "mine", "Authorization": "Bearer sesame-2"},
    )
    assert ann.json()["planId"] != bob.json()["planId"]


def test_the_same_request_at_the_same_time_is_a_409_and_our_503_is_not_remembered():
    """The second while the first runs: 409. After a 503 the key is free for another try."""
    settings = Settings(workers=1, long_workers=1, quick_limit_s=180.0, sync_limit_s=180.0)
    key = {"Idempotency-Key": "monster"}
    monster = a_monster()
    with (
        serving(settings) as url,
        httpx.Client(base_url=url, timeout=180) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        first = threads.submit(client.post, "/v1/plans", json=monster, headers=key)
        while 'depot_queue_running{lane="quick"} 1.0' not in client.get("/metrics").text:
            assert not first.done()
        assert client.post("/v1/plans", json=monster, headers=key).status_code == 409
        for worker in multiprocessing.active_children():
            worker.kill()
        assert first.result().status_code == 503
        other = client.post("/v1/plans", json=a_request_document(), headers=key)
        assert other.status_code == 200


def test_an_endless_key_is_refused(http):
    answer = http.post("/v1/plans", json=a_request_document(), headers={"Idempotency-Key": "k" * 256})
    assert answer.status_code == 422
