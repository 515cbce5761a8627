"""The log of the calls that reached the simulated vendor."""

from collections import Counter, deque
from dataclasses import asdict, dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.simulation.clock import SimulatedClock
from adapters.simulation.paths import is_vendor_call

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call, at the simulated instant; `status` is None where the connection was cut before an answer."""

    at_ms: int
    method: str
    path: str
    status: int | None
    faults: list[str]


@dataclass
class CallLog:
    """Counts of all calls per method and path, and the last 10,000 of them in order."""

    counts: Counter[str] = field(default_factory=Counter)
    calls: deque[LoggedCall] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def add(self, call: LoggedCall) -> None:
        """One more call."""
        self.counts[f"{call.method} {call.path}"] += 1
        self.calls.append(call)

    def clear(self) -> None:
        """Forget them."""
        self.counts.clear()
        self.calls.clear()

    def as_json(self) -> dict[str, object]:
        """The log for the control endpoint."""
        return {
            "total": self.counts.total(),
            "counts": dict(sorted(self.counts.items())),
            "calls": [asdict(call) for call in self.calls],
        }


class CallLogging:
    """Logs the calls to the vendor's paths, with the status that was really sent."""

    def __init__(self, app: ASGIApp, log: CallLog, clock: SimulatedClock, api: str) -> None:
        self._app = app
        self._log = log
        self._clock = clock
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note it at the end."""
        if not is_vendor_call(scope):
            await self._app(scope, receive, send)
            return
        at_ms = self._clock.now_ms()
        sent: list[int] = []

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent.append(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            path = scope["path"].removeprefix(self._api)
            status = sent[0] if sent else None
            faults = scope["state"].get("faults", [])
            self._log.add(LoggedCall(at_ms, scope["method"], path, status, faults))
