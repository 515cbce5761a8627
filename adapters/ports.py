"""What callers see of a store. Every method may be called from several threads and raises StoreError.

Nothing here knows a database: `adapters.store.open_store` gives an implementation.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from adapters.records import (
    Intent,
    JobRun,
    JobState,
    JsonObject,
    LocationOutcome,
    PlanSummary,
    RunningPlan,
    SiteLink,
    SiteSettings,
    StoredPlan,
    VehicleLink,
)
from adapters.service_ports import ApiKeys, DeferredCalls, IdempotentAnswers, SiteReadings
from adapters.service_records import OutboxFigures

Clock = Callable[[], int]
"""Gives epoch milliseconds, UTC."""


class SiteSettingsStore(Protocol):
    """Depots as their operators described them."""

    def put(self, location_uid: str, site: JsonObject, settings: JsonObject) -> SiteSettings:
        """Set a depot's description, new or not."""
        ...

    def get(self, location_uid: str) -> SiteSettings | None:
        """One depot, None where it was never described."""
        ...

    def list(self) -> tuple[SiteSettings, ...]:
        """All depots, ordered by `location_uid`."""
        ...


class PlanStore(Protocol):
    """Plans with their proof, their history, and what each vehicle is meant to do now."""

    def save(
        self,
        plan: StoredPlan,
        running: Iterable[RunningPlan] | None = None,
        request: JsonObject | None = None,
    ) -> None:
        """Keep a plan; with `running` it becomes, in the same step, what the site's vehicles do.

        Then the site's running plans that depart after `plan.summary.now_ms` are these and no others;
        those that have departed stay as they were. `request` is the plan request that it answers.
        ConflictError where the plan's id is taken.
        """
        ...

    def get(self, plan_id: str) -> StoredPlan | None:
        """One plan with its document."""
        ...

    def text(self, plan_id: str) -> bytes | None:
        """The document of a plan as JSON text, unread: much cheaper than `get` for a large plan."""
        ...

    def request_text(self, plan_id: str) -> bytes | None:
        """The plan request that a plan answers, as JSON text; None where it was not kept."""
        ...

    def newest(self, *, given: bool = True) -> dict[str, PlanSummary]:
        """The newest plan that every site was given, or of all; one made on request only has no trigger."""
        ...

    def planned_sites(self) -> tuple[str, ...]:
        """The sites of which any plan is kept, one that only answered a question too, in order."""
        ...

    def latest(self, location_uid: str) -> StoredPlan | None:
        """The newest plan of a site with its document, running or not."""
        ...

    def history(
        self, location_uid: str, limit: int = 50, before_ms: int | None = None, before_id: str = ""
    ) -> tuple[PlanSummary, ...]:
        """A site's plans, newest first; with `before_ms` only those made before.

        Of those made at that very instant, the ones whose id comes before `before_id`: so the last
        plan of one page leads to the next.
        """
        ...

    def locations(self) -> tuple[str, ...]:
        """The sites that have running plans, departed ones included, in order."""
        ...

    def running(self, location_uid: str, from_ms: int = 0) -> tuple[RunningPlan, ...]:
        """A site's running plans that depart after `from_ms`, ordered by departure, then vehicle."""
        ...

    def running_for(self, vehicle_id: str, departure_ms: int) -> RunningPlan | None:
        """What a vehicle is meant to do until this departure."""
        ...


class Outbox(Protocol):
    """Intents: stored before they are sent, closed after they are confirmed; one open per vehicle."""

    def put(
        self,
        vehicle_id: str,
        location_uid: str,
        payload: JsonObject,
        fingerprint: str,
        *,
        keep_pauses: bool = False,
    ) -> Intent:
        """Open an intent, due at once, in place of the vehicle's open one.

        Where the open one has this fingerprint it stays as it is, pauses included. With `keep_pauses` a
        new one takes over the attempts and the pause of the open one: what kept that from being
        confirmed will keep this one too.
        """
        ...

    def claim_next(self, location_uid: str | None = None) -> Intent | None:
        """Take the open intent that is longest due, for nobody else to send; None where none is due.

        If nothing is heard of it again it is due once more after a pause that grows with each claim.
        """
        ...

    def confirm(self, intent_id: str) -> bool:
        """Close as done; False where the intent is no longer open (replaced or closed)."""
        ...

    def fail(self, intent_id: str, error: str) -> bool:
        """Say that this attempt did not work: again after its pause, or given up after the last.

        False where the intent is no longer open.
        """
        ...

    def give_up(self, intent_id: str, error: str) -> bool:
        """Close as not to be tried again; False where the intent is no longer open."""
        ...

    def recover(self, location_uid: str) -> int:
        """Make due at once what was in flight here, and count it.

        Only for the holder of the site's lock: then whoever claimed these is dead.
        """
        ...

    def open_intents(self, location_uid: str | None = None) -> tuple[Intent, ...]:
        """All open intents, oldest first."""
        ...

    def last_confirmed(self, vehicle_id: str) -> Intent | None:
        """The vehicle's newest intent that was confirmed."""
        ...

    def figures(self) -> OutboxFigures:
        """How much is open and how it goes, without the payloads."""
        ...

    def failing(self) -> dict[str, int]:
        """How many open intents of each site failed before; sites without any are left out."""
        ...


class JobRuns(Protocol):
    """Runs of the batch jobs: how far they are, what came out, place by place."""

    def start(self, kind: str, total: int) -> JobRun:
        """Open a run over `total` locations."""
        ...

    def beat(self, run_id: str) -> bool:
        """Give a sign of life; True where somebody asked the run to stop."""
        ...

    def record(self, run_id: str, outcome: LocationOutcome) -> None:
        """Keep what became of one location, and give a sign of life."""
        ...

    def finish(self, run_id: str, state: JobState, counts: dict[str, int], report: JsonObject) -> None:
        """Close a run."""
        ...

    def get(self, run_id: str) -> JobRun | None:
        """One run."""
        ...

    def outcomes(self, run_id: str) -> tuple[LocationOutcome, ...]:
        """What became of its locations so far, ordered by `location_uid`."""
        ...

    def latest(self, kind: str | None = None, limit: int = 20) -> tuple[JobRun, ...]:
        """Runs, newest first."""
        ...

    def request_cancel(self, run_id: str) -> bool:
        """Ask a run to stop; False where it is not running."""
        ...

    def close_abandoned(self, silent_ms: int) -> int:
        """Close runs without a sign of life for longer than this, and count them."""
        ...


class VendorLinks(Protocol):
    """What of ev.energy is what of ours. A vehicle is linked to one at most, on either side."""

    def vehicles(self) -> tuple[VehicleLink, ...]:
        """All linked vehicles, ordered by `vehicle_id`."""
        ...

    def link_vehicle(self, vehicle_id: str, evenergy_id: str) -> VehicleLink:
        """Link by hand; whatever either of the two was linked to before is let go."""
        ...

    def match_vehicles(self, pairs: Iterable[tuple[str, str]]) -> tuple[VehicleLink, ...]:
        """Link what was matched by VIN, our id first, and say which links are new.

        What is linked already, on either side, stays as it is. ConflictError where the pairs themselves
        name one of ev.energy's vehicles twice.
        """
        ...

    def unlink_vehicle(self, vehicle_id: str) -> bool:
        """Forget a vehicle's link; False where there was none."""
        ...

    def sites(self) -> tuple[SiteLink, ...]:
        """All linked sites, ordered by `evenergy_id`."""
        ...

    def link_site(self, evenergy_id: str, location_uid: str) -> SiteLink:
        """Say of which depot a site is a part, in place of any other."""
        ...


class HeldLock(Protocol):
    """The proof that a lock is held."""

    def verify(self) -> None:
        """Raise LockLostError where the lock was lost, as with a database that was restarted."""
        ...


class Store(Protocol):
    """Everything that is kept between two runs."""

    @property
    def sites(self) -> SiteSettingsStore:
        """Depots as their operators described them."""
        ...

    @property
    def plans(self) -> PlanStore:
        """Plans, history, running plans."""
        ...

    @property
    def outbox(self) -> Outbox:
        """What is to be sent."""
        ...

    @property
    def jobs(self) -> JobRuns:
        """Job runs."""
        ...

    @property
    def keys(self) -> ApiKeys:
        """Keys of the HTTP service."""
        ...

    @property
    def answers(self) -> IdempotentAnswers:
        """Answers by idempotency key."""
        ...

    @property
    def deferred(self) -> DeferredCalls:
        """Calls that are answered later."""
        ...

    @property
    def readings(self) -> SiteReadings:
        """What the charging platform last said of each site."""
        ...

    @property
    def links(self) -> VendorLinks:
        """What of ev.energy is what of ours."""
        ...

    def site_lock(self, location_uid: str, wait_s: float = 0.0) -> AbstractContextManager[HeldLock]:
        """Hold a site against every other worker, on any machine; it is not reentrant.

        SiteBusyError where another holds it for longer than `wait_s`.
        """
        ...

    def ping(self) -> None:
        """Raise StoreUnavailableError where the database does not answer."""
        ...

    def prune(self, before_ms: int) -> int:
        """Forget what was over before this instant, and count it: plans that no vehicle follows any
        more, closed intents, finished job runs. Running plans, open intents, sites and links stay.
        """
        ...

    def close(self) -> None:
        """Give back every connection."""
        ...
