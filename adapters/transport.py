"""The one way to any vendor: tokens, timeouts, retries, and errors that say what happened."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import httpx
import stamina
from pydantic import SecretStr

from adapters.answers import error_of, json_of
from adapters.exceptions import (
    RateLimitedError,
    VendorAnswerError,
    VendorError,
    VendorUnavailableError,
    VendorUnreachableError,
)
from adapters.rate_limit import RollingLimit
from adapters.tokens import TokenSource

DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=5.0)

# With these the request never left: no connection was there to carry it.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long a call is tried; waits double from `wait_initial_s`, plus jitter, in seconds.

    A vendor's `Retry-After` replaces the wait; where it asks for more than `retry_after_max_s`, the
    call fails at once and the error carries the time.
    """

    attempts: int = 5
    total_s: float = 120.0
    wait_initial_s: float = 0.2
    wait_max_s: float = 10.0
    wait_jitter_s: float = 0.5
    retry_after_max_s: float = 60.0

    def caller(self) -> stamina.RetryingCaller:
        """What calls a function with these retries."""
        return stamina.RetryingCaller(
            attempts=self.attempts,
            timeout=self.total_s,
            wait_initial=self.wait_initial_s,
            wait_max=self.wait_max_s,
            wait_jitter=self.wait_jitter_s,
        )


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a vendor. `repeatable` is False where doing it twice is not the same as doing it once.

    With `redirects`, a redirect with its `Location` is an answer like any other; none is ever followed.
    """

    method: str
    path: str
    params: Sequence[tuple[str, str]] = ()
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True
    redirects: bool = False

    @property
    def name(self) -> str:
        """Method and path, for messages."""
        return f"{self.method} {self.path}"


class Transport:
    """Sends calls of one vendor. Safe to share between threads; close it, or use it as a context."""

    def __init__(
        self,
        vendor: str,
        base_url: str,
        tokens: TokenSource,
        *,
        retries: Retries | None = None,
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
        limit: RollingLimit | None = None,
    ) -> None:
        """Raises ValueError where `base_url` is no absolute http(s) URL."""
        self._base = httpx.URL(base_url)
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise ValueError("a vendor's base URL starts with http:// or https:// and names a host")
        self._vendor = vendor
        self._tokens = tokens
        self._limit = limit
        self._retries = retries or Retries()
        self._retrying = self._retries.caller()
        self._client = httpx.Client(base_url=self._base, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Transport({self._vendor!r}, {str(self._base)!r})"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def json(self, call: Call) -> object:
        """The JSON body of the answer to a call. Raises as `send` does."""
        return json_of(self._vendor, call.name, self.send(call))

    def send(self, call: Call) -> httpx.Response:
        """The answer: 2xx, or a redirect where the call takes one.

        Trouble that may pass is tried again, an unrepeatable call only where the vendor surely did not
        act on it. Raises a VendorError.
        """
        return self._retrying(lambda error: self._pause(call, error), self._attempt, call)

    def _pause(self, call: Call, error: Exception) -> bool | float:
        """Whether to try again: False, True for the usual wait, or the seconds that the vendor asked for."""
        if not isinstance(error, VendorUnavailableError) or (error.perhaps_done and not call.repeatable):
            return False
        if error.retry_after_s is None:
            return True
        if self._limit is not None and isinstance(error, RateLimitedError):
            # The limit knows when there is room, and waits before the next attempt.
            return 0.0 if error.retry_after_s <= self._limit.patience_s else False
        if error.retry_after_s > self._retries.retry_after_max_s:
            return False
        return error.retry_after_s + random.uniform(0.0, self._retries.wait_jitter_s)

    def _attempt(self, call: Call) -> httpx.Response:
        with self._named_errors(call, perhaps_done=False):
            token = self._tokens.current(self._client)
        response = self._once(call, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            with self._named_errors(call, perhaps_done=False):
                fresh = self._tokens.renewed(token, self._client)
            response = self._once(call, fresh) if fresh else response
        error = error_of(self._vendor, call.name, response)
        if error is not None and not (call.redirects and response.has_redirect_location):
            raise self._redacted(error)
        return response

    def _once(self, call: Call, token: SecretStr) -> httpx.Response:
        params = tuple(call.params) or None  # None keeps the query of a link that is followed
        headers = dict(call.headers)
        request = self._client.build_request(
            call.method, call.path, params=params, json=call.body, headers=headers
        )
        self._refuse_other_hosts(call, request.url)
        request.headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        with self._named_errors(call, perhaps_done=True):
            if self._limit is None:
                return self._client.send(request)
            with self._limit.counting(call.name) as counted:
                response = self._client.send(request)
                counted(response)
            return response

    def _refuse_other_hosts(self, call: Call, url: httpx.URL) -> None:
        """A link in an answer may lead anywhere; the token goes to the vendor only."""
        if (url.scheme, url.netloc) != (self._base.scheme, self._base.netloc):
            raise VendorAnswerError(self._vendor, call.name, "leads to another host, so it is not followed")

    @contextmanager
    def _named_errors(self, call: Call, *, perhaps_done: bool) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            problem = f"no answer ({type(error).__name__}: {error})"
            named = VendorUnreachableError(self._vendor, call.name, problem)
            named.perhaps_done = perhaps_done and not isinstance(error, _NOT_SENT)
            raise self._redacted(named) from error
        except httpx.RequestError as error:
            problem = f"an answer that cannot be read ({type(error).__name__})"
            raise VendorAnswerError(self._vendor, call.name, problem) from error
        except VendorError as error:
            if isinstance(error, VendorUnavailableError) and not perhaps_done:
                error.perhaps_done = False
            raise self._redacted(error) from None

    def _redacted(self, error: VendorError) -> VendorError:
        error.problem = self._tokens.redacted(error.problem)
        error.details = error.details and error.details.rewritten(self._tokens.redacted)
        error.args = (error.vendor, error.call, error.problem, error.status)
        return error
