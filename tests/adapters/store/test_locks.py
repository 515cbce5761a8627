"""Two workers never plan the same site at once, and no dead worker blocks one."""

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from adapters.store import SqlStore, open_store
from adapters.store.exceptions import LockLostError, SiteBusyError
from tests.adapters.store.builders import NOW_MS
from tests.adapters.store.workers import add_up, answer, hold_site, run_all, running


def test_processes_that_race_get_the_site_one_at_a_time(store_url: str, tmp_path: Path) -> None:
    """Four processes count to 60 in one file together, and none of them loses a step."""
    file = tmp_path / "number"
    file.write_text("0")
    assert run_all(add_up, [(store_url, str(file), 15)] * 4) == [0, 0, 0, 0]
    assert file.read_text() == "60"


def test_a_site_that_another_process_holds_is_busy(store: SqlStore, store_url: str) -> None:
    """Who does not want to wait is told at once; other sites are free."""
    with running(hold_site, store_url) as (_, pipe):
        assert answer(pipe) == "held"
        with pytest.raises(SiteBusyError), store.site_lock("north"):
            pytest.fail("two hold the same site")
        with store.site_lock("south"):
            pass


def test_who_waits_gets_the_site_when_it_is_left(store: SqlStore, store_url: str) -> None:
    """The wait ends with the other's work, long before its limit."""
    with running(hold_site, store_url) as (_, pipe):
        answer(pipe)
        pipe.send("go")
        with store.site_lock("north", wait_s=20) as lock:
            lock.verify()
        assert answer(pipe) == "still held"


def test_waiting_has_a_limit(store: SqlStore) -> None:
    """A lock that is not left is not waited for any longer than asked."""
    begin = time.monotonic()
    with store.site_lock("north"), pytest.raises(SiteBusyError), store.site_lock("north", wait_s=0.3):
        pytest.fail("one holds the same site twice")
    assert 0.25 < time.monotonic() - begin < 5


def test_a_killed_holder_leaves_the_site_free(store: SqlStore, store_url: str) -> None:
    """SIGKILL gives a process no time to clean up; the next one need not wait for an expiry."""
    with running(hold_site, store_url) as (process, pipe):
        answer(pipe)
        process.kill()
        process.join()
        begin = time.monotonic()
        with store.site_lock("north", wait_s=20):
            assert time.monotonic() - begin < 5


def test_a_stopped_holder_still_holds(store: SqlStore, store_url: str) -> None:
    """A worker that sleeps while it plans is not overtaken, so it cannot wake up as the second."""
    with running(hold_site, store_url) as (process, pipe):
        answer(pipe)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(SiteBusyError), store.site_lock("north", wait_s=0.3):
            pytest.fail("the stopped process was overtaken")
        os.kill(process.pid, signal.SIGCONT)
        pipe.send("go")
        assert answer(pipe) == "still held"


def test_a_lock_is_free_again_after_a_failure_inside(store: SqlStore) -> None:
    """The site is free as soon as the block is left, many times over and whatever was raised in it."""
    for _ in range(20):
        with pytest.raises(RuntimeError), store.site_lock("north"):
            raise RuntimeError
    with store.site_lock("north") as lock:
        lock.verify()


def test_locks_leave_the_store_its_connections(store: SqlStore) -> None:
    """With more sites held than the pool has connections, reading and writing go on."""
    with ExitStack() as held:
        for number in range(25):
            held.enter_context(store.site_lock(f"site {number}"))
        store.sites.put("north", {}, {})
        assert len(store.sites.list()) == 1


def test_a_holder_learns_that_its_lock_is_lost(migrated_postgres: str) -> None:
    """When the server drops the connection the site is free, and the holder must not go on."""
    store = open_store(migrated_postgres, lambda: NOW_MS)
    with store.site_lock("north") as lock:
        _drop_holders(migrated_postgres)
        with store.site_lock("north", wait_s=5), pytest.raises(LockLostError):
            lock.verify()
    store.close()


def test_a_lost_lock_is_left_in_silence(migrated_postgres: str, caplog: pytest.LogCaptureFixture) -> None:
    """Work that needed no proof to the end is not turned into a failure, or logged as one."""
    store = open_store(migrated_postgres, lambda: NOW_MS)
    with store.site_lock("north"):
        _drop_holders(migrated_postgres)
    assert caplog.records == []
    store.close()


def _drop_holders(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
        )
