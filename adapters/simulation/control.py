"""The tester's hand on a running simulator, over HTTP, from any process."""

from datetime import datetime
from typing import Any, Self

import httpx

from adapters.simulation.faults import FaultRule
from adapters.simulation.paths import CONTROL
from optimiser.units import MS_PER_SECOND, to_ms


class Control:
    """Reads and sets clock, faults and call log. `api_url` is what the vendor's client is given."""

    def __init__(self, url: str, api: str) -> None:
        self.api_url = f"{url}{api}"
        self._client = httpx.Client(base_url=f"{url}{CONTROL}", timeout=10.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def now_ms(self) -> int:
        """The simulated time."""
        return to_ms(datetime.fromisoformat(self._send("GET", "/clock").json()["now"]))

    def set_clock(self, now: datetime, *, running: bool = False) -> None:
        """Jump to an instant."""
        self._send("PUT", "/clock", {"now": now.isoformat(), "running": running})

    def advance(self, duration_ms: int) -> None:
        """Move the clock."""
        self._send("POST", "/clock/advance", {"seconds": duration_ms / MS_PER_SECOND})

    def add_fault(self, rule: FaultRule) -> None:
        """One more fault."""
        self._send("POST", "/faults", rule.model_dump(mode="json", by_alias=True))

    def clear_faults(self) -> None:
        """No more faults."""
        self._send("DELETE", "/faults")

    def expire_tokens(self) -> None:
        """End every token that was issued."""
        self._send("DELETE", "/tokens")

    def request_counts(self) -> dict[str, int]:
        """Calls so far per `METHOD /path`, the path below the vendor's API."""
        counts: dict[str, int] = self._send("GET", "/requests").json()["counts"]
        return counts

    def requests(self) -> list[dict[str, Any]]:
        """The last 10,000 calls in order: at_ms, method, path, status, faults."""
        calls: list[dict[str, Any]] = self._send("GET", "/requests").json()["calls"]
        return calls

    def clear_requests(self) -> None:
        """Forget the calls so far."""
        self._send("DELETE", "/requests")

    def _send(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self._client.request(method, path, json=body).raise_for_status()
