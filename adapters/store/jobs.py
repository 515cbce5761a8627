"""Job runs and their outcomes in the database."""

from uuid import uuid4

from sqlalchemy import Update, select, update
from sqlalchemy.orm import Session

from adapters.ports import Clock
from adapters.records import JobRun, JobState, JsonObject, LocationOutcome
from adapters.store.database import Database, as_records, columns, insert_into, upsert, values
from adapters.store.models import JobRunRow, OutcomeRow

_RUN = columns(JobRunRow, JobRun)
_OUTCOME = columns(OutcomeRow, LocationOutcome)
_IS_RUNNING = JobRunRow.state == JobState.RUNNING


class SqlJobRuns:
    """`adapters.ports.JobRuns`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def start(self, kind: str, total: int) -> JobRun:
        """Open a run over `total` locations."""
        now_ms = self._clock()
        run = JobRun(
            run_id=uuid4().hex,
            kind=kind,
            state=JobState.RUNNING,
            started_ms=now_ms,
            beat_ms=now_ms,
            finished_ms=None,
            total=total,
            cancel_requested=False,
            counts={},
            report={},
        )
        with self._database.writing() as session:
            session.execute(insert_into(session, JobRunRow).values(values(run)))
        return run

    def beat(self, run_id: str) -> bool:
        """Give a sign of life; True where somebody asked the run to stop."""
        alive = _run(run_id).values(beat_ms=self._clock()).returning(JobRunRow.cancel_requested)
        with self._database.writing() as session:
            return bool(session.scalar(alive))

    def record(self, run_id: str, outcome: LocationOutcome) -> None:
        """Keep what became of one location, and give a sign of life."""
        row = {"run_id": run_id, **values(outcome)}
        with self._database.writing() as session:
            session.execute(_run(run_id).values(beat_ms=self._clock()))
            upsert(session, OutcomeRow, [row], key=["run_id", "location_uid"])

    def finish(self, run_id: str, state: JobState, counts: dict[str, int], report: JsonObject) -> None:
        """Close a run."""
        now_ms = self._clock()
        finished = _run(run_id).values(
            state=state, counts=counts, report=report, finished_ms=now_ms, beat_ms=now_ms
        )
        with self._database.writing() as session:
            session.execute(finished)

    def get(self, run_id: str) -> JobRun | None:
        """One run."""
        with self._database.reading() as session:
            row = session.execute(select(*_RUN).where(JobRunRow.run_id == run_id)).first()
        return None if row is None else JobRun(*row)

    def outcomes(self, run_id: str) -> tuple[LocationOutcome, ...]:
        """What became of its locations so far, ordered by `location_uid`."""
        with self._database.reading() as session:
            rows = session.execute(select(*_OUTCOME).where(OutcomeRow.run_id == run_id)).all()
        return tuple(sorted(as_records(rows, LocationOutcome), key=lambda outcome: outcome.location_uid))

    def latest(self, kind: str | None = None, limit: int = 20) -> tuple[JobRun, ...]:
        """Runs, newest first."""
        query = select(*_RUN).order_by(JobRunRow.started_ms.desc(), JobRunRow.run_id).limit(limit)
        if kind is not None:
            query = query.where(JobRunRow.kind == kind)
        with self._database.reading() as session:
            return as_records(session.execute(query).all(), JobRun)

    def request_cancel(self, run_id: str) -> bool:
        """Ask a run to stop; False where it is not running."""
        asked = _run(run_id).where(_IS_RUNNING).values(cancel_requested=True)
        with self._database.writing() as session:
            return _changed(session, asked) == 1

    def close_abandoned(self, silent_ms: int) -> int:
        """Close runs without a sign of life for longer than this, and count them."""
        now_ms = self._clock()
        silent = update(JobRunRow).where(_IS_RUNNING, JobRunRow.beat_ms < now_ms - silent_ms)
        with self._database.writing() as session:
            return _changed(session, silent.values(state=JobState.ABANDONED, finished_ms=now_ms))


def _run(run_id: str) -> Update:
    return update(JobRunRow).where(JobRunRow.run_id == run_id)


def _changed(session: Session, statement: Update) -> int:
    return len(session.execute(statement.returning(JobRunRow.run_id)).all())
