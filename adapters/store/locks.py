"""Locks that die with their holder.

A lock is a transaction that stays open: in PostgreSQL with an advisory lock in it, beside SQLite an
exclusive one on an empty database file of the lock's own. When the holder ends, in whatever way, the
operating system closes its socket or file and the lock is free at that moment.

Why not a row with an owner and an expiry: a killed holder would block its site until the expiry, clocks
of several machines would have to agree, and a holder that was only slow or stopped would wake up and
believe that it still holds. Here nobody gets in before the holder is gone. The price: a holder that
hangs blocks its site until somebody ends it (solving has a time limit), and each lock is a connection.

A child process made by fork inherits the connection and with it the lock: workers are to be spawned.
The advisory lock belongs to the transaction, not the session, so that a pooler between us and
PostgreSQL, which gives out a connection for one transaction, cannot lose it.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, NullPool, create_engine, func, select
from sqlalchemy import exc as sqlalchemy_exc
from sqlalchemy.engine import URL

from adapters.ports import HeldLock
from adapters.store.database import Database, translated
from adapters.store.exceptions import LockLostError, SiteBusyError, StoreUnavailableError

_MS_PER_SECOND = 1_000
_LOCK_NOT_AVAILABLE = "55P03"

# PostgreSQL hears nothing when a holder's machine loses power, and by default asks after two hours;
# with these it asks after 15 s and frees the lock after 30 s. The last one keeps it from ending a
# transaction that waits while a site is planned.
_WHILE_HELD = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "idle_in_transaction_session_timeout": "0",
}


class Locks(Protocol):
    """Locks by name, held by one holder at a time among all processes that use the same database."""

    def hold(self, name: str, wait_s: float) -> AbstractContextManager[HeldLock]:
        """Hold a lock; SiteBusyError where it is not to be had within `wait_s`."""
        ...


def locks_of(database: Database) -> Locks:
    """The kind of lock that fits the database."""
    file = database.sqlite_file
    return PostgresLocks(database.url) if file is None else SqliteLocks(file)


class PostgresLocks:
    """Advisory locks. Each has a connection outside the pool, so that locks never starve the pool."""

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})

    @contextmanager
    def hold(self, name: str, wait_s: float) -> Iterator["HeldPostgresLock"]:
        """Hold a lock; SiteBusyError where it is not to be had within `wait_s`."""
        with translated():
            connection = self._engine.connect()
        try:
            _take_advisory_lock(connection, name, max(1, round(wait_s * _MS_PER_SECOND)))
            yield HeldPostgresLock(connection, name)
        finally:
            _release(connection)


def _release(connection: Connection) -> None:
    """End the transaction and wait for that, so that whoever comes next finds the lock free."""
    try:
        connection.rollback()
    except sqlalchemy_exc.SQLAlchemyError:
        connection.invalidate()  # it was lost, and the lock with it
    finally:
        connection.close()


def _take_advisory_lock(connection: Connection, name: str, wait_ms: int) -> None:
    settings = {**_WHILE_HELD, "lock_timeout": f"{wait_ms}ms", "statement_timeout": "0"}
    with translated():
        connection.execute(select(*(func.set_config(key, value, True) for key, value in settings.items())))
        try:
            connection.execute(select(func.pg_advisory_xact_lock(_number(name))))
        except sqlalchemy_exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise _busy(name) from None
            raise


class HeldPostgresLock:
    """An open transaction with the advisory lock in it."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def verify(self) -> None:
        """LockLostError where the connection is gone."""
        try:
            self._connection.execute(select(1))
        except sqlalchemy_exc.SQLAlchemyError:
            raise LockLostError(f"the connection that held the lock on {self._name} is gone") from None


class SqliteLocks:
    """Locks on files in a folder beside the database, one file for each name; the files stay, empty.

    SQLite itself locks them, so this works wherever SQLite does.
    """

    def __init__(self, database_file: Path) -> None:
        self._folder = database_file.with_name(database_file.name + "-locks")

    @contextmanager
    def hold(self, name: str, wait_s: float) -> Iterator["HeldSqliteLock"]:
        """Hold a lock; SiteBusyError where it is not to be had within `wait_s`."""
        with closing(self._connect(name, wait_s)) as connection:
            _take_file(connection, name)
            yield HeldSqliteLock(connection, name)

    def _connect(self, name: str, wait_s: float) -> sqlite3.Connection:
        file = self._folder / f"{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:32]}.lock"
        try:
            self._folder.mkdir(exist_ok=True)
            return sqlite3.connect(file, timeout=wait_s, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.OperationalError) as error:
            raise StoreUnavailableError("no lock file can be made beside the database") from error


def _take_file(connection: sqlite3.Connection, name: str) -> None:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise _busy(name) from None
        raise StoreUnavailableError(f"the lock file cannot be used: {error}") from error


class HeldSqliteLock:
    """An open transaction that has the lock file for itself."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def verify(self) -> None:
        """LockLostError where the file is no longer locked."""
        if not self._connection.in_transaction:
            raise LockLostError(f"the lock on {self._name} is gone")


def _busy(name: str) -> SiteBusyError:
    return SiteBusyError(f"{name} is held by another worker")


def _number(name: str) -> int:
    """64 bits of a hash, signed as PostgreSQL wants them: advisory locks have numbers for names."""
    digest = hashlib.sha256(f"depot {name}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
