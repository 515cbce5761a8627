"""Intents in the database.

A partial unique index allows one open intent per vehicle; a newer one takes the older's row and gives
it a new `intent_id`, so that a late confirmation of the older cannot close the newer.
"""

from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Update, case, func, select, text, update
from sqlalchemy.orm import Session

from adapters.ports import Clock
from adapters.records import Intent, IntentState, JsonObject, RetryPauses
from adapters.service_records import OutboxFigures
from adapters.store.database import Database, as_records, columns, insert_into, values
from adapters.store.models import IntentRow

_COLUMNS = columns(IntentRow, Intent)
_PAUSES = ("attempts", "next_attempt_ms", "last_error")
_IS_OPEN = IntentRow.state == IntentState.OPEN


class SqlOutbox:
    """`adapters.ports.Outbox`."""

    def __init__(self, database: Database, clock: Clock, pauses: RetryPauses) -> None:
        self._database = database
        self._clock = clock
        self._pauses = pauses

    def put(
        self,
        vehicle_id: str,
        location_uid: str,
        payload: JsonObject,
        fingerprint: str,
        *,
        keep_pauses: bool = False,
    ) -> Intent:
        """Open an intent, due at once, in place of the vehicle's open one with another fingerprint."""
        now_ms = self._clock()
        new = Intent(
            intent_id=uuid4().hex,
            vehicle_id=vehicle_id,
            location_uid=location_uid,
            payload=payload,
            fingerprint=fingerprint,
            created_ms=now_ms,
            attempts=0,
            in_flight=False,
            next_attempt_ms=now_ms,
            state=IntentState.OPEN,
            closed_ms=None,
            last_error=None,
        )
        with self._database.writing() as session:
            _insert_or_replace(session, new, keep_pauses=keep_pauses)
            row = session.execute(select(*_COLUMNS).where(_IS_OPEN, IntentRow.vehicle_id == vehicle_id)).one()
        return Intent(*row)

    def claim_next(self, location_uid: str | None = None) -> Intent | None:
        """Take the open intent that is longest due, for nobody else to send; None where none is due."""
        now_ms = self._clock()
        due = select(IntentRow.intent_id, IntentRow.attempts).where(
            _IS_OPEN, IntentRow.next_attempt_ms <= now_ms, *_at(location_uid)
        )
        due = due.order_by(IntentRow.next_attempt_ms, IntentRow.created_ms, IntentRow.intent_id).limit(1)
        with self._database.writing() as session:
            first = session.execute(due.with_for_update(skip_locked=True)).first()
            return None if first is None else _claim(session, first[0], first[1] + 1, now_ms, self._pauses)

    def confirm(self, intent_id: str) -> bool:
        """Close as done; False where the intent is no longer open (replaced or closed)."""
        return self._close(intent_id, IntentState.CONFIRMED, last_error=None)

    def give_up(self, intent_id: str, error: str) -> bool:
        """Close as not to be tried again; False where the intent is no longer open."""
        return self._close(intent_id, IntentState.GIVEN_UP, last_error=error)

    def fail(self, intent_id: str, error: str) -> bool:
        """Say that this attempt did not work: again after its pause, or given up after the last."""
        now_ms = self._clock()
        is_last = IntentRow.attempts >= self._pauses.most_attempts
        failed = _open_intent(intent_id).values(
            in_flight=False,
            last_error=error,
            state=case((is_last, IntentState.GIVEN_UP), else_=IntentState.OPEN),
            closed_ms=case((is_last, now_ms), else_=None),
        )
        return self._changed(failed) == 1

    def recover(self, location_uid: str) -> int:
        """Make due at once what was in flight here, and count it."""
        stranded = update(IntentRow).where(
            _IS_OPEN, IntentRow.in_flight, IntentRow.location_uid == location_uid
        )
        return self._changed(stranded.values(in_flight=False, next_attempt_ms=self._clock()))

    def open_intents(self, location_uid: str | None = None) -> tuple[Intent, ...]:
        """All open intents, oldest first."""
        query = select(*_COLUMNS).where(_IS_OPEN, *_at(location_uid))
        with self._database.reading() as session:
            rows = session.execute(query.order_by(IntentRow.created_ms, IntentRow.intent_id)).all()
        return as_records(rows, Intent)

    def last_confirmed(self, vehicle_id: str) -> Intent | None:
        """The vehicle's newest intent that was confirmed."""
        query = select(*_COLUMNS).where(
            IntentRow.state == IntentState.CONFIRMED, IntentRow.vehicle_id == vehicle_id
        )
        newest_first = (IntentRow.closed_ms.desc(), IntentRow.created_ms.desc(), IntentRow.intent_id)
        with self._database.reading() as session:
            row = session.execute(query.order_by(*newest_first).limit(1)).first()
        return None if row is None else Intent(*row)

    def figures(self) -> OutboxFigures:
        """How much is open and how it goes, without the payloads."""
        query = select(
            func.count().filter(_IS_OPEN),
            func.count().filter(_IS_OPEN, IntentRow.last_error.is_not(None)),
            func.count().filter(IntentRow.state == IntentState.GIVEN_UP),
            func.min(IntentRow.created_ms).filter(_IS_OPEN),
        )
        with self._database.reading() as session:
            return OutboxFigures(*session.execute(query).one())

    def failing(self) -> dict[str, int]:
        """How many open intents of each site failed before."""
        query = select(IntentRow.location_uid, func.count()).where(
            _IS_OPEN, IntentRow.last_error.is_not(None)
        )
        with self._database.reading() as session:
            rows = session.execute(query.group_by(IntentRow.location_uid)).all()
        return {row[0]: row[1] for row in rows}

    def _close(self, intent_id: str, state: IntentState, last_error: str | None) -> bool:
        closing = _open_intent(intent_id).values(
            state=state, closed_ms=self._clock(), in_flight=False, last_error=last_error
        )
        return self._changed(closing) == 1

    def _changed(self, statement: Update) -> int:
        with self._database.writing() as session:
            return len(session.execute(statement.returning(IntentRow.intent_id)).all())


def _at(location_uid: str | None) -> list[ColumnElement[bool]]:
    return [] if location_uid is None else [IntentRow.location_uid == location_uid]


def _open_intent(intent_id: str) -> Update:
    return update(IntentRow).where(IntentRow.intent_id == intent_id, _IS_OPEN)


def _insert_or_replace(session: Session, new: Intent, *, keep_pauses: bool) -> None:
    row: dict[str, Any] = values(new)
    kept = {"vehicle_id", *(_PAUSES if keep_pauses else ())}
    insert = insert_into(session, IntentRow).values(row)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["vehicle_id"],
            index_where=text("state = 'open'"),
            set_={name: insert.excluded[name] for name in row if name not in kept},
            where=IntentRow.fingerprint != insert.excluded.fingerprint,
        )
    )


def _claim(session: Session, intent_id: str, attempts: int, now_ms: int, pauses: RetryPauses) -> Intent:
    """Mark as in flight. The next attempt is set already now, for the case that this one's sender dies."""
    claimed = update(IntentRow).where(IntentRow.intent_id == intent_id)
    claimed = claimed.values(
        attempts=attempts, in_flight=True, next_attempt_ms=now_ms + pauses.after(attempts)
    )
    return Intent(*session.execute(claimed.returning(*_COLUMNS)).one())
