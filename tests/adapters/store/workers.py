"""What other processes do in the tests, and how to start them.

They come from a fork server that has imported the store once: each is a clean process with no
connection of the test's, and starts in milliseconds rather than in half a second.
"""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from adapters.store import SqlStore, open_store
from tests.adapters.store.builders import NOW_MS, a_plan, a_running_plan

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.adapters.store.workers"])

PATIENCE_S = 30.0


@contextmanager
def running(work: Callable[..., None], *arguments: Any) -> Iterator[tuple[BaseProcess, Connection]]:
    """A process that does `work(pipe, *arguments)`, and our end of the pipe; killed if still there."""
    ours, theirs = _context.Pipe()
    process = _context.Process(target=work, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def run_all(work: Callable[..., None], arguments: list[tuple[Any, ...]]) -> list[int | None]:
    """Do the work in as many processes at once; their exit codes."""
    processes = [_context.Process(target=work, args=each) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE_S)
    return [process.exitcode for process in processes]


def answer(pipe: Connection) -> Any:
    """What the other process says next."""
    assert pipe.poll(PATIENCE_S), "the other process says nothing"
    return pipe.recv()


def opened(url: str) -> SqlStore:
    return open_store(url, lambda: NOW_MS)


def open_and_write(url: str, name: str) -> None:
    store = opened(url)
    store.sites.put(name, {"by": name}, {})
    store.close()


def hold_site(pipe: Connection, url: str) -> None:
    """Hold a site until told to go; then say whether it was held all the time."""
    store = opened(url)
    with store.site_lock("north") as lock:
        pipe.send("held")
        pipe.recv()
        lock.verify()
        pipe.send("still held")


def add_up(url: str, file: str, times: int) -> None:
    """Add one to the number in a file, which goes wrong unless one process does it at a time."""
    store = opened(url)
    for _ in range(times):
        with store.site_lock("north", wait_s=PATIENCE_S):
            number = int(Path(file).read_text())
            time.sleep(0.001)
            Path(file).write_text(str(number + 1))


def save_plans(url: str, worker: str, plans: int) -> None:
    """Plan the same vehicles as the other workers, again and again."""
    store = opened(url)
    for number in range(plans):
        plan_id = f"{worker}-{number}"
        vehicles = [a_running_plan(f"bus-{vehicle}", plan_id=plan_id) for vehicle in range(5)]
        store.plans.save(a_plan(plan_id), vehicles)


def claim_all(pipe: Connection, url: str) -> None:
    """Claim until nothing is due, and say what was claimed."""
    store = opened(url)
    claimed = []
    while (intent := store.outbox.claim_next()) is not None:
        claimed.append(intent.vehicle_id)
    pipe.send(claimed)


def push_once(pipe: Connection, url: str, sent_file: str, vehicles: int, last_step: int, waits: bool) -> None:
    """A push as the batch job does it: intents first, then each is claimed, sent and confirmed.

    Sending is a line in a file. After `last_step` steps it says so and, if it `waits`, stays there.
    """
    store = opened(url)
    steps = _Steps(pipe, last_step, waits)
    with store.site_lock("north", wait_s=PATIENCE_S):
        store.outbox.recover("north")
        for number in range(vehicles):
            _put_if_not_confirmed(store, f"bus-{number}")
            steps.done()
        while (intent := store.outbox.claim_next("north")) is not None:
            steps.done()
            with Path(sent_file).open("a") as sent:
                sent.write(f"{intent.vehicle_id}\n")
            steps.done()
            store.outbox.confirm(intent.intent_id)
            steps.done()
    pipe.send("finished")
    pipe.recv()


def _put_if_not_confirmed(store: SqlStore, vehicle: str) -> None:
    confirmed = store.outbox.last_confirmed(vehicle)
    if confirmed is None or confirmed.fingerprint != f"plan of {vehicle}":
        store.outbox.put(vehicle, "north", {"vehicle": vehicle}, f"plan of {vehicle}")


class _Steps:
    """Counts steps, and at the last one gives the test the moment to kill."""

    def __init__(self, pipe: Connection, last: int, waits: bool) -> None:
        self._pipe, self._left, self._waits = pipe, last, waits

    def done(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._pipe.send("last step")
            if self._waits:
                self._pipe.recv()
