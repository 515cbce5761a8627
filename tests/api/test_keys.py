"""Keys with names and scopes: who opens what, and how soon a revoked one is refused."""

import httpx
import pytest
from pydantic import SecretStr

from adapters.service_records import Scope
from adapters.store.exceptions import StoreUnavailableError
from api.keys import ALL_SCOPES, KeyRing, key_digest, new_key
from api.rate_limit import RateLimit
from api.settings import Settings
from tests.api.serving import serving_services


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture(scope="module")
def service():
    """A client of a service with one key in its environment and three in its store."""
    settings = Settings(api_keys={"ann": SecretStr("sesame-1")}, workers=1, long_workers=1)
    with serving_services(settings) as (url, services):
        for scope in Scope:
            services.store.keys.put(f"only-{scope}", key_digest(f"key-{scope}"), [scope])
        with httpx.Client(base_url=url, timeout=180) as client:
            yield client


ROUTES = [
    ("GET", "/v1/sites", Scope.READ),
    ("GET", "/v1/plans?site=x", Scope.READ),
    ("GET", "/v1/plans/x", Scope.READ),
    ("GET", "/v1/jobs/x", Scope.READ),
    ("POST", "/v1/plans", Scope.PLAN),
    ("POST", "/v1/checks", Scope.PLAN),
    ("DELETE", "/v1/jobs/x", Scope.PLAN),
    ("PUT", "/v1/sites/x", Scope.PUSH),
]


@pytest.mark.parametrize(("method", "path", "needed"), ROUTES)
@pytest.mark.parametrize("scope", Scope)
def test_a_key_opens_its_scope_and_nothing_else(service, method, path, needed, scope):
    """403 without the scope, whatever is sent; anything but 401 and 403 with it."""
    answer = service.request(method, path, headers={"Authorization": f"Bearer key-{scope}"})
    assert (answer.status_code == 403) == (scope is not needed)
    assert answer.status_code != 401


def test_keys_of_the_environment_open_everything(service):
    for method, path, _ in ROUTES:
        answer = service.request(method, path, headers={"Authorization": "Bearer sesame-1"})
        assert answer.status_code not in (401, 403)


def test_a_revoked_key_is_refused_within_seconds():
    """After two seconds at the latest; the store is asked no more often than that."""
    with serving_services(Settings(workers=1, long_workers=1)) as (_, services):
        seconds, key = Seconds(), new_key()
        ring = KeyRing({}, services.store, seconds)
        ring.refresh()
        assert not ring
        services.store.keys.put("bob", key_digest(key), [Scope.READ])
        seconds.now_s += 2.0
        ring.refresh()
        assert ring.caller(key).name == "bob"
        assert services.store.keys.revoke("bob")
        assert not ring.stale
        seconds.now_s += 2.0
        ring.refresh()
        assert ring.caller(key) is None


class GoneStore:
    """A store whose database went away."""

    @property
    def keys(self):
        raise StoreUnavailableError("gone")


def test_keys_of_the_environment_open_while_the_store_is_away():
    ring = KeyRing({"ann": SecretStr("sesame-1")}, GoneStore(), Seconds())
    ring.refresh()
    assert ring.caller("sesame-1").scopes == ALL_SCOPES
    assert ring.caller("sesame-2") is None


def test_new_keys_differ_and_are_long():
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) > 40 and key.startswith("depot_") for key in keys)


def test_a_bucket_runs_dry_and_fills_again():
    """Two at once, then one each half second; whoever comes too early hears how long to wait."""
    seconds = Seconds()
    rate = RateLimit(per_s=2.0, burst=2, seconds=seconds)
    assert [rate.take("ann") for _ in range(3)] == [0, 0, 1]
    assert rate.take("bob") == 0
    seconds.now_s += 0.5
    assert [rate.take("ann") for _ in range(2)] == [0, 1]
    seconds.now_s += 1_000.0
    assert [rate.take("ann") for _ in range(3)] == [0, 0, 1]


def test_a_slow_bucket_says_how_long():
    rate = RateLimit(per_s=0.1, burst=1, seconds=Seconds())
    assert [rate.take("ann"), rate.take("ann")] == [0, 10]


def test_a_busy_key_is_a_429_and_the_others_are_not():
    """The limit is of each key alone, and comes before the route."""
    keys = {"ann": SecretStr("sesame-1"), "bob": SecretStr("sesame-2")}
    settings = Settings(api_keys=keys, workers=1, long_workers=1, rate_per_s=0.01, rate_burst=3)
    with serving_services(settings) as (url, _), httpx.Client(base_url=url) as http:
        answers = [http.get("/v1/sites", headers={"Authorization": "Bearer sesame-1"}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["retry-after"] == "100"
        assert answers[-1].headers["content-type"] == "application/problem+json"
        assert http.get("/v1/sites", headers={"Authorization": "Bearer sesame-2"}).status_code == 200
        assert http.get("/healthz").status_code == 200


def test_with_a_key_in_the_store_the_own_machine_needs_one_too():
    """Nobody may ask without a key where somebody has one."""
    with serving_services(Settings(workers=1, long_workers=1)) as (url, services):
        services.store.keys.put("ann", key_digest("key"), [Scope.READ])
        assert httpx.get(f"{url}/v1/sites").status_code == 401
        assert httpx.get(f"{url}/v1/sites", headers={"Authorization": "Bearer key"}).status_code == 200
