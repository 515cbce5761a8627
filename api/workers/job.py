"""A task on its way through a lane."""

from concurrent.futures import Future
from threading import Lock
from time import monotonic

from api.exceptions import ApiError
from api.workers.process import WorkerProcess
from api.workers.task import Task, TaskAnswer


class Job:
    """A task, and `future`, which has its answer or one of our errors. It can be ended from any thread."""

    def __init__(self, task: Task, limit_s: float) -> None:
        self.task = task
        self.limit_s = limit_s
        self.queued_at_s = monotonic()
        self.future: Future[TaskAnswer] = Future()
        # from now on it cannot be cancelled, only ended, by which it always gets an answer
        self.future.set_running_or_notify_cancel()
        self._lock = Lock()
        self._process: WorkerProcess | None = None
        self._reason: ApiError | None = None

    def run_on(self, process: WorkerProcess) -> None:
        """Do the task, unless it was ended."""
        with self._lock:
            if self._reason is not None:
                return
            self._process = process
        try:
            answer = process.perform(self.task, self.limit_s)
        except ApiError as error:
            self._leave_process()
            self.future.set_exception(self._reason or error)
        else:
            self._leave_process()
            self.future.set_result(answer)

    @property
    def begun(self) -> bool:
        """Whether a process works on it now."""
        return self._process is not None

    def _leave_process(self) -> None:
        with self._lock:
            self._process = None

    def end(self, reason: ApiError) -> None:
        """Let `future` raise `reason`, now or as soon as the process that works on it is killed."""
        with self._lock:
            if self._reason is not None or self.future.done():
                return
            self._reason = reason
            if self._process is not None:
                self._process.kill()
                return
        self.future.set_exception(reason)
