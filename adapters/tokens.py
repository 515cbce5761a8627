"""Where the bearer token of a vendor call comes from: given once, or exchanged for and renewed in time."""

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import httpx
from pydantic import BaseModel, Field, SecretStr, TypeAdapter

from adapters.answers import error_of, json_of, validated
from adapters.exceptions import VendorAnswerError, VendorRefusedError, VendorUnauthorizedError

RENEW_BEFORE_S = 300.0


def secret(text: str | SecretStr) -> SecretStr:
    """A token that fits into a header. Raises ValueError, which does not show it, where it does not."""
    value = text if isinstance(text, SecretStr) else SecretStr(text)
    plain = value.get_secret_value()
    if not plain or not plain.isascii() or not plain.isprintable() or " " in plain:
        raise ValueError("a token is empty or has characters that no header can carry")
    return value


class TokenSource(Protocol):
    """Gives the token for a call; `client` is there for the sources that must ask the vendor for one."""

    def current(self, client: httpx.Client) -> SecretStr:
        """A token that should be accepted now."""

    def renewed(self, rejected: SecretStr, client: httpx.Client) -> SecretStr | None:
        """Another token after a 401, None where no other can be had."""

    def redacted(self, text: str) -> str:
        """The text without any secret of this source."""


class StaticToken:
    """One token for ever, such as an API key that a person copied from the vendor's page."""

    def __init__(self, token: str | SecretStr) -> None:
        self._token = secret(token)

    def current(self, client: httpx.Client) -> SecretStr:
        """The token."""
        return self._token

    def renewed(self, rejected: SecretStr, client: httpx.Client) -> SecretStr | None:
        """None: there is no other."""
        return None

    def redacted(self, text: str) -> str:
        """The text without the token."""
        return text.replace(self._token.get_secret_value(), "***")


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as a vendor gave it, and for how long from then on it said that it is good."""

    token: SecretStr
    lifetime_s: float


class RenewingTokens(ABC):
    """Keeps one exchanged token for all threads; only one of them exchanges at a time.

    A token is renewed 5 minutes before its end (half-way where it lives for less than 10), measured on
    the monotonic clock from its issue, so that no wall clock has to agree with the vendor's.
    """

    def __init__(self, vendor: str, credential: str | SecretStr) -> None:
        self.vendor = vendor
        self._credential = secret(credential)
        self._lock = Lock()
        self._token: SecretStr | None = None
        self._renew_at_s = 0.0

    @abstractmethod
    def exchange(self, client: httpx.Client) -> Issued:
        """Ask the vendor for a new token."""

    def current(self, client: httpx.Client) -> SecretStr:
        """The kept token, or a new one where there is none or its end is near."""
        with self._lock:
            if self._token is None or time.monotonic() >= self._renew_at_s:
                return self._exchanged(client)
            return self._token

    def renewed(self, rejected: SecretStr, client: httpx.Client) -> SecretStr | None:
        """A new token, unless another thread has fetched one since `rejected` was sent."""
        with self._lock:
            if self._token is None or self._token == rejected:
                return self._exchanged(client)
            return self._token

    def redacted(self, text: str) -> str:
        """The text without the credential and without the kept token."""
        secrets = [self._credential] + ([self._token] if self._token else [])
        for hidden in secrets:
            text = text.replace(hidden.get_secret_value(), "***")
        return text

    def _exchanged(self, client: httpx.Client) -> SecretStr:
        issued = self.exchange(client)
        self._token = issued.token
        self._renew_at_s = time.monotonic() + max(issued.lifetime_s - RENEW_BEFORE_S, issued.lifetime_s / 2)
        return issued.token

    def _answer(self, call: str, response: httpx.Response) -> object:
        """The JSON of an exchange; a refusal of the credential is an authorisation error, never retried."""
        error = error_of(self.vendor, call, response)
        if isinstance(error, VendorRefusedError):
            raise VendorUnauthorizedError(self.vendor, call, error.problem, error.status)
        if error is not None:
            raise error
        return json_of(self.vendor, call, response)

    def _usable(self, call: str, token: SecretStr) -> SecretStr:
        try:
            return secret(token)
        except ValueError as error:
            raise VendorAnswerError(self.vendor, call, str(error)) from None


class _OAuthAnswer(BaseModel):
    """Successful answer of a token endpoint (RFC 6749, 5.1). Without `expires_in`: one hour."""

    access_token: SecretStr
    expires_in: float = Field(default=3600.0, ge=0)


_OAUTH_ANSWER = TypeAdapter(_OAuthAnswer)


class ClientCredentials(RenewingTokens):
    """OAuth 2 client credentials (RFC 6749, 4.4): HTTP Basic and a form to the token URL."""

    def __init__(self, vendor: str, token_url: str, client_id: str, client_secret: str | SecretStr) -> None:
        super().__init__(vendor, client_secret)
        self._token_url = token_url
        self._client_id = client_id

    def exchange(self, client: httpx.Client) -> Issued:
        """A new token for the application itself."""
        call = "POST token"
        basic = httpx.BasicAuth(self._client_id, self._credential.get_secret_value())
        form = {"grant_type": "client_credentials"}
        response = client.post(self._token_url, data=form, auth=basic)
        answer = validated(_OAUTH_ANSWER, self.vendor, call, self._answer(call, response))
        return Issued(self._usable(call, answer.access_token), answer.expires_in)
