"""The worker process: tasks in by a pipe, answers out, until the pipe is closed.

Our own errors are answers. Anything else ends the process with a trace in the log: a state that nobody
thought of is not worth keeping, and the next process is there in a second.
"""

import os
import signal
import sys
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread
from types import TracebackType

import structlog

from adapters.store import open_store
from api.clock import now_ms
from api.logs import configure_logs
from api.processes import settle_in
from api.workers.perform import perform

_BUG = 1


@dataclass(frozen=True, slots=True)
class ChildSetup:
    """How a worker process begins. `niceness` keeps long work from slowing down everything else."""

    database_url: str
    log_level: str
    niceness: int = 0

    def __repr__(self) -> str:
        return f"ChildSetup(niceness={self.niceness})"  # the URL may hold a password


def serve_tasks(pipe: Connection, setup: ChildSetup) -> None:
    """Answer tasks until the other end is gone. An interrupt from the keyboard is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logs(setup.log_level)
    sys.excepthook = _log_bug
    Thread(target=_end_with_parent, daemon=True).start()
    store = open_store(setup.database_url, now_ms)
    if setup.niceness and hasattr(os, "nice"):
        os.nice(setup.niceness)
    settle_in()
    pipe.send(None)
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        pipe.send(perform(task, store))


def _end_with_parent() -> None:
    """A parent that is killed cannot say goodbye, and a long plan would go on for nobody."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(_BUG)


def _log_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger().critical("worker failed", exc_info=(kind, error, trace))
