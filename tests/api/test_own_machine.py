"""A web page cannot use a browser on this machine to reach a service without keys."""

import httpx
import pytest
from pydantic import SecretStr

from adapters.service_records import Scope
from api.keys import key_digest
from api.settings import Settings
from tests.api.serving import serving, serving_services

FEW = Settings(workers=1, long_workers=1)
PATHS = ["/", "/healthz", "/metrics", "/openapi.json", "/v1/sites"]


@pytest.fixture(scope="module")
def http():
    with serving(FEW) as url, httpx.Client(base_url=url, timeout=180) as client:
        yield client


@pytest.mark.parametrize(
    "host", ["rebound.example", "rebound.example:8000", "127.0.0.1.example", "10.0.0.7", "["]
)
@pytest.mark.parametrize("path", PATHS)
def test_another_host_is_refused_everywhere(http, host, path):
    """421, a problem document, whatever the path: a name that points here is not ours."""
    answer = http.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["title"]) == (421, "Misdirected Request")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1", "127.0.0.2:81", "[::1]:8000"])
def test_the_own_machine_is_answered_by_all_its_names(http, host):
    assert http.get("/v1/sites", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("null", 403),
        ("http://localhost:3000", 400),
        ("http://127.0.0.1", 400),
        (None, 400),
    ],
)
def test_a_page_of_another_site_changes_nothing(http, origin, status):
    """A simple request needs no leave of ours: 403. What comes from here is looked at: no JSON, 400."""
    headers = {"Content-Type": "text/plain"} | ({} if origin is None else {"Origin": origin})
    assert http.post("/v1/replans", content=b"{", headers=headers).status_code == status


def test_with_keys_any_name_will_do():
    """A key is what a strange page does not have. One in the store counts from the first request on."""
    stranger = {"Host": "depot.example", "Origin": "https://depot.example"}
    named = FEW.model_copy(update={"api_keys": {"ann": SecretStr("sesame-1")}})
    with serving(named) as url:
        assert httpx.get(f"{url}/healthz", headers=stranger, timeout=180).status_code == 200
    with serving_services(FEW) as (url, services):
        services.store.keys.put("bob", key_digest("key"), [Scope.READ])
        assert httpx.get(f"{url}/v1/sites", headers=stranger, timeout=180).status_code == 401
        key = stranger | {"Authorization": "Bearer key"}
        assert httpx.get(f"{url}/v1/sites", headers=key, timeout=180).status_code == 200
