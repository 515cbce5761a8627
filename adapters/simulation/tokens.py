"""Tokens that the simulator issues, and that end by its clock."""

import secrets

from adapters.simulation.clock import SimulatedClock
from optimiser.units import MS_PER_SECOND


class IssuedTokens:
    """An exchange does not end the earlier tokens: they live until their time is up.

    Without `credentials` any credential is good.
    """

    def __init__(self, clock: SimulatedClock, lifetime_s: float) -> None:
        self.credentials: list[str] = []
        self.lifetime_s = lifetime_s
        self._clock = clock
        self._issued: dict[str, tuple[str, int]] = {}

    def issue(self, credential: str) -> tuple[str, int] | None:
        """A new token and the instant of its end, None for a credential that is not known."""
        if not credential or (self.credentials and credential not in self.credentials):
            return None
        token = secrets.token_urlsafe(24)
        until_ms = self._clock.now_ms() + int(self.lifetime_s * MS_PER_SECOND)
        self._issued[token] = (credential, until_ms)
        return token, until_ms

    def holder(self, token: str) -> str | None:
        """The credential that a token was issued for, None where it is not known or has ended."""
        credential, until_ms = self._issued.get(token, ("", 0))
        return credential if until_ms > self._clock.now_ms() else None

    def expire_all(self) -> None:
        """End every token at once."""
        self._issued.clear()
