"""Deferred calls in the database."""

from sqlalchemy import ColumnElement, Update, and_, delete, func, or_, select, update

from adapters.ports import Clock
from adapters.records import JsonObject
from adapters.service_records import CallState, DeferredCall, KeptAnswer
from adapters.store.database import Database, columns, insert_into, values
from adapters.store.models import DeferredRow

_COLUMNS = columns(DeferredRow, DeferredCall)
_FIRST_FAILURE = 400
_IS_QUEUED = DeferredRow.state == CallState.QUEUED
_IS_RUNNING = DeferredRow.state == CallState.RUNNING


class SqlDeferredCalls:
    """`adapters.service_ports.DeferredCalls`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, call_id: str, kind: str, options: JsonObject, body: bytes) -> DeferredCall:
        """Queue a call."""
        now_ms = self._clock()
        call = DeferredCall(call_id, kind, CallState.QUEUED, options, now_ms, None, None, None, attempts=0)
        with self._database.writing() as session:
            session.execute(insert_into(session, DeferredRow).values({**values(call), "body": body}))
        return call

    def claim_next(self, silent_ms: int) -> tuple[DeferredCall, bytes] | None:
        """Take the oldest queued call, or one whose worker was silent for longer, with its request's body."""
        now_ms = self._clock()
        free = or_(_IS_QUEUED, and_(_IS_RUNNING, DeferredRow.beat_ms < now_ms - silent_ms))
        oldest = select(DeferredRow.call_id).where(free).order_by(DeferredRow.created_ms, DeferredRow.call_id)
        if not self._any(free):  # asked often, and a writer would keep other writers out
            return None
        with self._database.writing() as session:
            call_id = session.scalar(oldest.limit(1).with_for_update(skip_locked=True))
            if call_id is None:
                return None
            claimed = update(DeferredRow).where(DeferredRow.call_id == call_id)
            claimed = claimed.values(
                state=CallState.RUNNING,
                started_ms=now_ms,
                beat_ms=now_ms,
                attempts=DeferredRow.attempts + 1,
            )
            row = session.execute(claimed.returning(*_COLUMNS, DeferredRow.body)).one()
        return DeferredCall(*row[:-1]), row[-1]

    def _any(self, condition: ColumnElement[bool]) -> bool:
        with self._database.reading() as session:
            return session.scalar(select(DeferredRow.call_id).where(condition).limit(1)) is not None

    def beat(self, call_id: str) -> bool:
        """Give a sign of life; False where the call is no longer ours to do."""
        return self._changed(_running(call_id).values(beat_ms=self._clock()))

    def finish(self, call_id: str, answer: KeptAnswer) -> bool:
        """Keep the answer: done, or failed from status 400 on."""
        state = CallState.FAILED if answer.status >= _FIRST_FAILURE else CallState.DONE
        finished = _running(call_id).values(
            state=state,
            finished_ms=self._clock(),
            status=answer.status,
            headers=answer.headers,
            answer=answer.body,
        )
        return self._changed(finished)

    def give_back(self, call_id: str) -> bool:
        """Queue a running call again, for whoever comes next."""
        return self._changed(_running(call_id).values(state=CallState.QUEUED, started_ms=None, beat_ms=None))

    def cancel(self, call_id: str) -> bool:
        """End a call that is not over; False where there is none."""
        open_call = update(DeferredRow).where(DeferredRow.call_id == call_id, or_(_IS_QUEUED, _IS_RUNNING))
        return self._changed(open_call.values(state=CallState.CANCELLED, finished_ms=self._clock()))

    def get(self, call_id: str) -> DeferredCall | None:
        """One call."""
        with self._database.reading() as session:
            row = session.execute(select(*_COLUMNS).where(DeferredRow.call_id == call_id)).first()
        return None if row is None else DeferredCall(*row)

    def answer(self, call_id: str) -> KeptAnswer | None:
        """Its answer, None while there is none."""
        query = select(DeferredRow.status, DeferredRow.headers, DeferredRow.answer)
        with self._database.reading() as session:
            row = session.execute(query.where(DeferredRow.call_id == call_id)).first()
        if row is None or row[0] is None:
            return None
        return KeptAnswer(row[0], row[1] or {}, row[2] or b"")

    def waiting(self) -> tuple[int, int | None]:
        """How many calls are queued, and since when the oldest of them is."""
        query = select(func.count(), func.min(DeferredRow.created_ms)).where(_IS_QUEUED)
        with self._database.reading() as session:
            count, oldest_ms = session.execute(query).one()
        return count, oldest_ms

    def forget(self, before_ms: int) -> int:
        """Forget calls that were over before this instant, and count them."""
        over = delete(DeferredRow).where(DeferredRow.finished_ms < before_ms)
        with self._database.writing() as session:
            return len(session.execute(over.returning(DeferredRow.call_id)).all())

    def _changed(self, statement: Update) -> bool:
        with self._database.writing() as session:
            return session.execute(statement.returning(DeferredRow.call_id)).first() is not None


def _running(call_id: str) -> Update:
    return update(DeferredRow).where(DeferredRow.call_id == call_id, _IS_RUNNING)
