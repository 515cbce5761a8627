"""The transport that every vendor client shares, against real servers on the loopback."""

import pickle
import socket
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
import structlog

from adapters.chargeye.simulator import FaultKind, FaultRule, SimulatorControl
from adapters.chargeye.tokens import RefreshTokenExchange
from adapters.exceptions import (
    RateLimitedError,
    VendorAnswerError,
    VendorFailingError,
    VendorRefusedError,
    VendorUnauthorizedError,
    VendorUnreachableError,
)
from adapters.tokens import ClientCredentials, StaticToken
from adapters.transport import Call, Retries, Transport
from tests.adapters.conftest import FAST, NOW, REFRESH_TOKEN
from tests.adapters.scripted_server import Answer, ScriptedServer

GET = Call("GET", "/things")
SECRET = "sk-live-4242"


@contextmanager
def static_transport(url: str, retries: Retries = FAST) -> Iterator[Transport]:
    with Transport("Vendor", url, StaticToken(SECRET), retries=retries) as transport:
        yield transport


@contextmanager
def exchanging(simulator: SimulatorControl, token: str = REFRESH_TOKEN) -> Iterator[Transport]:
    tokens = RefreshTokenExchange(token, "/auth/refreshAccessToken")
    timeout = httpx.Timeout(0.3)
    with Transport("ChargEye", simulator.api_url, tokens, retries=FAST, timeout=timeout) as transport:
        yield transport


VEHICLES = Call("GET", "/vehicles")


def exchanges(simulator: SimulatorControl) -> int:
    return simulator.request_counts().get("GET /auth/refreshAccessToken", 0)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_trouble_that_may_pass_is_tried_again(script: ScriptedServer, status: int) -> None:
    """Two failures and a success make three calls and one answer."""
    script.will(Answer(status), Answer(status))
    script.will_say({"name": "well"})
    with static_transport(script.url) as transport:
        assert transport.json(GET) == {"name": "well"}
    assert len(script.asked) == 3


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 422])
def test_a_refusal_is_not_tried_again(script: ScriptedServer, status: int) -> None:
    """A permanent error costs one call and says what the vendor said."""
    script.will_say({"message": "no such thing"}, status)
    with static_transport(script.url) as transport, pytest.raises(VendorRefusedError) as caught:
        transport.send(GET)
    assert caught.value.status == status
    assert "GET /things" in str(caught.value) and "no such thing" in str(caught.value)
    assert len(script.asked) == 1


def test_it_gives_up_after_the_last_attempt(script: ScriptedServer) -> None:
    """The error of the last attempt comes out, and no attempt is made beyond the number set."""
    script.will(*[Answer(503)] * 10)
    with static_transport(script.url) as transport, pytest.raises(VendorFailingError) as caught:
        transport.send(GET)
    assert caught.value.status == 503
    assert len(script.asked) == FAST.attempts


def test_retry_after_in_seconds_is_obeyed(simulator: SimulatorControl) -> None:
    """The next call comes no sooner than the vendor asked for."""
    limited = FaultRule(kind=FaultKind.RATE_LIMITED, path="/vehicles", count=1, retry_after_seconds=1)
    simulator.add_fault(limited)
    started = time.monotonic()
    with exchanging(simulator) as transport:
        transport.send(VEHICLES)
    assert time.monotonic() - started >= 1.0
    assert [call["status"] for call in simulator.requests()] == [200, 429, 200]


def test_retry_after_as_a_date_is_taken_against_the_vendors_clock(script: ScriptedServer) -> None:
    """A vendor whose clock is years away from ours is waited for as long as it meant."""
    until = format_datetime(NOW + timedelta(seconds=1), usegmt=True)
    headers = {"Retry-After": until, "Date": format_datetime(NOW, usegmt=True)}
    script.will(Answer(503, headers=headers))
    started = time.monotonic()
    with static_transport(script.url) as transport:
        transport.send(GET)
    assert 0.9 <= time.monotonic() - started < 3.0


def test_a_retry_after_beyond_our_patience_ends_the_call(script: ScriptedServer) -> None:
    """Nobody waits an hour inside a call: the error carries the time instead."""
    script.will(Answer(429, headers={"Retry-After": "3600"}))
    with static_transport(script.url) as transport, pytest.raises(RateLimitedError) as caught:
        transport.send(GET)
    assert caught.value.retry_after_s == 3600.0
    assert len(script.asked) == 1


@pytest.mark.parametrize("text", ["soon", "-5", "nan", "1e9", "²", "Mon, 99 Foo 2026"])
def test_a_retry_after_without_sense_is_ignored(script: ScriptedServer, text: str) -> None:
    """What is neither seconds nor a date leaves the usual waits in place."""
    script.will(Answer(429, headers={"Retry-After": text}))
    with static_transport(script.url) as transport:
        transport.send(GET)
    assert len(script.asked) == 2


def test_an_expired_token_is_renewed_once(simulator: SimulatorControl) -> None:
    """After the vendor's 8 hours the call fails with 401, is given a fresh token, and succeeds."""
    with exchanging(simulator) as transport:
        transport.send(VEHICLES)
        simulator.advance(8 * 3_600_000)
        transport.send(VEHICLES)
    assert [call["status"] for call in simulator.requests()] == [200, 200, 401, 200, 200]
    assert exchanges(simulator) == 2


def test_a_second_401_is_final(simulator: SimulatorControl) -> None:
    """ChargEye says 401 for a missing permission too, so one fresh token is all that is tried."""
    simulator.add_fault(FaultRule(kind=FaultKind.UNAUTHORIZED, path="/vehicles"))
    with exchanging(simulator) as transport, pytest.raises(VendorUnauthorizedError):
        transport.send(VEHICLES)
    assert simulator.request_counts() == {"GET /auth/refreshAccessToken": 2, "GET /vehicles": 2}


def test_a_token_is_renewed_before_its_end(simulator: SimulatorControl) -> None:
    """A token of two seconds is renewed half-way, without the vendor having to say 401."""
    simulator.load(simulator.state().model_copy(update={"token_lifetime_seconds": 2.0}))
    with exchanging(simulator) as transport:
        transport.send(VEHICLES)
        time.sleep(1.1)
        transport.send(VEHICLES)
    assert exchanges(simulator) == 2
    assert all(call["status"] == 200 for call in simulator.requests())


def test_threads_share_one_exchange(simulator: SimulatorControl) -> None:
    """Eight threads whose token has ended fetch a new one once."""
    with exchanging(simulator) as transport, ThreadPoolExecutor(8) as threads:
        transport.send(VEHICLES)
        simulator.expire_tokens()
        answers = list(threads.map(transport.send, [VEHICLES] * 24))
    assert [answer.status_code for answer in answers] == [200] * 24
    assert exchanges(simulator) == 2


def test_a_wrong_refresh_token_is_not_tried_again(simulator: SimulatorControl) -> None:
    """A refused credential is one exchange and one error, and the call itself is never sent."""
    with exchanging(simulator, "rt-stolen") as transport, pytest.raises(VendorUnauthorizedError):
        transport.send(VEHICLES)
    assert simulator.request_counts() == {"GET /auth/refreshAccessToken": 1}


def test_a_failing_exchange_is_tried_again_even_for_an_unrepeatable_call(simulator: SimulatorControl) -> None:
    """While no token was had, nothing was sent, so nothing can be doubled."""
    simulator.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, path="/auth/*", count=1))
    simulator.add_fault(FaultRule(kind=FaultKind.CUT_AFTER, path="/auth/*", count=1, skip=1))
    with exchanging(simulator) as transport, pytest.raises(VendorRefusedError):
        transport.send(Call("POST", "/vehicles/bus-1/schedules", body={"schedules": []}, repeatable=False))
    assert exchanges(simulator) == 3


@pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER, FaultKind.SLOW])
def test_a_repeatable_call_survives_a_broken_connection(simulator: SimulatorControl, kind: FaultKind) -> None:
    """Cut before the vendor acted, cut after, or too slow: the second attempt is answered."""
    simulator.add_fault(FaultRule(kind=kind, path="/vehicles", count=1, delay_seconds=0.6))
    with exchanging(simulator) as transport:
        assert transport.json(VEHICLES) == {"vehicles": []}


@pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER, FaultKind.SERVER_ERROR])
def test_an_unrepeatable_call_is_sent_once_where_the_vendor_may_have_acted(
    simulator: SimulatorControl, kind: FaultKind
) -> None:
    """The caller is told that it is perhaps done, and nothing is sent again."""
    simulator.add_fault(FaultRule(kind=kind, method="POST"))
    call = Call("POST", "/vehicles/bus-1/schedules", body={"schedules": []}, repeatable=False)
    with (
        exchanging(simulator) as transport,
        pytest.raises((VendorUnreachableError, VendorFailingError)) as caught,
    ):
        transport.send(call)
    assert caught.value.perhaps_done
    assert simulator.request_counts()["POST /vehicles/bus-1/schedules"] == 1


def test_an_unrepeatable_call_is_sent_again_after_429(script: ScriptedServer) -> None:
    """A rate limit says that the vendor did nothing."""
    script.will(Answer(429))
    with static_transport(script.url) as transport:
        transport.send(replace(GET, method="POST", repeatable=False))
    assert len(script.asked) == 2


def test_a_refused_connection_is_certainly_not_done() -> None:
    """Where nobody listens, the error says so, and that the vendor did nothing."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with static_transport(url) as transport, pytest.raises(VendorUnreachableError) as caught:
        transport.send(replace(GET, repeatable=False))
    assert not caught.value.perhaps_done


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>"),
        Answer(200, b""),
        Answer(200, b"[" * 100_000),
        Answer(302, headers={"Location": "/elsewhere"}),
        Answer(200, b"not gzip", {"Content-Encoding": "gzip"}),
    ],
)
def test_an_answer_that_cannot_be_used_is_named(script: ScriptedServer, answer: Answer) -> None:
    """No JSON, a redirect, broken compression: one call, one VendorAnswerError."""
    script.will(answer)
    with static_transport(script.url) as transport, pytest.raises(VendorAnswerError):
        transport.json(GET)
    assert len(script.asked) == 1


def test_the_token_goes_to_the_vendor_only(script: ScriptedServer) -> None:
    """A link to another host is not followed, one to the vendor is, with its query."""
    with static_transport(script.url) as transport:
        with pytest.raises(VendorAnswerError):
            transport.send(Call("GET", "http://127.0.0.1:9/steal"))
        transport.send(Call("GET", f"{script.url}/things?page=2"))
    assert [asked.path for asked in script.asked] == ["/things?page=2"]


def _echo(script: ScriptedServer) -> None:
    script.will_say({"message": f"I was given Bearer {SECRET}"}, 500)
    script.will_say({"message": f"I was given Bearer {SECRET}"}, 400)


def test_no_secret_is_in_any_error_log_or_repr(script: ScriptedServer) -> None:
    """Not even where the vendor repeats the token in its own words."""
    _echo(script)
    with structlog.testing.capture_logs() as logs, static_transport(script.url) as transport:
        with pytest.raises(VendorRefusedError) as caught:
            transport.send(GET)
        shown = [repr(transport), repr(transport._tokens), repr(vars(transport._tokens)), repr(logs)]
    shown += [str(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value))]
    assert len(logs) == 1  # the one retry
    assert not [text for text in shown if SECRET in text]
    assert script.asked[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_no_refresh_token_is_in_an_error(script: ScriptedServer) -> None:
    """An exchange that echoes its credential in an error does not give it away either."""
    script.will_say({"message": f"bad token {REFRESH_TOKEN}"}, 401)
    tokens = RefreshTokenExchange(REFRESH_TOKEN, "/auth")
    with (
        Transport("ChargEye", script.url, tokens, retries=FAST) as transport,
        pytest.raises(VendorUnauthorizedError) as caught,
    ):
        transport.send(GET)
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(tokens))
    assert REFRESH_TOKEN not in text and "bad token ***" in text


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "naïve"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(token: str) -> None:
    """Otherwise the HTTP library would show it in its own complaint."""
    with pytest.raises(ValueError, match="no header") as caught:
        StaticToken(token)
    assert not token or token not in str(caught.value)


def test_client_credentials_are_exchanged_once(script: ScriptedServer) -> None:
    """HTTP Basic and a form to the token URL, then the bearer on every call."""
    script.will_say({"access_token": "at-1", "expires_in": 36000})
    tokens = ClientCredentials("ev.energy", f"{script.url}/o/token/", "app", SECRET)
    with Transport("ev.energy", script.url, tokens, retries=FAST) as transport:
        transport.send(GET)
        transport.send(GET)
    exchange, first, second = script.asked
    assert (exchange.method, exchange.path) == ("POST", "/o/token/")
    assert exchange.body == b"grant_type=client_credentials"
    assert exchange.headers["Authorization"].startswith("Basic ")
    assert first.headers["Authorization"] == second.headers["Authorization"] == "Bearer at-1"


def test_refused_client_credentials_are_an_authorisation_error(script: ScriptedServer) -> None:
    """A token endpoint says 400 for a wrong client; that is no reason to try again."""
    script.will_say({"error": "invalid_client"}, 400)
    tokens = ClientCredentials("ev.energy", f"{script.url}/o/token/", "app", SECRET)
    with (
        Transport("ev.energy", script.url, tokens, retries=FAST) as transport,
        pytest.raises(VendorUnauthorizedError, match="invalid_client"),
    ):
        transport.send(GET)
    assert len(script.asked) == 1


@pytest.mark.parametrize("url", ["kempower.io/api", "ftp://kempower.io", "", "http://"])
def test_a_base_url_must_be_absolute(url: str) -> None:
    """A mistake in the settings is found before the first call."""
    with pytest.raises(ValueError, match="base URL"):
        Transport("Vendor", url, StaticToken(SECRET))


def test_errors_survive_a_process_boundary() -> None:
    """A worker process can hand its vendor's error to the parent."""
    error = RateLimitedError("Vendor", "GET /things", "answered 429", 429)
    error.retry_after_s = 7.0
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error) and copy.retry_after_s == 7.0 and copy.status == 429
