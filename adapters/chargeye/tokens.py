"""ChargEye's tokens: a long-lived refresh token is exchanged for a JWT that lives for 8 hours."""

import httpx
from pydantic import AwareDatetime, BaseModel, Field, SecretStr, TypeAdapter

from adapters.answers import answered_at, validated
from adapters.tokens import Issued, RenewingTokens


class _ExchangeAnswer(BaseModel):
    token: SecretStr
    valid_until: AwareDatetime = Field(alias="validUntil")


_EXCHANGE_ANSWER = TypeAdapter(_ExchangeAnswer)


class RefreshTokenExchange(RenewingTokens):
    """Sends the refresh token as the bearer of a GET, as the vendor's worked example does.

    The vendor's prose puts it into the body instead; a GET has none.
    """

    def __init__(self, refresh_token: str | SecretStr, path: str) -> None:
        super().__init__("ChargEye", refresh_token)
        self._path = path

    def exchange(self, client: httpx.Client) -> Issued:
        """A new JWT; its life is counted from the answer's own `Date`."""
        call = f"GET {self._path}"
        bearer = {"Authorization": f"Bearer {self._credential.get_secret_value()}"}
        response = client.get(self._path, headers=bearer)
        answer = validated(_EXCHANGE_ANSWER, self.vendor, call, self._answer(call, response))
        lifetime = answer.valid_until - answered_at(response.headers)
        return Issued(self._usable(call, answer.token), max(0.0, lifetime.total_seconds()))
