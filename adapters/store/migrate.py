"""Bring a database to the schema of this version."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from adapters.store.database import BUSY_TIMEOUT_S, Database, translated
from adapters.store.exceptions import SchemaTooNewError, StoreUnavailableError
from adapters.store.locks import Locks

_SCRIPTS = Path(__file__).with_name("migrations")
_WAIT_S = 120.0


def migrate(database: Database, locks: Locks) -> None:
    """Create or upgrade the tables; where several processes do so at once, one does and the rest wait."""
    if _is_current(database):
        return
    with locks.hold("schema", _WAIT_S):
        if database.sqlite_file is not None:
            _write_ahead(database.sqlite_file)
        with translated(), database.engine.begin() as connection:
            _upgrade(connection)


def alembic_config(connection: Connection | None = None) -> Config:
    """What Alembic needs to know; with a connection it works on that database."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _is_current(database: Database) -> bool:
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    with translated(), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def _write_ahead(file: Path) -> None:
    """Let readers and one writer work at the same time. The file remembers it."""
    try:
        with closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        raise StoreUnavailableError(str(error)) from error


def _upgrade(connection: Connection) -> None:
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:  # the only one that upgrading to head can meet: an unknown revision
        raise SchemaTooNewError("the database was written by a newer version of this program") from error
