"""A queue with workers of its own: what waits here never waits for what another lane does."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Thread
from time import monotonic, sleep

import structlog

from api.exceptions import ApiError, QueueFullError, ShuttingDownError
from api.workers.job import Job
from api.workers.process import WorkerProcess
from api.workers.task import Task

_LOG = structlog.get_logger()
_RESTART_PAUSE_S = 1.0
_LEAVE_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class LaneFigures:
    """A lane at this moment."""

    name: str
    waiting: int
    running: int
    oldest_s: float


class Lane:
    """Workers that take from one queue. `warm` starts their processes before there is work for them."""

    def __init__(
        self,
        name: str,
        size: int,
        start: Callable[[], WorkerProcess],
        *,
        queue_limit: int,
        warm: bool,
        on_death: Callable[[str, ApiError], None],
    ) -> None:
        self.name = name
        self._start = start
        self._queue_limit = queue_limit
        self._warm = warm
        self._on_death = on_death
        self._changed = Condition()
        self._waiting: deque[Job] = deque()
        self._running: set[Job] = set()
        self._closing = False
        self._threads = [Thread(target=self._work, name=f"{name}-{i}", daemon=True) for i in range(size)]
        for thread in self._threads:
            thread.start()

    def submit(self, task: Task, limit_s: float) -> Job:
        """Queue a task that may run for `limit_s`. Raises QueueFullError, ShuttingDownError."""
        job = Job(task, limit_s)
        with self._changed:
            if self._closing:
                raise _stopping()
            idle = len(self._threads) - len(self._running)
            if len(self._wanted()) >= self._queue_limit + idle:
                raise QueueFullError("too many requests are waiting to be worked on")
            self._waiting.append(job)
            self._changed.notify()
        return job

    def figures(self) -> LaneFigures:
        """How much waits and runs, and how long the oldest waiting one has been waiting."""
        now_s = monotonic()
        with self._changed:
            wanted = self._wanted()
            oldest_s = now_s - wanted[0].queued_at_s if wanted else 0.0
            running = sum(job.begun for job in self._running)
            return LaneFigures(self.name, len(wanted), running, oldest_s)

    def _wanted(self) -> list[Job]:
        return [job for job in self._waiting if not job.future.done()]

    def close(self, grace_s: float) -> None:
        """Take nothing more, let what runs run for `grace_s`, then end it and every process."""
        reason = _stopping()
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not (self._running or self._waiting), grace_s)
            left = [*self._waiting, *self._running]
            self._waiting.clear()
        for job in left:
            job.end(reason)
        for thread in self._threads:
            thread.join(_LEAVE_LIMIT_S)

    def _work(self) -> None:
        process = self._ready_process() if self._warm else None
        while (job := self._next()) is not None:
            if process is None or not process.is_alive():
                process = self._ready_process(process)
            if process is None:
                job.end(_stopping())
            else:
                job.run_on(process)
            self._done(job)
            if process is not None and not process.is_alive():
                self._mourn(job)
                process = self._ready_process(process)
        if process is not None:
            process.stop()

    def _next(self) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            if not self._waiting:
                return None
            job = self._waiting.popleft()
            self._running.add(job)
            return job

    def _done(self, job: Job) -> None:
        with self._changed:
            self._running.discard(job)
            self._changed.notify_all()

    def _mourn(self, job: Job) -> None:
        error = job.future.exception() if job.future.done() else None
        if isinstance(error, ApiError):
            self._on_death(self.name, error)

    def _ready_process(self, former: WorkerProcess | None = None) -> WorkerProcess | None:
        """A process that is ready for work; None where the lane closes before there is one."""
        if former is not None:
            former.stop()
        while not self._closing:
            process = self._start()
            try:
                process.wait_ready()
            except ApiError as error:
                _LOG.error("worker did not start", lane=self.name, reason=str(error))
                process.stop()
                sleep(_RESTART_PAUSE_S)
            else:
                return process
        return None


def _stopping() -> ShuttingDownError:
    return ShuttingDownError("the service is stopping, and this was not done: ask again")
