"""Where work is sent: small work to the quick lane, large and slow work to the long one.

A small request may hide a monster (a year of minutes, all vehicles unable to pause), so nothing stays in
the quick lane for longer than its limit: it is ended there and begins again in the long lane, whose
processes also yield the processor to everybody else.
"""

from asyncio import CancelledError, wait_for, wrap_future
from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from time import monotonic

from api.exceptions import ApiError, CallerGoneError, TimeUpError
from api.settings import Settings
from api.workers.child import ChildSetup
from api.workers.job import Job
from api.workers.lane import Lane, LaneFigures
from api.workers.process import WorkerProcess
from api.workers.task import Task, TaskAnswer

_LONG_NICENESS = 5  # a third of the share of what is not niced, where they compete
_ASK_LATER = (
    'this takes longer than an answer at once may: send it again with "Prefer: respond-async", and take the '
    "result when it is there"
)


class Solver:
    """The lanes of one service. `on_death(lane, error)` hears of every process that was ended."""

    def __init__(self, settings: Settings, on_death: Callable[[str, ApiError], None]) -> None:
        self._settings = settings
        setup = ChildSetup(settings.database_url.get_secret_value(), settings.log_level)
        long_setup = replace(setup, niceness=_LONG_NICENESS)
        self._quick = Lane(
            "quick",
            settings.workers,
            lambda: WorkerProcess(setup),
            queue_limit=settings.queue_limit,
            warm=True,
            on_death=on_death,
        )
        self._long = Lane(
            "long",
            settings.long_workers,
            lambda: WorkerProcess(long_setup),
            queue_limit=settings.queue_limit,
            warm=False,
            on_death=on_death,
        )

    async def answer(self, task: Task) -> TaskAnswer:
        """Do a task while somebody waits for it.

        Raises TimeUpError after the limit for answers at once, and whatever else a lane raises.
        """
        deadline_s = monotonic() + self._settings.sync_limit_s
        try:
            return await self._answered(task, deadline_s)
        except TimeUpError:
            raise TimeUpError(_ASK_LATER) from None

    async def _answered(self, task: Task, deadline_s: float) -> TaskAnswer:
        if len(task.body) <= self._settings.large_body_bytes:
            try:
                return await self._waited(self._quick.submit(task, self._settings.quick_limit_s), deadline_s)
            except TimeUpError:
                if monotonic() >= deadline_s:
                    raise
        return await self._waited(self._long.submit(task, deadline_s - monotonic()), deadline_s)

    async def _waited(self, job: Job, deadline_s: float) -> TaskAnswer:
        """The answer, with the time in the queue counted; whoever stops waiting ends the work."""
        try:
            return await wait_for(wrap_future(job.future), deadline_s - monotonic())
        except TimeoutError:
            job.end(TimeUpError(_ASK_LATER))
            raise TimeUpError(_ASK_LATER) from None
        except CancelledError:
            job.end(CallerGoneError("nobody waits for this any more"))
            raise

    def defer(self, task: Task, limit_s: float) -> Job:
        """Do a task that nobody waits for."""
        return self._long.submit(task, limit_s)

    def figures(self) -> tuple[LaneFigures, ...]:
        """Every lane at this moment."""
        return self._quick.figures(), self._long.figures()

    def close(self, grace_s: float) -> None:
        """Let what runs run for so long, then end everything. No process is left."""
        closing = [Thread(target=lane.close, args=(grace_s,)) for lane in (self._quick, self._long)]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()
