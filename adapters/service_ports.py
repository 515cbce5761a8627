"""What the HTTP service sees of a store, beside `adapters.ports`. Every method may raise StoreError."""

from collections.abc import Iterable
from typing import Protocol

from adapters.records import JsonObject
from adapters.service_records import ApiKey, Attempt, DeferredCall, KeptAnswer, Scope, SiteReading


class ApiKeys(Protocol):
    """Keys that were handed out."""

    def put(self, name: str, digest: str, scopes: Iterable[Scope]) -> ApiKey:
        """Keep a new key. ConflictError where the name is taken, by a revoked one too."""
        ...

    def list(self) -> tuple[ApiKey, ...]:
        """Every key, revoked ones too, ordered by name."""
        ...

    def revoke(self, name: str) -> bool:
        """End a key; False where there is none of this name that is still good."""
        ...


class IdempotentAnswers(Protocol):
    """Answers to requests that came with an idempotency key, each under its owner's name."""

    def begin(self, owner: str, key: str, fingerprint: str, stale_ms: int) -> Attempt:
        """Say that a request begins; `NEW` means that it is the caller's to do.

        One that began more than `stale_ms` ago and never ended is taken over: its worker is dead.
        """
        ...

    def finish(self, owner: str, key: str, answer: KeptAnswer) -> None:
        """Keep the answer."""
        ...

    def drop(self, owner: str, key: str) -> None:
        """Forget that the request began, so that it may be tried again."""
        ...

    def forget(self, before_ms: int) -> int:
        """Forget keys that were first used before this instant, and count them."""
        ...


class DeferredCalls(Protocol):
    """Calls that are answered later, kept with their requests so that any worker can take them up."""

    def put(self, call_id: str, kind: str, options: JsonObject, body: bytes) -> DeferredCall:
        """Queue a call."""
        ...

    def claim_next(self, silent_ms: int) -> tuple[DeferredCall, bytes] | None:
        """Take the oldest queued call, or one whose worker was silent for longer, with its request's body."""
        ...

    def beat(self, call_id: str) -> bool:
        """Give a sign of life; False where the call is no longer ours to do, as when it was cancelled."""
        ...

    def finish(self, call_id: str, answer: KeptAnswer) -> bool:
        """Keep the answer: done, or failed from status 400 on. False where the call no longer runs."""
        ...

    def give_back(self, call_id: str) -> bool:
        """Queue a running call again, for whoever comes next."""
        ...

    def cancel(self, call_id: str) -> bool:
        """End a call that is not over; False where there is none."""
        ...

    def get(self, call_id: str) -> DeferredCall | None:
        """One call."""
        ...

    def answer(self, call_id: str) -> KeptAnswer | None:
        """Its answer, None while there is none."""
        ...

    def waiting(self) -> tuple[int, int | None]:
        """How many calls are queued, and since when the oldest of them is."""
        ...

    def forget(self, before_ms: int) -> int:
        """Forget calls that were over before this instant, and count them."""
        ...


class SiteReadings(Protocol):
    """What the charging platform last said of each site."""

    def put(
        self, location_uid: str, schedules: Iterable[JsonObject], vehicles: Iterable[JsonObject]
    ) -> SiteReading:
        """Keep what was read now, in place of what was read before."""
        ...

    def get(self, location_uid: str) -> SiteReading | None:
        """What was read last, None where nothing ever was."""
        ...

    def read_ms(self) -> dict[str, int]:
        """When each site was read last."""
        ...
