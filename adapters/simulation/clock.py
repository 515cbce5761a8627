"""The simulator's clock, which a tester may set, stop and move forward."""

import time
from collections.abc import MutableMapping
from email.utils import format_datetime
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from optimiser.units import MS_PER_SECOND, from_ms


class SimulatedClock:
    """Starts at the real time and runs with it until it is told otherwise."""

    def __init__(self) -> None:
        self.set(int(time.time() * MS_PER_SECOND), running=True)

    def set(self, now_ms: int, *, running: bool) -> None:
        """Jump to an instant; a clock that is not running stays there until it is moved."""
        self.running = running
        self._set_to_ms = now_ms
        self._set_at_s = time.monotonic()

    def advance(self, duration_ms: int) -> None:
        """Move forward (or back, if negative)."""
        self.set(self.now_ms() + duration_ms, running=self.running)

    def now_ms(self) -> int:
        """The simulated instant."""
        if not self.running:
            return self._set_to_ms
        return self._set_to_ms + int((time.monotonic() - self._set_at_s) * MS_PER_SECOND)


class DateHeader:
    """Dates every answer by the simulated clock, because clients measure token lifetimes against it."""

    def __init__(self, app: ASGIApp, clock: SimulatedClock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the header."""

        async def dated(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(from_ms(self._clock.now_ms()).replace(microsecond=0), usegmt=True)
                message["headers"] = [*message["headers"], (b"date", date.encode())]
            await send(message)

        await self._app(scope, receive, dated)
