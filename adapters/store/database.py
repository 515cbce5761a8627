"""One way to talk to SQLite and PostgreSQL: an engine, sessions, errors in our words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, create_engine, event, make_url
from sqlalchemy import exc as sqlalchemy_exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session, sessionmaker

from adapters.store.exceptions import (
    ConflictError,
    StoreError,
    StoreUnavailableError,
    StoreUrlError,
    UnstorableError,
)

BUSY_TIMEOUT_S = 30
_CONNECT_TIMEOUT_S = 10
_BEGIN = "sqlite_begin"

RecordT = TypeVar("RecordT")


class Database:
    """An engine with sessions to read and to write in; both are one transaction each."""

    def __init__(self, database_url: str) -> None:
        self.url = parse_url(database_url)
        self.engine = _engine(self.url)
        self._readers = sessionmaker(self.engine)
        # SQLite would let two transactions read first and then refuse one of them the write, at once
        # and whatever the busy timeout; who means to write takes the write lock from the start.
        self._writers = sessionmaker(self.engine.execution_options(**{_BEGIN: "IMMEDIATE"}))

    @property
    def sqlite_file(self) -> Path | None:
        """The file of an SQLite database, None for PostgreSQL."""
        return Path(self.url.database or "") if names_sqlite(self.url) else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session whose transaction is rolled back at its end."""
        with translated(), self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is committed at its end, or rolled back by an exception."""
        with translated(), self._writers.begin() as session:
            yield session


def names_sqlite(url: URL) -> bool:
    """Whether the URL names an SQLite database."""
    return url.get_backend_name() == "sqlite"


def parse_url(database_url: str) -> URL:
    """The URL with the driver that we use. StoreUrlError, without the URL: it may hold a password."""
    try:
        url = make_url(database_url)
    except sqlalchemy_exc.ArgumentError:
        raise StoreUrlError("the database URL cannot be read as one") from None
    backend = url.get_backend_name()
    if backend in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreUrlError(f"a store lives in sqlite or postgresql, not in {backend}")
    if url.database in (None, "", ":memory:"):
        raise StoreUrlError("a store in SQLite needs a file, as in sqlite:///depot.db")
    return url.set(drivername="sqlite+pysqlite")


def _engine(url: URL) -> Engine:
    if not names_sqlite(url):
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_TIMEOUT_S})
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Take the transactions out of the driver's hands: it would begin them only at the first write."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get(_BEGIN, 'DEFERRED')}")


@contextmanager
def translated() -> Iterator[None]:
    """Raise the store's errors in place of SQLAlchemy's, without statement or parameters."""
    try:
        yield
    except (sqlalchemy_exc.OperationalError, sqlalchemy_exc.InterfaceError) as error:
        raise StoreUnavailableError(_driver_words(error)) from error
    except sqlalchemy_exc.TimeoutError as error:
        raise StoreUnavailableError("every connection of this process is in use") from error
    except sqlalchemy_exc.IntegrityError as error:
        raise ConflictError(_driver_words(error)) from error
    except sqlalchemy_exc.DBAPIError as error:
        raise _data_or_other(error) from error
    except sqlalchemy_exc.StatementError as error:
        raise UnstorableError(_driver_words(error)) from error
    except (UnicodeEncodeError, OverflowError) as error:  # both drivers raise these bare
        raise UnstorableError(f"a value cannot be written: {error.__class__.__name__}") from error


def _data_or_other(error: sqlalchemy_exc.DBAPIError) -> StoreError:
    kind = UnstorableError if isinstance(error, sqlalchemy_exc.DataError) else StoreError
    return kind(_driver_words(error))


def _driver_words(error: sqlalchemy_exc.StatementError) -> str:
    """The first line of what the driver said: PostgreSQL puts the values into the later ones."""
    return (str(error.orig).splitlines() or [error.__class__.__name__])[0]


def columns(table: type[DeclarativeBase], record: type[Any]) -> list[InstrumentedAttribute[Any]]:
    """The columns that make up a record, in its order."""
    return [getattr(table, field.name) for field in fields(record)]


def as_records(rows: Sequence[Row[Any]], record: Callable[..., RecordT]) -> tuple[RecordT, ...]:
    """Rows of `columns(table, record)` as records."""
    return tuple(record(*row) for row in rows)


def values(record: Any) -> dict[str, Any]:
    """A record as the values of its columns; unlike `asdict`, documents inside are not copied."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def insert_into(session: Session, table: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, in the dialect of this session."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if is_sqlite else postgresql.insert(table)


def upsert(
    session: Session, table: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> None:
    """Insert rows, or overwrite those whose key is there already."""
    if not rows:
        return
    insert = insert_into(session, table)
    overwritten = {name: insert.excluded[name] for name in rows[0] if name not in key}
    session.execute(insert.on_conflict_do_update(index_elements=key, set_=overwritten), rows)
