"""The API's description of itself: every operation has an example, and every example works."""

from urllib.parse import urlencode

import httpx
import pytest
from pydantic import SecretStr

from adapters.chargeye.simulator import Seed, serving_simulator
from adapters.records import JobState
from api.examples import RUN_ID
from api.settings import Settings
from tests.api.filled_store import fill
from tests.api.serving import serving_services

TOKEN = "rt-1"


@pytest.fixture(scope="module")
def http():
    """A client of a service with a filled store and a simulated charging platform."""
    with serving_simulator() as platform:
        platform.load(Seed(refresh_tokens=[TOKEN]))
        settings = Settings(
            workers=1, long_workers=1, chargeye_url=platform.api_url, chargeye_refresh_token=SecretStr(TOKEN)
        )
        with serving_services(settings) as (url, services), httpx.Client(base_url=url, timeout=180) as client:
            fill(services.store)
            yield client


@pytest.fixture(scope="module")
def description(http):
    return http.get("/openapi.json").json()


def operations(description):
    return [
        (path, method, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]


def example_of(parameter):
    """The example of a parameter, its default, or None where it may be left out."""
    schema = parameter["schema"]
    examples = schema.get("examples") or [schema.get("default")]
    assert examples[0] is not None or not parameter["required"], parameter
    return examples[0]


def sent(http, path, method, operation):
    """The answer to an operation's own example."""
    given = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.get("parameters", []):
        value = example_of(parameter)
        if value is not None:
            given[parameter["in"]][parameter["name"]] = str(value)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    url = f"{path.format(**given['path'])}?{urlencode(given['query'])}"
    json = None if body is None else body["example"]
    return http.request(method, url, headers=given["header"], json=json)


RUNS = {"get_replan", "cancel_replan", "follow_replan"}
OVER = {"cancel_job", "cancel_replan"}


def test_every_example_works(http, description):
    """Sent as it stands, each operation's example is a success; what is over cannot be cancelled: 409."""
    seen = {}
    for path, method, operation in operations(description):
        if operation["operationId"] not in RUNS:
            seen[operation["operationId"]] = sent(http, path, method, operation).status_code
    wrong = {name: status for name, status in seen.items() if status not in (200, 201, 202)}
    assert wrong == {"cancel_job": 409}
    assert len(seen) >= 17


def test_the_examples_of_runs_work_with_the_id_of_a_run(http, description):
    """A run's id is the service's to give: it is put in the place of the example's."""
    run = http.post("/v1/replans", json={"locationUids": [], "dryRun": True})
    if run.status_code == 409:  # the replan of the other test is not over yet
        run_id = http.get("/v1/replans").json()["replans"][0]["runId"]
    else:
        run_id = run.json()["runId"]
    with http.stream("GET", f"/v1/replans/{run_id}/events") as events:
        assert events.status_code == 200
        assert "event: run" in list(events.iter_lines())
    for path, method, operation in operations(description):
        if operation["operationId"] in RUNS - {"follow_replan"}:
            status = sent(http, path.replace("{runId}", run_id), method, operation).status_code
            assert status == (409 if operation["operationId"] in OVER else 200)
    assert http.get(f"/v1/replans/{run_id}").json()["state"] in {state.value for state in JobState}
    assert http.get(f"/v1/replans/{RUN_ID}").status_code == 404


def test_it_is_openapi_3_1_and_whole(description):
    """Every reference leads somewhere, and every operation has a name, a summary and its problems."""
    assert description["openapi"].startswith("3.1")
    text = str(description)
    names = {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(description["components"]["schemas"])
    ids = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(ids) == len(set(ids))
    for path, _, operation in operations(description):
        assert operation["summary"]
        assert ("401" in operation["responses"]) == path.startswith("/v1")


def test_every_post_takes_an_idempotency_key(description):
    for _, method, operation in operations(description):
        names = [parameter["name"] for parameter in operation.get("parameters", [])]
        assert ("Idempotency-Key" in names) == (method == "post")
