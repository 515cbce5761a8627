"""The store on SQLAlchemy: everything of `adapters.ports.Store` over one database."""

from contextlib import AbstractContextManager

from sqlalchemy import delete, select
from sqlalchemy.sql.dml import ReturningDelete

from adapters.ports import Clock, HeldLock
from adapters.records import IntentState, JobState, RetryPauses
from adapters.store.database import Database
from adapters.store.deferred import SqlDeferredCalls
from adapters.store.idempotency import SqlIdempotentAnswers
from adapters.store.jobs import SqlJobRuns
from adapters.store.keys import SqlApiKeys
from adapters.store.links import SqlVendorLinks
from adapters.store.locks import Locks, locks_of
from adapters.store.migrate import migrate
from adapters.store.models import IntentRow, JobRunRow, PlanRow, RunningPlanRow
from adapters.store.outbox import SqlOutbox
from adapters.store.plans import SqlPlans
from adapters.store.readings import SqlSiteReadings
from adapters.store.sites import SqlSiteSettings


def open_store(database_url: str, clock: Clock, pauses: RetryPauses | None = None) -> "SqlStore":
    """Open a store, and create or upgrade its tables where that is needed.

    `database_url` is SQLAlchemy's: `sqlite:///depot.db`, `postgresql://user:password@host/name`.
    Raises StoreUrlError, StoreUnavailableError, SchemaTooNewError.
    """
    database = Database(database_url)
    locks = locks_of(database)
    try:
        migrate(database, locks)
    except BaseException:
        database.engine.dispose()
        raise
    return SqlStore(database, locks, clock, pauses or RetryPauses())


class SqlStore:
    """`adapters.ports.Store`. Not to be carried over a fork: each process opens its own."""

    def __init__(self, database: Database, locks: Locks, clock: Clock, pauses: RetryPauses) -> None:
        self._database = database
        self._locks = locks
        self.sites = SqlSiteSettings(database, clock)
        self.plans = SqlPlans(database)
        self.outbox = SqlOutbox(database, clock, pauses)
        self.jobs = SqlJobRuns(database, clock)
        self.keys = SqlApiKeys(database, clock)
        self.answers = SqlIdempotentAnswers(database, clock)
        self.deferred = SqlDeferredCalls(database, clock)
        self.readings = SqlSiteReadings(database, clock)
        self.links = SqlVendorLinks(database, clock)

    def site_lock(self, location_uid: str, wait_s: float = 0.0) -> AbstractContextManager[HeldLock]:
        """Hold a site against every other worker; SiteBusyError where another holds it."""
        return self._locks.hold(f"site {location_uid}", wait_s)

    def ping(self) -> None:
        """Raise StoreUnavailableError where the database does not answer."""
        with self._database.reading() as session:
            session.execute(select(1))

    def prune(self, before_ms: int) -> int:
        """Forget what was over before this instant, and count it."""
        with self._database.writing() as session:
            forgotten = sum(len(session.execute(over).all()) for over in _over(before_ms))
        return forgotten + self.answers.forget(before_ms) + self.deferred.forget(before_ms)

    def close(self) -> None:
        """Give back every connection."""
        self._database.engine.dispose()


def _over(before_ms: int) -> tuple[ReturningDelete[str], ...]:
    """The order matters: a plan can go once the last of its running plans is gone."""
    followed = select(RunningPlanRow.plan_id)
    return (
        delete(RunningPlanRow)
        .where(RunningPlanRow.departure_ms < before_ms)
        .returning(RunningPlanRow.vehicle_id),
        delete(PlanRow)
        .where(PlanRow.created_ms < before_ms, PlanRow.plan_id.not_in(followed))
        .returning(PlanRow.plan_id),
        delete(IntentRow)
        .where(IntentRow.state != IntentState.OPEN, IntentRow.closed_ms < before_ms)
        .returning(IntentRow.intent_id),
        delete(JobRunRow)
        .where(JobRunRow.state != JobState.RUNNING, JobRunRow.finished_ms < before_ms)
        .returning(JobRunRow.run_id),
    )
