"""The simulated ev.energy, asked over HTTP without our client, so that neither hides the other's mistakes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.evenergy import simulator as simulator_package
from adapters.evenergy.simulator import Seed, SimulatorControl, example_seed, read_seed, serving_simulator
from adapters.evenergy.simulator.example import example_id
from adapters.simulation.faults import FaultKind, FaultRule
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND
from tests.adapters.conftest import NOW
from tests.adapters.evenergy import samples
from tests.adapters.evenergy.builders import (
    CLIENT_ID,
    CLIENT_SECRET,
    OTHER_USER,
    TOKEN,
    USER,
    VAN,
    a_seed,
    a_status,
    a_vehicle,
    at,
)

README = Path(simulator_package.__file__).parents[1] / "README.md"
LOGS = f"/vehicles/{VAN}/status_logs"


@pytest.fixture
def http(evenergy: SimulatorControl) -> Iterator[httpx.Client]:
    """Plain HTTP with a token."""
    headers = {"Authorization": f"Bearer {TOKEN}", "EvEnergy-Version": "2"}
    with httpx.Client(base_url=evenergy.api_url, headers=headers) as client:
        yield client


def refused(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


def test_without_a_token_nothing_is_said(evenergy: SimulatorControl) -> None:
    """Neither without one nor with a made-up one; such calls are not counted."""
    for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": f"Basic {TOKEN}"}):
        answer = httpx.get(f"{evenergy.api_url}/vehicles", headers=headers)
        assert refused(answer, 401)["detail"] == "Authentication credentials were not provided."
        assert "x-ratelimit-remaining" not in answer.headers


def test_tokens_for_client_credentials_live_for_ten_hours(evenergy: SimulatorControl) -> None:
    """At either spelling of the URL; the token then works until the clock has moved by that."""
    for url in (evenergy.token_url, evenergy.token_url.rstrip("/")):
        answer = httpx.post(
            url, data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET)
        ).json()
        assert answer["token_type"] == "Bearer" and answer["expires_in"] == 36_000
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    evenergy.advance(10 * MS_PER_HOUR - 1)
    assert httpx.get(f"{evenergy.api_url}/vehicles", headers=headers).status_code == 200
    evenergy.advance(1)
    assert httpx.get(f"{evenergy.api_url}/vehicles", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("form", "auth", "status"),
    [
        ({"grant_type": "client_credentials"}, (CLIENT_ID, "wrong"), 401),
        ({"grant_type": "client_credentials"}, None, 401),
        ({"grant_type": "password"}, (CLIENT_ID, CLIENT_SECRET), 400),
        ({}, (CLIENT_ID, CLIENT_SECRET), 400),
    ],
)
def test_other_token_requests_are_refused(
    evenergy: SimulatorControl, form: dict[str, str], auth: tuple[str, str] | None, status: int
) -> None:
    """Wrong or no credentials, another grant or none."""
    answer = httpx.post(evenergy.token_url, data=form, auth=auth)
    assert answer.status_code == status and "error" in answer.json()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/vehicles", {"EvEnergy-Version": "3.0"}),
        ("/vehicles", {"EvEnergy-User": "user-of-nobody"}),
        ("/vehicles?page_size=0", {}),
        ("/vehicles?page_size=101", {}),
        ("/vehicles?page_size=ten", {}),
        ("/vehicles?expand=owner", {}),
        ("/vehicles?expand=trim,user", {}),
        ("/evse_sites?expand=evses", {}),
        (f"{LOGS}?page_after=yesterday", {}),
        (f"{LOGS}?sampled_at__gte=2026-03-09", {}),
        (f"{LOGS}?expand=user", {}),
        ("/vehicles/7", {}),
        (f"/vehicles/{VAN.upper()}", {}),
    ],
)
def test_bad_parameters_are_refused(http: httpx.Client, path: str, headers: dict[str, str]) -> None:
    """With the name of the parameter, and the headers of every answer."""
    answer = http.get(path, headers=headers)
    assert refused(answer, 400)["field_errors"]
    assert answer.headers["evenergy-version"] == "2" and answer.headers["x-ratelimit-limit"] == "1000"


@pytest.mark.parametrize(
    "path",
    [
        f"/vehicles/{example_id('vhcl', 999)}",
        f"/vehicles/{example_id('vhcl', 999)}/status_logs",
        f"{LOGS}/{at(5)}",
        "/tariffs",
        f"/vehicles/{VAN}/ocpp_logs",
        "/cpms_providers/NOBODY",
        "/nothing/of/the/kind",
    ],
)
def test_what_is_not_there_is_a_404(http: httpx.Client, path: str) -> None:
    """Absent things, and endpoints that this simulator does not have."""
    assert refused(http.get(path), 404)["status"] == 404


def test_what_is_anothers_is_a_404_too(http: httpx.Client) -> None:
    """For a user given by id or by URL."""
    for user in (OTHER_USER, f"https://api.ev.energy/v2/users/{OTHER_USER}"):
        headers = {"EvEnergy-User": user}
        assert refused(http.get(f"/vehicles/{VAN}", headers=headers), 404)
        assert refused(http.get(LOGS, headers=headers), 404)
    assert http.get(LOGS, headers={"EvEnergy-User": USER}).status_code == 200


def test_a_list_is_bare_and_has_both_links(evenergy: SimulatorControl, http: httpx.Client) -> None:
    """There and back again by links alone; `about:blank` stands at both ends."""
    evenergy.load(a_seed(status_logs=[a_status(-minutes) for minutes in range(60)]))
    first = http.get(LOGS)
    assert isinstance(first.json(), list) and len(first.json()) == 25
    assert first.links["previous"]["url"] == "about:blank"
    second = http.get(first.links["next"]["url"])
    third = http.get(second.links["next"]["url"])
    assert third.links["next"]["url"] == "about:blank" and len(third.json()) == 10
    assert http.get(third.links["previous"]["url"]).json() == second.json()
    assert http.get(second.links["previous"]["url"]).json() == first.json()
    whole = [entry["sampled_at"] for page in (first, second, third) for entry in page.json()]
    assert whole == [at(-minutes) for minutes in range(60)]


def test_every_url_that_is_given_works(evenergy: SimulatorControl, http: httpx.Client) -> None:
    """References, and the URLs of logs with the slash at their end and `evse` in the singular."""
    evse = example_id("evse", 1)
    log = {"evse": evse, "sampled_at": at(-1), "logged_at": at(-1)}
    seed = a_seed(
        status_logs=[a_status(-1)], evses=[{"id": evse, "cpid": "D-1", "user": USER}], evse_status_logs=[log]
    )
    evenergy.load(seed)
    vehicle = http.get(f"/vehicles/{VAN}").json()
    charger = http.get(f"/evses/{evse}").json()
    assert vehicle["latest_status_log"].endswith("Z/") and "/v2/evse/" in charger["latest_status_log"]
    for url in (vehicle["latest_status_log"], vehicle["trim"], vehicle["user"], charger["latest_status_log"]):
        assert http.get(url).json()["url"] == url
    assert http.get(http.get(f"/evses/{evse}/status_logs").json()[0]["evse"]).json() == charger


def test_the_hour_rolls(evenergy: SimulatorControl, http: httpx.Client) -> None:
    """Remaining counts down to a 429 that says how long to wait; after just that there is room for one."""
    evenergy.load(a_seed(rate_limit_per_hour=2))
    assert http.get("/vehicles").headers["x-ratelimit-remaining"] == "1"
    evenergy.advance(10 * MS_PER_MINUTE)
    assert http.get("/vehicles").headers["x-ratelimit-remaining"] == "0"
    answer = http.get("/vehicles")
    assert refused(answer, 429)["type"].endswith("/rate-limit-exceeded/")
    assert answer.headers["retry-after"] == "3000"
    evenergy.advance(3_000 * MS_PER_SECOND - 1)
    assert http.get("/vehicles").status_code == 429
    evenergy.advance(1)
    assert [http.get("/vehicles").status_code for _ in range(2)] == [200, 429]


def test_onboarding_needs_no_token(evenergy: SimulatorControl) -> None:
    """A redirect by default; JSON wants a make, a model or a trim."""
    evenergy.load(a_seed(**samples.SAMPLES))
    url = f"{evenergy.api_url}/vehicle_onboarding"
    who = {"user_id": samples.USER, "client_id": samples.CLIENT_ID}
    answer = httpx.get(url, params=who)
    assert answer.status_code == 302 and not answer.content and answer.headers["location"]
    json = httpx.get(url, params={**who, "response_type": "json", "make_id": samples.MAKE})
    assert json.status_code == 200 and json.json()["auth_method"] == "api"
    assert refused(httpx.get(url, params={**who, "response_type": "json"}), 400)
    assert refused(httpx.get(url, params={"user_id": samples.USER}), 400)["field_errors"] == {
        "client_id": ["This field is required."]
    }
    assert refused(httpx.get(url, params={**who, "user_id": OTHER_USER[::-1]}), 404)


def test_reconnecting_makes_a_new_link_each_time(evenergy: SimulatorControl, http: httpx.Client) -> None:
    """201, good for a day; an empty body and the vendor's own example of one are both taken."""
    first = http.post(f"/vehicles/{VAN}/reconnect", json={})
    second = http.post(f"/vehicles/{VAN}/reconnect", json={"url": "x", "expiry": "y"})
    third = http.post(f"/vehicles/{VAN}/reconnect")
    assert {answer.status_code for answer in (first, second, third)} == {201}
    assert first.json()["expiry"] == "2026-03-10T18:00:00.000Z"
    assert len({answer.json()["url"] for answer in (first, second, third)}) == 3


def test_faults_are_problem_documents(evenergy: SimulatorControl, http: httpx.Client) -> None:
    """As the vendor's own errors are."""
    evenergy.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, path="/vehicles", count=1))
    assert refused(http.get("/vehicles"), 500)["title"] == "Internal Server Error"
    assert http.get("/vehicles").status_code == 200


def test_state_can_be_saved_and_loaded(evenergy: SimulatorControl, tmp_path: Path) -> None:
    """What a simulator holds, written to a file, is what the next one begins with."""
    evenergy.load(example_seed(5, now=NOW).model_copy(update={"clock_running": False}))
    file = tmp_path / "seed.json"
    file.write_text(evenergy.state().model_dump_json())
    with serving_simulator(read_seed(file)) as other:
        assert other.state() == evenergy.state()


@pytest.mark.parametrize(
    "part",
    [
        {"vehicles": [{"user": USER}]},
        {"status_logs": [a_status(0, "vhcl-unknown")]},
        {"status_logs": [{"vehicle": VAN}]},
        {"status_logs": [a_status(0), a_status(0)]},
        {"status_logs": [a_status(0, sampled_at="noon")]},
    ],
)
def test_a_seed_that_makes_no_sense_is_refused(evenergy: SimulatorControl, part: dict[str, Any]) -> None:
    """With a 400, and the state stays."""
    before = evenergy.state()
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        evenergy.load(Seed(**{"vehicles": [a_vehicle()], **part}))
    assert evenergy.state() == before


def test_the_example_is_the_same_each_time() -> None:
    """For the same arguments, and its ids have the vendor's form."""
    assert example_seed(12, now=NOW) == example_seed(12, now=NOW)
    assert example_id("vhcl", 33) == "vhcl" + "0" * 24 + "11"


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL))
def test_the_examples_of_the_readme_run(example: str) -> None:
    """As printed, but for the port."""
    with serving_simulator(example_seed()) as simulator:
        exec(example.replace("http://127.0.0.1:9200/v2", simulator.api_url), {})
