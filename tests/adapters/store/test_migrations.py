"""A database is brought to the schema of this version, once, whoever opens it."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from adapters.store import open_store
from adapters.store.database import Database
from adapters.store.exceptions import SchemaTooNewError
from adapters.store.migrate import alembic_config
from adapters.store.models import Base
from tests.adapters.store.builders import NOW_MS
from tests.adapters.store.workers import open_and_write, run_all


def test_the_migrations_make_what_the_models_say(store_url: str) -> None:
    """Comparing the migrated database with the models finds no difference, types and indexes included."""
    database = Database(store_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    database.engine.dispose()


def test_every_migration_can_be_undone_and_done_again(empty_url: str) -> None:
    """Down to nothing but Alembic's own table, and up again."""
    open_store(empty_url, lambda: NOW_MS).close()
    database = Database(empty_url)
    with database.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
    database.engine.dispose()
    open_store(empty_url, lambda: NOW_MS).close()


def test_processes_that_open_a_new_database_at_once_all_get_it(empty_url: str) -> None:
    """Five processes meet an empty database; one migrates, and each can write."""
    names = [f"site {number}" for number in range(5)]
    assert run_all(open_and_write, [(empty_url, name) for name in names]) == [0] * 5
    store = open_store(empty_url, lambda: NOW_MS)
    assert [site.location_uid for site in store.sites.list()] == names
    store.close()


def test_opening_says_nothing(empty_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither Alembic nor SQLAlchemy writes to the caller's terminal."""
    open_store(empty_url, lambda: NOW_MS).close()
    assert capfd.readouterr() == ("", "")


def test_a_database_from_the_future_is_left_alone(empty_url: str) -> None:
    """An older program refuses a schema that it does not know."""
    open_store(empty_url, lambda: NOW_MS).close()
    database = Database(empty_url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'r9999'"))
    with pytest.raises(SchemaTooNewError):
        open_store(empty_url, lambda: NOW_MS)
    database.engine.dispose()
