"""What a store holds, as plain frozen records: no database word, no vendor word.

Instants are epoch milliseconds in UTC (`_ms`). A `JsonObject` is what `json.loads` gives for an object;
it comes back with the same keys in the same order and the same numbers.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """A depot as its operator described it: the contract's `site` object, and planning `settings`."""

    location_uid: str
    site: JsonObject
    settings: JsonObject
    updated_ms: int


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The line of a plan in the history of its site.

    `now_ms` is the instant that was planned for, `created_ms` when the plan was made. `objective`,
    `bound` and `gap` are those of the strategy; None where there are none. `peak_kw` is the site's, AC,
    `peak_cap_kw` its cap at that time, `short` how many leave below their target; None in old rows.
    """

    plan_id: str
    location_uid: str
    created_ms: int
    now_ms: int
    strategy: str
    status: str
    objective: float | None
    bound: float | None
    gap: float | None
    shortfall_kwh: float
    churn: float
    trigger: str | None = None
    trigger_description: str | None = None
    peak_kw: float | None = None
    peak_cap_kw: float | None = None
    short: int | None = None


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with its whole response document, certificate included."""

    summary: PlanSummary
    document: JsonObject


@dataclass(frozen=True, slots=True)
class RunningPlan:
    """What one vehicle is meant to do until one departure; `schedule` is the EvSchedule with its plan.

    The key is (vehicle, departure), because a schedule's id does not survive a moved departure.
    """

    vehicle_id: str
    departure_ms: int
    location_uid: str
    plan_id: str
    schedule_id: str
    schedule: JsonObject


class LinkSource(StrEnum):
    """Who said that two vehicles are one."""

    VIN = "vin"
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class VehicleLink:
    """Our vehicle (by ChargEye's id) and the same one at ev.energy."""

    vehicle_id: str
    evenergy_id: str
    source: LinkSource
    linked_ms: int


@dataclass(frozen=True, slots=True)
class SiteLink:
    """A site of ev.energy and the depot of which it is a part; a depot may have several."""

    evenergy_id: str
    location_uid: str
    linked_ms: int


class IntentState(StrEnum):
    """Where an intent stands; only an open one is ever sent."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Intent:
    """Something to be sent for one vehicle, kept from before it is sent until it is confirmed.

    `fingerprint` says whether two payloads mean the same. `attempts` counts the claims; `in_flight`
    is true from a claim to its end, so true at rest means that the sender died in between.
    """

    intent_id: str
    vehicle_id: str
    location_uid: str
    payload: JsonObject
    fingerprint: str
    created_ms: int
    attempts: int
    in_flight: bool
    next_attempt_ms: int
    state: IntentState
    closed_ms: int | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class RetryPauses:
    """How long a failed intent rests: `first_ms`, then `factor` times more each time, at most `longest_ms`.

    The defaults rest 30 s, 1 min, 2 min ... 1 h, and give up after a bit more than half a day.
    """

    first_ms: int = 30_000
    factor: float = 2.0
    longest_ms: int = 3_600_000
    most_attempts: int = 20

    def after(self, attempts: int) -> int:
        """Milliseconds from attempt number `attempts` (from 1) to the next."""
        if attempts > self.most_attempts:
            return self.longest_ms
        return min(self.longest_ms, int(self.first_ms * self.factor ** (attempts - 1)))


class JobState(StrEnum):
    """Where a job run stands; `partial` is done with something that could not be, `abandoned` died."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"


class OutcomeState(StrEnum):
    """What became of one location in a job run; `busy` was another worker's at the time."""

    DONE = "done"
    PARTIAL = "partial"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LocationOutcome:
    """One location of a job run; `counts` says how many of what, `detail` why where it went wrong."""

    location_uid: str
    state: OutcomeState
    finished_ms: int
    counts: dict[str, int]
    plan_id: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job. `total` locations are to be done; `beat_ms` is its last sign of life."""

    run_id: str
    kind: str
    state: JobState
    started_ms: int
    beat_ms: int
    finished_ms: int | None
    total: int
    cancel_requested: bool
    counts: dict[str, int]
    report: JsonObject
