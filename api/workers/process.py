"""One worker process, seen from the parent: do a task within a time, or be killed."""

import multiprocessing
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any

from api.exceptions import TimeUpError, WorkerFailedError, WorkerKilledError
from api.workers.child import ChildSetup, serve_tasks
from api.workers.task import Task, TaskAnswer

# A forked child would keep the parent's database connections, and the locks on them, alive.
_SPAWN = multiprocessing.get_context("spawn")
_START_LIMIT_S = 60.0
_STOP_LIMIT_S = 2.0


class WorkerProcess:
    """A child process and our end of its pipe. One thread uses it; `kill` may come from any."""

    def __init__(self, setup: ChildSetup) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process: SpawnProcess = _SPAWN.Process(target=serve_tasks, args=(theirs, setup), daemon=True)
        self._doomed = False
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

    def wait_ready(self) -> None:
        """Wait until everything is imported. Raises as `perform` does."""
        self._receive(_START_LIMIT_S)

    def perform(self, task: Task, limit_s: float) -> TaskAnswer:
        """Do one task. After any of these errors the process is gone.

        Raises TimeUpError, WorkerKilledError (ended from outside), WorkerFailedError (ended by itself).
        """
        try:
            self._pipe.send(task)
        except OSError as error:
            raise self._ended() from error
        answer: TaskAnswer = self._receive(limit_s)
        return answer

    def _receive(self, limit_s: float) -> Any:
        if not wait([self._pipe], limit_s):
            self.kill()
            raise TimeUpError(f"this was not done within {limit_s:g} s, and was ended")
        try:
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._ended() from error

    def _ended(self) -> WorkerKilledError | WorkerFailedError:
        self._process.join(_STOP_LIMIT_S)
        code = self._process.exitcode
        self.kill()
        if code is not None and code > 0:
            return WorkerFailedError("the process that did this ended by a fault of its own")
        return WorkerKilledError("the process that did this was killed; nothing of it was kept: ask again")

    def is_alive(self) -> bool:
        """Whether the process is there to stay: a kill takes a moment to be seen."""
        return not self._doomed and self._process.is_alive()

    def kill(self) -> None:
        """End the process now, whatever it does."""
        self._doomed = True
        self._process.kill()

    def stop(self) -> None:
        """End an idle process: it leaves when its pipe is closed."""
        self._pipe.close()
        self._process.join(_STOP_LIMIT_S)
        self._process.kill()
        self._process.join()
        self._process.close()
