"""Tokens that the simulator issues, and that end by its clock."""

import secrets

from adapters.chargeye.simulator.clock import SimulatedClock
from optimiser.units import MS_PER_SECOND


class IssuedTokens:
    """An exchange does not end the earlier tokens: they live until their time is up."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.refresh_tokens: list[str] = []
        self.lifetime_s = 8.0 * 3600
        self._clock = clock
        self._valid_until_ms: dict[str, int] = {}

    def issue(self, refresh_token: str) -> tuple[str, int] | None:
        """A new token and the instant of its end, None for a refresh token that is not known."""
        if not refresh_token or (self.refresh_tokens and refresh_token not in self.refresh_tokens):
            return None
        token = secrets.token_urlsafe(24)
        self._valid_until_ms[token] = self._clock.now_ms() + int(self.lifetime_s * MS_PER_SECOND)
        return token, self._valid_until_ms[token]

    def accepts(self, token: str) -> bool:
        """Whether the token was issued here and is still good."""
        return self._valid_until_ms.get(token, 0) > self._clock.now_ms()

    def expire_all(self) -> None:
        """End every token at once."""
        self._valid_until_ms.clear()
