"""The HTTP service over a real socket: what it refuses, and in which words."""

import httpx
import pytest
from pydantic import SecretStr
from pydantic_core import to_json

from api.body import BODY_LIMIT_BYTES
from api.examples import PLAN_REQUEST
from api.plan_schemas import PlanResponse
from api.service import check_plan_documents
from api.settings import Settings
from tests.api.bad_inputs import BAD_INPUTS, BadInput
from tests.api.serving import serving
from tests.plan_builders import a_request_document, a_schedule

KEYS = {"ann": SecretStr("sesame-1"), "bob": SecretStr("sesame-2")}


@pytest.fixture(scope="module")
def http():
    """A client with Ann's key of a service that knows Ann and Bob."""
    with (
        serving(Settings(api_keys=KEYS)) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Bearer sesame-1"}, timeout=180) as client,
    ):
        yield client


def problem(answer, status):
    """The problem document of an answer, which is one in every respect."""
    document = answer.json()
    assert answer.status_code == document["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title"} <= set(document)
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text
    return document


def test_health_needs_no_key(http):
    answer = httpx.get(f"{http.base_url}/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Bearer", "Basic sesame-1", "sesame-1", "Bearer sesame-11"]
)
@pytest.mark.parametrize("path", ["/v1/plans", "/nowhere"])
def test_without_a_right_key_nothing_else_is_said(http, header, path):
    """Not even whether the path exists."""
    headers = {} if header is None else {"Authorization": header}
    answer = httpx.post(f"{http.base_url}{path}", headers=headers, content=b"{")
    assert problem(answer, 401) == {"type": "about:blank", "title": "Unauthorized", "status": 401}
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer sesame-2", "bearer sesame-2"])
def test_every_key_opens_and_the_scheme_has_no_case(http, header):
    assert http.post("/v1/plans", content=b"{", headers={"Authorization": header}).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff\xfe", b'{"a": 1} x', b"[" * 100_000])
def test_what_is_not_json_is_a_400(http, body):
    assert "not JSON" in problem(http.post("/v1/plans", content=body), 400)["detail"]


@pytest.mark.parametrize("body", [b"null", b"[]", b'"plan"', b"7", b"{}"])
def test_json_that_is_no_request_is_a_422(http, body):
    assert problem(http.post("/v1/plans", content=body), 422)["errors"]


def test_an_unknown_path_is_a_problem_too(http):
    problem(http.get("/v1/nothing"), 404)


def test_a_wrong_method_says_which_one_is_right(http):
    answer = http.delete("/v1/plans")
    problem(answer, 405)
    assert answer.headers["allow"] == "GET, POST"


def test_a_body_over_the_limit_is_a_413(http):
    problem(http.post("/v1/plans", content=b" " * (BODY_LIMIT_BYTES + 1)), 413)


def test_a_body_over_the_limit_is_a_413_without_a_length_too(http):
    chunks = (b" " * 2**20 for _ in range(BODY_LIMIT_BYTES // 2**20 + 1))
    problem(http.post("/v1/plans", content=chunks), 413)


def test_a_body_at_the_limit_is_read(http):
    problem(http.post("/v1/plans", content=b" " * BODY_LIMIT_BYTES), 400)


def test_nan_is_a_422_that_names_its_place(http):
    text = to_json(a_request_document()).replace(b'"startSoC":40', b'"startSoC":NaN')
    faults = problem(http.post("/v1/plans", content=text), 422)["errors"]
    assert [fault["pointer"] for fault in faults] == ["/schedules/0/startSoC"]


def test_a_bad_parameter_is_a_422(http):
    faults = problem(http.post("/v1/plans?onInvalid=perhaps", json=a_request_document()), 422)["errors"]
    assert faults[0]["message"].startswith("onInvalid")


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=lambda bad: bad.name)
def test_every_bad_input_is_a_422_with_its_place(http, bad: BadInput):
    answer = http.post("/v1/plans", content=to_json(bad.request(), inf_nan_mode="constants"))
    assert bad.pointer in [fault["pointer"] for fault in problem(answer, 422)["errors"]]


def test_every_bad_entry_is_named_in_one_answer(http):
    wrong = [a_schedule(id=f"s-{i}", startSoC=101 + i) for i in range(3)]
    faults = problem(http.post("/v1/plans", json=a_request_document(schedules=wrong)), 422)["errors"]
    assert {f"/schedules/{i}/startSoC" for i in range(3)} <= {fault["pointer"] for fault in faults}


def test_a_plan_comes_back_and_stands_its_check(http):
    answer = http.post("/v1/plans", json=a_request_document())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert check_plan_documents(a_request_document(), answer.json()) == ()


def test_bad_entries_are_skipped_where_that_is_asked_for(http):
    document = a_request_document(schedules=[a_schedule(), a_schedule(id="s-2", targetSoC=101)])
    answer = http.post("/v1/plans?onInvalid=skip", json=document)
    assert [entry["pointer"] for entry in answer.json()["rejected"]] == ["/schedules/1/targetSoC"]
    assert answer.json()["schedules"][1] == document["schedules"][1]


def test_the_description_is_openapi_3_1_and_its_example_works(http):
    description = httpx.get(f"{http.base_url}/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    operation = description["paths"]["/v1/plans"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    assert example == PLAN_REQUEST
    assert http.post("/v1/plans", json=example).status_code == 200


def test_answers_are_as_described(http):
    """The model behind the description reads a real answer strictly."""
    answer = http.post("/v1/plans", json=a_request_document()).json()
    assert PlanResponse.model_validate(answer).plan_id == answer["planId"]


def test_references_of_the_description_all_lead_somewhere(http):
    text = httpx.get(f"{http.base_url}/openapi.json").text
    description = httpx.get(f"{http.base_url}/openapi.json").json()
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(description["components"]["schemas"])


def test_without_keys_the_own_machine_may_ask():
    with serving(Settings(api_keys={})) as url:
        assert httpx.post(f"{url}/v1/plans", content=b"{").status_code == 400
