"""What goes wrong is said in our words, and many may write at once."""

import socket
from contextlib import closing
from pathlib import Path

import pytest

from adapters.exceptions import AdapterError
from adapters.store import SqlStore, open_store
from adapters.store.exceptions import StoreUnavailableError, StoreUrlError, UnstorableError
from tests.adapters.store.builders import NOW_MS
from tests.adapters.store.workers import run_all, save_plans


@pytest.mark.parametrize("url", ["", "depot.db", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    """The message does not repeat the URL, in which there may be a password."""
    with pytest.raises(StoreUrlError) as caught:
        open_store(url, lambda: NOW_MS)
    assert "secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    """It is an AdapterError, and the password is not in it."""
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"postgresql://depot:secret@127.0.0.1:{unused.getsockname()[1]}/depot"
        with pytest.raises(StoreUnavailableError) as caught:
            open_store(url, lambda: NOW_MS)
    assert isinstance(caught.value, AdapterError)
    assert "secret" not in str(caught.value)


def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    """SQLite makes the file, not the folder."""
    with pytest.raises(StoreUnavailableError):
        open_store(f"sqlite:///{tmp_path / 'missing' / 'depot.db'}", lambda: NOW_MS)


def test_an_open_store_answers(store: SqlStore) -> None:
    """The readiness probe passes on a living database."""
    store.ping()


def test_an_id_that_is_not_text_is_refused(store: SqlStore) -> None:
    """A lone surrogate, which JSON allows in a string, cannot be a key on any database."""
    with pytest.raises(UnstorableError):
        store.sites.put("depot-\ud800", {}, {})


def test_processes_write_at_once(store: SqlStore, store_url: str) -> None:
    """Four processes save 25 plans each for the same vehicles: none is refused as busy, none is lost."""
    assert run_all(save_plans, [(store_url, f"w{number}", 25) for number in range(4)]) == [0] * 4
    assert len(store.plans.history("north", limit=1_000)) == 100
    assert len(store.plans.running("north")) == 5
