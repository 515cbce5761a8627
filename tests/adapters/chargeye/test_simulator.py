"""The simulated ChargEye, asked over HTTP without our client, so that neither hides the other's mistakes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.chargeye import simulator as simulator_package
from adapters.chargeye.simulator import (
    FaultKind,
    FaultRule,
    Seed,
    SimulatorControl,
    example_seed,
    read_seed,
    serving_simulator,
)
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE
from tests.adapters.chargeye.builders import DEPOT, a_stay, at, put_schedules, stored
from tests.adapters.conftest import NOW, REFRESH_TOKEN

README = Path(simulator_package.__file__).parents[1] / "README.md"
SCHEDULES = "/vehicles/bus-1/schedules"


def exchanged(control: SimulatorControl, refresh_token: str = REFRESH_TOKEN) -> httpx.Response:
    url = f"{control.api_url}/auth/refreshAccessToken"
    return httpx.get(url, headers={"Authorization": f"Bearer {refresh_token}"})


@pytest.fixture
def http(depot: SimulatorControl) -> Iterator[httpx.Client]:
    """Plain HTTP with a token."""
    headers = {"Authorization": f"Bearer {exchanged(depot).json()['token']}"}
    with httpx.Client(base_url=depot.api_url, headers=headers) as client:
        yield client


def replace_with(http: httpx.Client, *stays: Any) -> dict[str, Any]:
    body = {"replaceFutureSchedules": True, "schedules": stays}
    answer: dict[str, Any] = http.post(SCHEDULES, json=body).raise_for_status().json()
    return answer


def test_a_token_lives_for_eight_hours_of_the_simulated_clock(
    depot: SimulatorControl, http: httpx.Client
) -> None:
    """`validUntil` says so, the `Date` header agrees, and after it the answer is 401."""
    answer = exchanged(depot)
    assert answer.json()["validUntil"] == at(8) and answer.headers["date"] == "Mon, 09 Mar 2026 18:00:00 GMT"
    depot.advance(8 * MS_PER_HOUR - 1)
    assert http.get("/vehicles").status_code == 200
    depot.advance(1)
    assert http.get("/vehicles").status_code == 401


def test_only_known_tokens_are_accepted(depot: SimulatorControl) -> None:
    """Neither a foreign refresh token nor a made-up bearer nor none at all."""
    assert exchanged(depot, "rt-other").status_code == 401
    for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": f"Bearer {REFRESH_TOKEN}"}):
        answer = httpx.get(f"{depot.api_url}/vehicles", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


def test_a_replace_updates_creates_and_deletes(depot: SimulatorControl, http: httpx.Client) -> None:
    """Known by departure: id and fields not posted stay; what is missing goes; ids in request order."""
    plan = {"endSoc": 90}
    put_schedules(depot, stored("a", 1, 9, plan=plan), stored("gone", 24, 33), stored("b2", 1, 9, "bus-2"))
    answer = replace_with(http, a_stay(48, 57), a_stay(2, 9, startSoC=40))
    new, kept = answer["ids"]
    assert kept == "a" and answer["removedScheduleIds"] == ["gone"]
    assert depot.schedules("bus-1") == [stored("a", 2, 9, startSoC=40, plan=plan), stored(new, 48, 57)]
    assert depot.schedules("bus-2") == [stored("b2", 1, 9, "bus-2")]


def test_a_replace_leaves_past_and_recurring_entries_alone(
    depot: SimulatorControl, http: httpx.Client
) -> None:
    """History is not future, and a rule is not a date."""
    kept = [stored("old", -9, 0), stored("r", -48, -40, recurrenceRule="FREQ=DAILY")]
    put_schedules(depot, *kept, stored("a", 1, 9))
    assert replace_with(http)["removedScheduleIds"] == ["a"]
    assert depot.schedules("bus-1") == kept


def test_a_replace_deletes_the_running_entry_that_is_left_out(
    depot: SimulatorControl, http: httpx.Client
) -> None:
    """Its departure is still to come, so it is in scope."""
    put_schedules(depot, stored("running", -1, 9))
    assert replace_with(http, a_stay(24, 33))["removedScheduleIds"] == ["running"]


def test_the_departure_must_be_the_same_instant(depot: SimulatorControl, http: httpx.Client) -> None:
    """Another spelling of the instant matches; a millisecond more is another schedule."""
    put_schedules(depot, stored("a", 1, 9))
    spelled = a_stay(1, 9, plannedDepartureTime="2026-03-10T05:00:00+02:00")
    assert replace_with(http, spelled) == {"ids": ["a"], "removedScheduleIds": []}
    assert replace_with(http, a_stay(1, 9 + 1 / MS_PER_HOUR))["removedScheduleIds"] == ["a"]


def test_a_running_stay_finds_the_running_entry_under_another_departure(
    depot: SimulatorControl, http: httpx.Client
) -> None:
    """A departure that moves while the vehicle charges keeps the entry's id."""
    put_schedules(depot, stored("running", -1, 9))
    assert replace_with(http, a_stay(-1, 10)) == {"ids": ["running"], "removedScheduleIds": []}
    assert depot.schedules("bus-1") == [stored("running", -1, 10)]


@pytest.mark.parametrize(("minutes", "found"), [(30, True), (30 + 1 / 60_000, False)])
def test_a_running_stay_finds_an_entry_that_ended_recently(
    depot: SimulatorControl, http: httpx.Client, minutes: float, found: bool
) -> None:
    """Thirty minutes count as very recently, a millisecond more does not."""
    put_schedules(depot, stored("ended", -9, -minutes / 60))
    (schedule_id,) = replace_with(http, a_stay(-9, 1))["ids"]
    assert (schedule_id == "ended") is found
    assert len(depot.schedules("bus-1")) == (1 if found else 2)


def test_what_recently_means_can_be_set(depot: SimulatorControl, http: httpx.Client) -> None:
    """The vendor gives no number, so a tester may try others."""
    put_schedules(depot, stored("ended", -9, -1))
    depot.load(depot.state().model_copy(update={"recently_ended_minutes": 60.0}))
    assert replace_with(http, a_stay(-9, 1))["ids"] == ["ended"]


def test_without_the_flag_entries_are_added_even_twice(depot: SimulatorControl, http: httpx.Client) -> None:
    """That is what makes a retry of such a call dangerous."""
    for body in (
        {"schedules": [a_stay(1, 9)]},
        {"schedules": [a_stay(1, 9)], "replaceFutureSchedules": False},
    ):
        assert http.post(SCHEDULES, json=body).json()["removedScheduleIds"] == []
    assert [entry["plannedDepartureTime"] for entry in depot.schedules("bus-1")] == [at(9), at(9)]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"schedules": {}},
        {"schedules": [3]},
        {"schedules": [a_stay(1, 9)], "replaceFutureSchedules": "yes"},
        {"schedules": [{**a_stay(1, 9), "locationUid": "nowhere"}]},
        {"schedules": [{**a_stay(1, 9), "plannedArrivalTime": "tonight"}]},
        {"schedules": [{**a_stay(1, 9), "plannedArrivalTime": "2026-03-09T20:00:00"}]},
        {"schedules": [{**a_stay(1, 9), "startSoC": 101}]},
        {"schedules": [{**a_stay(1, 9), "targetSoC": "90"}]},
        {"schedules": [a_stay(9, 1)]},
        {"schedules": [a_stay(-9, 0)]},
        {"schedules": [{"locationUid": DEPOT}]},
        {"schedules": [a_stay(1, 9), a_stay(2, 9)], "replaceFutureSchedules": True},
    ],
)
def test_a_malformed_post_changes_nothing(depot: SimulatorControl, http: httpx.Client, body: Any) -> None:
    """400, a message, and the schedules as they were."""
    put_schedules(depot, stored("a", 1, 9))
    answer = http.post(SCHEDULES, json=body)
    assert answer.status_code == 400 and answer.json()["message"]
    assert depot.schedules("bus-1") == [stored("a", 1, 9)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/vehicles/nobody"),
        ("GET", "/vehicles/nobody/schedules"),
        ("GET", "/vehicles/nobody/schedules/active"),
        ("GET", "/locations/nowhere"),
        ("GET", "/locations/nowhere/schedules"),
        ("GET", "/unknown"),
        ("DELETE", "/vehicles/bus-1"),
    ],
)
def test_what_is_not_there_is_said(http: httpx.Client, method: str, path: str) -> None:
    """An unknown id or path is 404 with a message; a delete does not exist at all."""
    answer = http.request(method, path)
    assert answer.status_code == (405 if method == "DELETE" else 404) and answer.json()["message"]


@pytest.mark.parametrize(
    "body", [{"fullChargeEnergykWh": 0}, {"maxChargePowerkW": "150"}, {"minChargePowerkW": -1}, []]
)
def test_vehicle_bounds(http: httpx.Client, body: Any) -> None:
    """The bounds that the vendor documents are kept, for PUT and for PATCH."""
    assert {
        http.request(method, "/vehicles/bus-1", json=body).status_code for method in ("PUT", "PATCH")
    } == {400}


def test_a_body_that_is_not_json_is_refused(http: httpx.Client) -> None:
    """400, not 500."""
    assert http.post(SCHEDULES, content=b"{").status_code == 400


@pytest.mark.parametrize("names", [("from", "to"), ("startTime", "endTime"), ("startDate", "endDate")])
def test_time_ranges(depot: SimulatorControl, http: httpx.Client, names: tuple[str, str]) -> None:
    """All likely names of the range work, by overlap; one bound alone is enough."""
    put_schedules(depot, stored("a", 1, 9), stored("b", 9, 12))
    start, end = names
    for path in (SCHEDULES, f"/locations/{DEPOT}/schedules"):
        both = http.get(path, params={start: at(9), end: at(10)}).json()["schedules"]
        until = http.get(path, params={end: at(9)}).json()["schedules"]
        assert [entry["id"] for entry in both] == ["b"] and [entry["id"] for entry in until] == ["a"]
    assert http.get(SCHEDULES, params={start: "yesterday"}).status_code == 400


def test_faults_befall_what_their_rule_says(depot: SimulatorControl, http: httpx.Client) -> None:
    """Method, path, how many to let through, how often: the other calls go well."""
    rule = FaultRule(kind=FaultKind.SERVER_ERROR, method="GET", path="/vehicles/*", skip=1, count=2)
    depot.add_fault(rule)
    assert [http.get("/vehicles/bus-1").status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    depot.add_fault(rule)
    assert http.get("/vehicles").status_code == 200
    assert http.patch("/vehicles/bus-1", json={}).status_code == 200


def test_probable_faults_are_the_same_every_time(depot: SimulatorControl, http: httpx.Client) -> None:
    """Drawn from the rule's seed: about half of them fail, and a second run fails alike."""
    runs = []
    for _ in range(2):
        depot.clear_faults()
        depot.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, probability=0.5, seed=7))
        runs.append([http.get("/vehicles").status_code for _ in range(40)])
    assert runs[0] == runs[1] and 10 <= runs[0].count(500) <= 30


def test_a_cut_before_has_no_effect_and_a_cut_after_has(depot: SimulatorControl, http: httpx.Client) -> None:
    """The caller sees the same broken connection both times."""
    for kind, name in ((FaultKind.CUT_BEFORE, "bus-1"), (FaultKind.CUT_AFTER, "changed")):
        depot.add_fault(FaultRule(kind=kind, method="PATCH", count=1))
        with pytest.raises(httpx.TransportError):
            http.patch("/vehicles/bus-1", json={"name": "changed"})
        assert http.get("/vehicles/bus-1").json()["name"] == name


def test_a_plan_can_be_dropped_silently(depot: SimulatorControl, http: httpx.Client) -> None:
    """The answer is as if it had been stored, for POST and for PATCH."""
    depot.add_fault(FaultRule(kind=FaultKind.DROP_PLAN, count=2))
    stay = a_stay(1, 9, plan={"endSoc": 90}, planMeta={"frozen": True})
    (schedule_id,) = replace_with(http, stay)["ids"]
    change = {"id": schedule_id, "plan": {"endSoc": 80}, "startSoC": 33}
    answer = http.patch(SCHEDULES, json={"schedules": [change]}).json()
    assert answer["success"] and answer["skippedScheduleIds"] == []
    assert depot.schedules("bus-1") == [stored(schedule_id, 1, 9, startSoC=33)]
    replace_with(http, stay)
    assert depot.schedules("bus-1")[0]["plan"] == {"endSoc": 90}


@pytest.mark.parametrize(("as_date", "header"), [(False, "90"), (True, "Mon, 09 Mar 2026 18:01:30 GMT")])
def test_retry_after_in_both_forms(
    depot: SimulatorControl, http: httpx.Client, as_date: bool, header: str
) -> None:
    """Seconds, or a date of the simulated clock."""
    rule = FaultRule(kind=FaultKind.RATE_LIMITED, retry_after_seconds=90, retry_after_as_date=as_date)
    depot.add_fault(rule)
    assert http.get("/vehicles").headers["retry-after"] == header


def test_the_clock_can_be_set_moved_and_left_to_run(depot: SimulatorControl) -> None:
    """It stands still unless it is told to run."""
    assert depot.now_ms() == depot.now_ms()
    depot.advance(90 * MS_PER_MINUTE)
    assert httpx.get(depot.api_url.replace("/api", "/_simulator/clock")).json() == {
        "now": at(1.5),
        "running": False,
    }
    depot.set_clock(NOW, running=True)
    before = depot.now_ms()
    while depot.now_ms() == before:
        pass
    assert 0 < depot.now_ms() - before < 10_000


def test_the_request_log_counts_and_remembers(depot: SimulatorControl, http: httpx.Client) -> None:
    """Per method and path, with statuses and faults; the simulator's own calls are not in it."""
    depot.clear_requests()
    depot.add_fault(FaultRule(kind=FaultKind.UNAUTHORIZED, count=1))
    http.get("/vehicles")
    http.get("/vehicles")
    assert depot.request_counts() == {"GET /vehicles": 2}
    assert [(call["status"], call["faults"]) for call in depot.requests()] == [
        (401, ["unauthorized"]),
        (200, []),
    ]


def test_state_can_be_saved_and_loaded(depot: SimulatorControl, http: httpx.Client, tmp_path: Path) -> None:
    """What a simulator holds, written to a file, is what the next one begins with."""
    replace_with(http, {**a_stay(1, 9), "x-unknown": [1, None]})
    file = tmp_path / "seed.json"
    file.write_text(depot.state().model_dump_json(by_alias=True))
    with serving_simulator(read_seed(file)) as other:
        assert other.state() == depot.state()


@pytest.mark.parametrize(
    "schedule", [{}, {"id": "a", "evId": "b"}, {**stored("a", 9, 1)}, {**stored("a", 1, 9), "evId": []}]
)
def test_a_seed_that_makes_no_sense_is_refused(depot: SimulatorControl, schedule: Any) -> None:
    """With a 400, and the state stays."""
    before = depot.state()
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        depot.load(Seed(schedules=[schedule]))
    assert depot.state() == before


def test_the_example_is_a_whole_depot(depot: SimulatorControl) -> None:
    """Every schedule has its vehicle, place and power, and the same arguments give the same depot."""
    seed = example_seed(3, 20, now=NOW)
    depot.load(seed)
    assert seed == example_seed(3, 20, now=NOW)
    assert len(seed.vehicles) == 20 and len(seed.schedules) == 40 and len(seed.power_groups) == 3
    assert len({schedule["id"] for schedule in seed.schedules}) == 40


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL))
def test_the_examples_of_the_readme_run(example: str) -> None:
    """As printed, but for the port."""
    with serving_simulator(example_seed()) as simulator:
        exec(example.replace("http://127.0.0.1:9100/api", simulator.api_url), {})
