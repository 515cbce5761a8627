"""The store that the settings name."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.ports import Clock
from adapters.store import SqlStore, open_store
from adapters.store.exceptions import SchemaTooNewError, StoreUrlError
from api.clock import now_ms
from api.exceptions import BadSettingError
from api.settings import Settings, read_settings


@contextmanager
def open_settings_store(settings: Settings, clock: Clock = now_ms) -> Iterator[SqlStore]:
    """The store of these settings, until the end of the block.

    Raises BadSettingError where it can never be opened, StoreUnavailableError where it may later.
    """
    try:
        store = open_store(settings.database_url.get_secret_value(), clock)
    except (StoreUrlError, SchemaTooNewError) as error:
        raise BadSettingError(f"DEPOT_DATABASE_URL: {error}") from error
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_own_store() -> Iterator[SqlStore]:
    """The store that the environment names."""
    with open_settings_store(read_settings()) as store:
        yield store
