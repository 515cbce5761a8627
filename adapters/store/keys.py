"""API keys in the database."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, select, update

from adapters.ports import Clock
from adapters.service_records import ApiKey, Scope
from adapters.store.database import Database, columns, insert_into, values
from adapters.store.models import ApiKeyRow

_COLUMNS = columns(ApiKeyRow, ApiKey)
_BETWEEN = ","


class SqlApiKeys:
    """`adapters.service_ports.ApiKeys`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, name: str, digest: str, scopes: Iterable[Scope]) -> ApiKey:
        """Keep a new key. ConflictError where the name is taken, by a revoked one too."""
        key = ApiKey(name, digest, frozenset(scopes), created_ms=self._clock())
        row = {**values(key), "scopes": _BETWEEN.join(sorted(key.scopes))}
        with self._database.writing() as session:
            session.execute(insert_into(session, ApiKeyRow).values(row))
        return key

    def list(self) -> tuple[ApiKey, ...]:
        """Every key, revoked ones too, ordered by name."""
        with self._database.reading() as session:
            keys = [_record(row) for row in session.execute(select(*_COLUMNS)).all()]
        return tuple(sorted(keys, key=lambda key: key.name))

    def revoke(self, name: str) -> bool:
        """End a key; False where there is none of this name that is still good."""
        good = update(ApiKeyRow).where(ApiKeyRow.name == name, ApiKeyRow.revoked_ms.is_(None))
        ended = good.values(revoked_ms=self._clock()).returning(ApiKeyRow.name)
        with self._database.writing() as session:
            return session.execute(ended).first() is not None


def _record(row: Row[Any]) -> ApiKey:
    scopes = frozenset(map(Scope, row.scopes.split(_BETWEEN)))
    return ApiKey(row.name, row.digest, scopes, row.created_ms, row.revoked_ms)
