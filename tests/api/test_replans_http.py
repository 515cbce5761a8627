"""Replans over HTTP, against a charging platform that is a real server: start, follow, cancel, history."""

import json

import httpx
import pytest
from pydantic import SecretStr

from adapters.chargeye.simulator import FaultKind, FaultRule, Seed, serving_simulator
from adapters.chargeye.simulator.example import example_seed
from api.settings import Settings
from tests.api.serving import serving_services

TOKEN = "rt-1"
SITES = ["depot-1", "depot-2"]


def a_night(token: str = TOKEN) -> Seed:
    """Two depots of two buses each."""
    return example_seed(locations=2, vehicles=4).model_copy(update={"refresh_tokens": [token]})


@pytest.fixture
def platform():
    with serving_simulator() as control:
        control.load(a_night())
        yield control


@pytest.fixture
def http(platform):
    settings = Settings(
        workers=1,
        long_workers=1,
        chargeye_url=platform.api_url,
        chargeye_refresh_token=SecretStr(TOKEN),
    )
    with serving_services(settings) as (url, _), httpx.Client(base_url=url, timeout=180) as client:
        yield client


def followed(http, run):
    """Every event of a run, until its end."""
    with http.stream("GET", f"/v1/replans/{run['runId']}/events") as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line[6:]) for line in events.iter_lines() if line.startswith("data: ")]


def test_a_replan_is_started_followed_and_found_again(http, platform):
    """202 with its place; the events end with the run; plans are kept, pushed and what was read is shown."""
    begun = http.post("/v1/replans", json={})
    assert begun.status_code == 202
    run = begun.json()
    assert begun.headers["location"] == f"/v1/replans/{run['runId']}"
    assert (run["state"], run["total"]) == ("running", 2)
    last = followed(http, run)[-1]
    assert (last["state"], last["done"]) == ("done", 2), last
    assert [outcome["locationUid"] for outcome in last["outcomes"]] == SITES
    assert http.get(f"/v1/replans/{run['runId']}").json() == last
    assert [entry["runId"] for entry in http.get("/v1/replans").json()["replans"]] == [run["runId"]]
    for outcome in last["outcomes"]:
        uid = outcome["locationUid"]
        assert http.get("/v1/plans", params={"site": uid}).json()["plans"][0]["planId"] == outcome["planId"]
        assert http.get(f"/v1/plans/{outcome['planId']}/request").json()["site"]["locationUid"] == uid
        read = http.get(f"/v1/sites/{uid}/schedules").json()
        assert {schedule["locationUid"] for schedule in read["schedules"]} == {uid}
        assert read["readAt"] <= last["finishedAt"]
        vehicles = http.get(f"/v1/sites/{uid}/vehicles").json()["vehicles"]
        assert {vehicle["locationUid"][0] for vehicle in vehicles} == {uid}
    assert any(schedule.get("plan") for schedule in platform.schedules())
    sites = http.get("/v1/sites").json()["sites"]
    assert [(site["locationUid"], site["updatedAt"], site["failingPushes"]) for site in sites] == [
        (uid, None, 0) for uid in SITES
    ]
    for site, outcome in zip(sites, last["outcomes"], strict=True):
        newest = site["newestPlan"]
        plan = http.get(f"/v1/plans/{outcome['planId']}").json()
        assert newest["planId"] == plan["planId"]
        assert (newest["peakKw"], newest["short"]) == (plan["site"]["peakKw"], len(plan["shortfalls"]))
        assert (
            newest["peakKw"] <= newest["peakCapKw"] in {slot["powerCapKw"] for slot in plan["site"]["slots"]}
        )
    assert http.get("/readyz").json()["lastReplanAgeSeconds"] is not None


def test_a_dry_run_keeps_and_sends_nothing(http, platform):
    """No plan in the store, none at the platform."""
    run = http.post("/v1/replans", json={"locationUids": ["depot-1"], "dryRun": True}).json()
    assert followed(http, run)[-1]["outcomes"][0]["planId"] is None
    assert http.get("/v1/plans", params={"site": "depot-1"}).json()["plans"] == []
    assert http.get("/v1/sites/depot-1/schedules").status_code == 404
    assert not any(schedule.get("plan") for schedule in platform.schedules())


def test_a_second_replan_waits_and_a_cancelled_one_ends(http, platform):
    """409 while one runs; after the cancellation the platform's slow answer is awaited, and no more."""
    platform.add_fault(FaultRule(kind=FaultKind.SLOW, delay_seconds=1.0))
    run = http.post("/v1/replans", json={"locationUids": SITES}).json()
    assert http.post("/v1/replans", json={}).status_code == 409
    cancelled = http.post(f"/v1/replans/{run['runId']}/cancel")
    assert (cancelled.status_code, cancelled.json()["cancelRequested"]) == (202, True)
    assert followed(http, run)[-1]["state"] in ("cancelled", "done")
    assert http.post(f"/v1/replans/{run['runId']}/cancel").status_code == 409


def test_vendor_trouble_is_never_a_500(http, platform):
    """Where nobody can say which sites there are: 503. Where one cannot be read: the run says so."""
    platform.load(a_night("another"))
    platform.expire_tokens()
    answer = http.post("/v1/replans", json={})
    assert answer.status_code == 503
    assert TOKEN not in answer.text
    run = http.post("/v1/replans", json={"locationUids": ["depot-1"]}).json()
    last = followed(http, run)[-1]
    assert last["state"] in ("failed", "partial")
    assert TOKEN not in json.dumps(last)


@pytest.mark.parametrize("body", [[], {"locationUids": "depot-1"}, {"dryRun": 1}, {"unknown": 1}])
def test_a_wrong_wish_is_a_422(http, body):
    assert http.post("/v1/replans", json=body).json()["errors"]


def test_without_an_account_there_is_nothing_to_replan():
    with serving_services(Settings(workers=1, long_workers=1)) as (url, _):
        answer = httpx.post(f"{url}/v1/replans", json={"locationUids": ["depot-1"]}, timeout=180)
        assert answer.status_code == 409
