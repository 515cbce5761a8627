"""Answers by idempotency key in the database."""

from sqlalchemy import ColumnElement, Delete, and_, delete, select, update
from sqlalchemy.orm import Session

from adapters.ports import Clock
from adapters.service_records import Attempt, AttemptState, KeptAnswer
from adapters.store.database import Database, insert_into
from adapters.store.models import AnswerRow


class SqlIdempotentAnswers:
    """`adapters.service_ports.IdempotentAnswers`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, owner: str, key: str, fingerprint: str, stale_ms: int) -> Attempt:
        """Say that a request begins; `NEW` means that it is the caller's to do."""
        now_ms = self._clock()
        row = {"owner": owner, "key": key, "fingerprint": fingerprint, "created_ms": now_ms}
        with self._database.writing() as session:
            session.execute(_stranded(owner, key, now_ms - stale_ms))
            insert = insert_into(session, AnswerRow).values(row).on_conflict_do_nothing()
            if session.execute(insert.returning(AnswerRow.key)).first():
                return Attempt(AttemptState.NEW)
            return _found(session, owner, key, fingerprint)

    def finish(self, owner: str, key: str, answer: KeptAnswer) -> None:
        """Keep the answer."""
        kept = update(AnswerRow).where(_is(owner, key))
        with self._database.writing() as session:
            session.execute(kept.values(status=answer.status, headers=answer.headers, body=answer.body))

    def drop(self, owner: str, key: str) -> None:
        """Forget that the request began, so that it may be tried again."""
        with self._database.writing() as session:
            session.execute(delete(AnswerRow).where(_is(owner, key), AnswerRow.status.is_(None)))

    def forget(self, before_ms: int) -> int:
        """Forget keys that were first used before this instant, and count them."""
        old = delete(AnswerRow).where(AnswerRow.created_ms < before_ms).returning(AnswerRow.key)
        with self._database.writing() as session:
            return len(session.execute(old).all())


def _is(owner: str, key: str) -> ColumnElement[bool]:
    return and_(AnswerRow.owner == owner, AnswerRow.key == key)


def _stranded(owner: str, key: str, before_ms: int) -> Delete:
    running = and_(AnswerRow.status.is_(None), AnswerRow.created_ms < before_ms)
    return delete(AnswerRow).where(_is(owner, key), running)


def _found(session: Session, owner: str, key: str, fingerprint: str) -> Attempt:
    query = select(AnswerRow.fingerprint, AnswerRow.status, AnswerRow.headers, AnswerRow.body)
    row = session.execute(query.where(_is(owner, key))).one()
    if row.fingerprint != fingerprint:
        return Attempt(AttemptState.OTHER)
    if row.status is None:
        return Attempt(AttemptState.RUNNING)
    return Attempt(AttemptState.ANSWERED, KeptAnswer(row.status, row.headers or {}, row.body or b""))
