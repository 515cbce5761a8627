"""What a store holds for the HTTP service, as plain frozen records.

Instants are epoch milliseconds in UTC (`_ms`).
"""

from dataclasses import dataclass
from enum import StrEnum

from adapters.records import JsonObject


class Scope(StrEnum):
    """What a key opens: reading; planning, which changes nothing outside; and changing what a depot does."""

    READ = "read"
    PLAN = "plan"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was handed out. The key itself is kept nowhere, only its SHA-256 as hexadecimal text."""

    name: str
    digest: str
    scopes: frozenset[Scope]
    created_ms: int
    revoked_ms: int | None = None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An HTTP answer, to be given again."""

    status: int
    headers: dict[str, str]
    body: bytes


class AttemptState(StrEnum):
    """What is known of an idempotency key; `other` was used for another request."""

    NEW = "new"
    RUNNING = "running"
    ANSWERED = "answered"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that came with an idempotency key; with `ANSWERED` the answer is there."""

    state: AttemptState
    answer: KeptAnswer | None = None


class CallState(StrEnum):
    """Where a deferred call stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DeferredCall:
    """A call that is answered later. `options` are its parameters, `attempts` how often it was taken up.

    `beat_ms` is the last sign of life of whoever works on it.
    """

    call_id: str
    kind: str
    state: CallState
    options: JsonObject
    created_ms: int
    started_ms: int | None
    beat_ms: int | None
    finished_ms: int | None
    attempts: int


@dataclass(frozen=True, slots=True)
class SiteReading:
    """What the charging platform last said of a site: its schedules, recurring ones too, and vehicles."""

    location_uid: str
    read_ms: int
    schedules: list[JsonObject]
    vehicles: list[JsonObject]


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """The outbox in numbers: open intents, those that failed before, those given up, and the oldest open."""

    open: int
    failing: int
    given_up: int
    oldest_open_ms: int | None
