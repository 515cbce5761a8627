"""The ev.energy client against the simulator, over HTTP."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.payloads import StatusLog
from adapters.evenergy.queries import Onboardee, Page, Span
from adapters.evenergy.simulator import SimulatorControl
from adapters.exceptions import (
    RateLimitedError,
    VendorAnswerError,
    VendorFailingError,
    VendorRefusedError,
    VendorUnauthorizedError,
)
from adapters.simulation.faults import FaultKind, FaultRule
from adapters.tokens import ClientCredentials, StaticToken
from optimiser.units import MS_PER_DAY, MS_PER_MINUTE, to_ms
from tests.adapters.conftest import FAST, NOW
from tests.adapters.evenergy import samples
from tests.adapters.evenergy.builders import (
    CLIENT_ID,
    CLIENT_SECRET,
    OTHER_USER,
    TOKEN,
    USER,
    VAN,
    a_command,
    a_seed,
    a_status,
    a_vehicle,
    at,
)
from tests.adapters.moved_clock import MovedClock
from tests.adapters.scripted_server import Answer, ScriptedServer

NOW_MS = to_ms(NOW)
WHO = Onboardee(samples.USER, samples.CLIENT_ID)


@pytest.fixture
def sampled(evenergy: SimulatorControl) -> Iterator[EvEnergyClient]:
    """A client of a simulator that holds the vendor's own examples, acting for their user."""
    evenergy.load(a_seed(**samples.SAMPLES))
    with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, user_id=samples.USER, retries=FAST) as client:
        yield client


Operation = tuple[str, Callable[[EvEnergyClient], Any]]
OPERATIONS: list[Operation] = [
    ("GET /vehicles/{V}/command_logs", lambda c: next(c.command_logs(samples.VEHICLE))),
    (
        "GET /vehicles/{V}/command_logs/{K}",
        lambda c: c.command_log(samples.VEHICLE, samples.KEY, ["vehicle"]),
    ),
    ("GET /vehicles/{V}/error_logs", lambda c: next(c.error_logs(samples.VEHICLE))),
    ("GET /vehicles/{V}/error_logs/{K}", lambda c: c.error_log(samples.VEHICLE, samples.KEY)),
    ("GET /vehicles/{V}/location_logs", lambda c: next(c.location_logs(samples.VEHICLE))),
    ("GET /vehicles/{V}/location_logs/{K}", lambda c: c.location_log(samples.VEHICLE, samples.KEY)),
    ("GET /vehicles/{V}/status_logs", lambda c: next(c.status_logs(samples.VEHICLE))),
    ("GET /vehicles/{V}/status_logs/{S}", lambda c: c.status_log(samples.VEHICLE, samples.SHORT_KEY)),
    ("GET /vehicles", lambda c: next(c.vehicles())),
    ("GET /vehicles/{V}", lambda c: c.vehicle(samples.VEHICLE)),
    ("GET /vehicle_onboarding", lambda c: c.onboarding_redirect(WHO)),
    ("GET /vehicle_onboarding", lambda c: c.onboarding(Onboardee(samples.USER, "id", samples.MAKE))),
    ("POST /vehicles/{V}/reconnect", lambda c: c.reconnect(samples.VEHICLE)),
    ("GET /evse_sites", lambda c: next(c.evse_sites())),
    ("GET /evse_sites/{T}", lambda c: c.evse_site(samples.SITE)),
    ("GET /cpms_providers", lambda c: next(c.cpms_providers())),
    ("GET /cpms_providers/{P}", lambda c: c.cpms_provider("CHARGEPOINT")),
    ("GET /evses", lambda c: next(c.evses())),
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation[0])
def test_every_operation(evenergy: SimulatorControl, sampled: EvEnergyClient, operation: Operation) -> None:
    """Each is one call to the documented path, and its answer has the documented shape."""
    name, act = operation
    path = name.format(V=samples.VEHICLE, K=samples.KEY, S=samples.SHORT_KEY, T=samples.SITE, P="CHARGEPOINT")
    assert act(sampled)
    assert evenergy.request_counts() == {path: 1}


def test_the_vendors_examples_come_back_as_they_are(sampled: EvEnergyClient) -> None:
    """Field by field, with the reference to the vehicle as a URL."""
    examples = (
        (samples.COMMAND, sampled.command_log(samples.VEHICLE, samples.KEY)),
        (samples.ERROR, sampled.error_log(samples.VEHICLE, samples.KEY)),
        (samples.LOCATION, sampled.location_log(samples.VEHICLE, samples.KEY)),
        (samples.SITE_ENTRY, sampled.evse_site(samples.SITE)),
        (samples.PROVIDER, sampled.cpms_provider("CHARGEPOINT")),
    )
    for example, payload in examples:
        came = payload.model_dump()
        references = {name for name in ("vehicle", "evses") if name in example}
        assert {name: came[name] for name in example if name not in references} == {
            name: value for name, value in example.items() if name not in references
        }
        assert all(samples.VEHICLE in came["vehicle"] for _ in references & {"vehicle"})


def test_a_site_without_a_user_says_nothing_of_a_user(
    evenergy: SimulatorControl, client: EvEnergyClient
) -> None:
    """`user_connected` is null out of the context of a user."""
    evenergy.load(a_seed(**samples.SAMPLES))
    assert client.evse_site(samples.SITE).user_connected is None


def test_pages_are_followed_to_the_end(evenergy: SimulatorControl, client: EvEnergyClient) -> None:
    """Seven entries on pages of three: newest first, each once, in three calls."""
    evenergy.load(a_seed(status_logs=[a_status(-minutes) for minutes in range(7)]))
    logs = list(client.status_logs(VAN, page=Page(size=3)))
    assert [log.sampled_at for log in logs] == [at(-minutes) for minutes in range(7)]
    assert evenergy.request_counts() == {f"GET /vehicles/{VAN}/status_logs": 3}


def test_only_as_many_pages_as_are_wanted_are_fetched(
    evenergy: SimulatorControl, client: EvEnergyClient
) -> None:
    """The newest entry costs one call, however many there are."""
    evenergy.load(a_seed(status_logs=[a_status(-minutes) for minutes in range(300)]))
    assert next(client.status_logs(VAN, page=Page(size=1))).sampled_at == at(0)
    assert len(evenergy.requests()) == 1


def test_links_that_run_in_a_circle_end(script: ScriptedServer, scripted: EvEnergyClient) -> None:
    """A vendor's mistake must not hang a planner."""
    link = Answer(body=b"[]", headers={"Link": '</vehicles?page_after=x>; rel="next"'})
    script.will(*[link] * 5)
    with pytest.raises(VendorAnswerError, match="circle"):
        list(scripted.vehicles())
    assert len(script.asked) == 2


def test_links_to_another_host_are_not_followed(script: ScriptedServer, scripted: EvEnergyClient) -> None:
    """The token is for the vendor alone."""
    script.will(Answer(body=b"[]", headers={"Link": '<http://127.0.0.2:1/v2/x>; rel="next"'}))
    with pytest.raises(VendorAnswerError, match="another host"):
        list(scripted.vehicles())


def test_a_relative_link_is_taken_from_the_page_that_holds_it(script: ScriptedServer) -> None:
    """Not from the base URL, whose `/v2` would come twice; and the query of the link stays."""
    script.will(Answer(body=b"[]", headers={"Link": '</v2/vehicles?page_after=a%2Bb>; rel="next"'}))
    script.will(Answer(body=b"[]"))
    with EvEnergyClient(StaticToken(TOKEN), f"{script.url}/v2", retries=FAST) as client:
        assert list(client.vehicles()) == []
    assert [asked.path for asked in script.asked] == [
        "/v2/vehicles?page_size=100",
        "/v2/vehicles?page_after=a%2Bb",
    ]


def test_a_span_of_time_is_asked_of_the_vendor(evenergy: SimulatorControl, client: EvEnergyClient) -> None:
    """Both edges are included, for logs by `sampled_at` and by `logged_at`."""
    times = range(-10, 1)
    evenergy.load(
        a_seed(status_logs=[a_status(t) for t in times], command_logs=[a_command(t) for t in times])
    )
    span = Span(NOW_MS - 4 * MS_PER_MINUTE, NOW_MS - 2 * MS_PER_MINUTE)
    expected = [at(-2), at(-3), at(-4)]
    assert [log.sampled_at for log in client.status_logs(VAN, span)] == expected
    assert [log.logged_at for log in client.command_logs(VAN, span)] == expected


def test_references_are_expanded_where_asked(evenergy: SimulatorControl, client: EvEnergyClient) -> None:
    """To any depth; without asking they are URLs, and so are the others."""
    evenergy.load(a_seed(status_logs=[a_status(-1)]))
    plain = next(client.vehicles())
    assert isinstance(plain.trim, str) and isinstance(plain.latest_status_log, str)
    whole = next(client.vehicles(Page(expand=("trim.model.make", "latest_status_log"))))
    assert isinstance(whole.trim, dict) and whole.trim["model"]["make"]["name"] == "Make"
    assert isinstance(whole.latest_status_log, StatusLog)
    assert whole.latest_status_log.state_of_charge_percentage == 43 and isinstance(whole.user, str)
    log = client.status_log(VAN, at(-1), expand=["vehicle.user"])
    assert isinstance(log.vehicle, dict) and log.vehicle["user"]["name"] == "Yard"


def test_every_call_names_version_and_user(script: ScriptedServer) -> None:
    """The bare id of the user, on the first page and on those that are followed."""
    script.will(Answer(body=b"[]", headers={"Link": '</vehicles?page_after=x>; rel="next"'}))
    script.will(Answer(body=b"[]"))
    with EvEnergyClient(StaticToken(TOKEN), script.url, user_id=USER, retries=FAST) as client:
        list(client.vehicles())
    for asked in script.asked:
        headers = {name.lower(): value for name, value in asked.headers.items()}
        assert headers["evenergy-version"] == "2" and headers["evenergy-user"] == USER
        assert headers["authorization"] == f"Bearer {TOKEN}"


def test_a_user_sees_his_own(evenergy: SimulatorControl) -> None:
    """Another's vehicle is a 404, which is not tried again."""
    with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, user_id=OTHER_USER, retries=FAST) as client:
        assert list(client.vehicles()) == []
        with pytest.raises(VendorRefusedError, match="404"):
            client.vehicle(VAN)
    assert len(evenergy.requests()) == 2


def test_client_credentials_are_exchanged_kept_and_renewed(evenergy: SimulatorControl) -> None:
    """One exchange for many calls, another when the token has ended."""
    tokens = ClientCredentials("ev.energy", evenergy.token_url, CLIENT_ID, CLIENT_SECRET)
    with EvEnergyClient(tokens, evenergy.api_url, retries=FAST) as client:
        for _ in range(3):
            client.vehicle(VAN)
        evenergy.advance(MS_PER_DAY)
        client.vehicle(VAN)
    assert evenergy.request_counts()["POST /o/token/"] == 2


@pytest.mark.parametrize("secret", ["wrong", CLIENT_SECRET + "x"])
def test_wrong_credentials_are_said_once_and_never_shown(evenergy: SimulatorControl, secret: str) -> None:
    """An authorisation error, not tried again."""
    tokens = ClientCredentials("ev.energy", evenergy.token_url, CLIENT_ID, secret)
    client = EvEnergyClient(tokens, evenergy.api_url, retries=FAST)
    with client, pytest.raises(VendorUnauthorizedError) as caught:
        client.vehicle(VAN)
    assert secret not in str(caught.value) and evenergy.request_counts() == {"POST /o/token/": 1}


def test_problem_documents_are_kept(evenergy: SimulatorControl, client: EvEnergyClient) -> None:
    """Type, title, detail and the errors of each field, beside a message that says the detail."""
    with pytest.raises(VendorRefusedError, match="Error on fields: page_size") as caught:
        list(client.vehicles(Page(size=101)))
    details = caught.value.details
    assert details is not None and details.type.endswith("/pagination-parameters/")
    assert details.title == "Request failed validation." and list(details.field_errors) == ["page_size"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_need_not_be_a_problem_document(
    script: ScriptedServer, scripted: EvEnergyClient, status: int
) -> None:
    """The vendor's host answers strangers in plain text."""
    script.will(Answer(status, b"no", {"Content-Type": "text/plain"}))
    with pytest.raises(VendorUnauthorizedError) as caught:
        scripted.vehicle(VAN)
    assert caught.value.details is None and caught.value.status == status


def test_a_problem_that_repeats_a_secret_is_cleaned(script: ScriptedServer, scripted: EvEnergyClient) -> None:
    """Neither the message nor the kept document shows the token."""
    body = f'{{"title": "Bad", "detail": "token {TOKEN} has no scope"}}'.encode()
    script.will(Answer(403, body, {"Content-Type": "application/problem+json"}))
    with pytest.raises(VendorUnauthorizedError) as caught:
        scripted.vehicle(VAN)
    assert TOKEN not in f"{caught.value} {caught.value.details}" and caught.value.details


@pytest.mark.parametrize("header", ["Retry-After", "RetryAfter"])
def test_a_429_is_obeyed_in_either_spelling(script: ScriptedServer, header: str) -> None:
    """The client sleeps as long as it is told, on the clock that it was given, and tries again."""
    script.will(Answer(429, b"{}", {header: "42"}))
    script.will_say(a_vehicle() | {"url": "u"})
    clock = MovedClock()
    with EvEnergyClient(StaticToken(TOKEN), script.url, retries=FAST, limit=clock.limit()) as client:
        assert client.vehicle(VAN).id == VAN
    assert clock.slept_s == [42.0]


def test_a_429_for_longer_than_patience_fails_at_once(
    evenergy: SimulatorControl, client: EvEnergyClient
) -> None:
    """And so does the next call, without being sent."""
    evenergy.add_fault(FaultRule(kind=FaultKind.RATE_LIMITED, retry_after_seconds=1_800))
    for _ in range(2):
        with pytest.raises(RateLimitedError) as caught:
            client.vehicle(VAN)
        assert caught.value.retry_after_s == pytest.approx(1_800, abs=5)
    assert len(evenergy.requests()) == 1


def test_trouble_that_passes_is_not_seen(evenergy: SimulatorControl, client: EvEnergyClient) -> None:
    """A failing server, a cut connection and a slow start each cost a call more."""
    for kind in (FaultKind.SERVER_ERROR, FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER):
        evenergy.add_fault(FaultRule(kind=kind, count=1))
        assert client.vehicle(VAN).id == VAN
    assert [call["status"] for call in evenergy.requests()] == [500, 200, None, 200, None, 200]


def test_trouble_that_stays_is_an_error(evenergy: SimulatorControl, client: EvEnergyClient) -> None:
    """After as many calls as the retries allow."""
    evenergy.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR))
    with pytest.raises(VendorFailingError):
        client.vehicle(VAN)
    assert len(evenergy.requests()) == FAST.attempts


@pytest.mark.parametrize("spelling", ["expiry", "expires_at"])
def test_a_reconnect_link_in_either_spelling(
    evenergy: SimulatorControl, client: EvEnergyClient, spelling: str
) -> None:
    """Good for a day, and over after it."""
    evenergy.load(a_seed(reconnect_spelling=spelling))
    link = client.reconnect(VAN)
    assert not link.is_over(NOW_MS + MS_PER_DAY - 1) and link.is_over(NOW_MS + MS_PER_DAY)
    assert "/vehicle-onboarding/start/" in link.url.get_secret_value()


def test_links_are_never_logged(
    evenergy: SimulatorControl, sampled: EvEnergyClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Not by us nor by the HTTP client at its usual levels, nor when the object is printed."""
    caplog.set_level(logging.INFO)
    link, redirect = sampled.reconnect(samples.VEHICLE), sampled.onboarding_redirect(WHO)
    assert caplog.records
    for secret in (link.url, redirect):
        seen = f"{caplog.text} {link!r} {link} {redirect!r} {link.model_dump()}"
        assert secret.get_secret_value() not in seen


def test_an_answer_in_another_shape_names_the_place(script: ScriptedServer, scripted: EvEnergyClient) -> None:
    """And not the value, which may be anything."""
    script.will_say([{"id": VAN, "url": "u"}, {"id": 5, "url": "secret-value"}])
    with pytest.raises(VendorAnswerError, match="1/id") as caught:
        list(scripted.vehicles())
    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize("vehicle_id", ["", "..", "."])
def test_an_id_that_would_lead_elsewhere_is_refused(client: EvEnergyClient, vehicle_id: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ValueError, match="id"):
        client.vehicle(vehicle_id)


def test_unknown_fields_and_words_are_kept(script: ScriptedServer, scripted: EvEnergyClient) -> None:
    """The API is a beta: a new field or state is no error."""
    log = {"url": "u", "vehicle": "v", "sampled_at": at(0), "logged_at": at(0), "state": "FLYING", "new": 1}
    script.will_say(log)
    came = scripted.status_log(VAN, at(0))
    assert came.state == "FLYING" and came.model_extra == {"new": 1}
