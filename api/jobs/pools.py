"""Where sites are planned: on the cores of this machine, or on those of a Dask cluster.

Both are executors of `concurrent.futures`, so one code serves both.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import wait
from threading import Lock, Thread

from api.exceptions import NoSchedulerError
from api.jobs.planning import Blame, PlanAnswer, PlanTask, plan_task
from api.processes import settle_in, usable_cores

_PRELOADED = ["api.jobs.planning", "optimiser.planner"]
_CONNECT_TIMEOUT_S = 10


class PlanningPool:
    """Plans tasks, from any thread, as many at once as it has workers.

    `lost` are the errors that mean that a worker died. A task whose worker died is planned once more, in
    an executor of its own: so the one that kills its worker is found, and the others beside it are not.
    """

    def __init__(
        self, start: Callable[[int], Executor], workers: int, lost: tuple[type[Exception], ...]
    ) -> None:
        self._start = start
        self._lost = lost
        self._workers = workers
        self._executor = start(workers)
        self._lock = Lock()

    def plan(self, task: PlanTask) -> PlanAnswer:
        """The answer, also where a worker died of it."""
        executor = self._executor
        try:
            return executor.submit(plan_task, task).result()
        except self._lost:
            return self._planned_alone(task, executor)

    def close(self) -> None:
        """Let the workers go; nobody may be waiting for an answer any more."""
        self._executor.shutdown()

    def _planned_alone(self, task: PlanTask, broken: Executor) -> PlanAnswer:
        with self._lock:
            if self._executor is broken:
                broken.shutdown(wait=False)
                self._executor = self._start(self._workers)
            alone = self._start(1)
            try:
                return alone.submit(plan_task, task).result()
            except self._lost as error:
                problem = f"the worker that planned it died ({type(error).__name__})"
                return PlanAnswer(None, problem, Blame.WORKER)
            finally:
                alone.shutdown(wait=False)


@contextmanager
def open_pool(workers: int | None = None, scheduler: str | None = None) -> Iterator[PlanningPool]:
    """Workers on this machine (default: one for each core), or with `scheduler` those of a Dask cluster.

    Raises NoSchedulerError.
    """
    if scheduler is not None:
        with _dask_pool(scheduler) as pool:
            yield pool
        return
    pool = PlanningPool(_local_executor, workers or usable_cores(), (BrokenExecutor,))
    try:
        yield pool
    finally:
        pool.close()


def _local_executor(workers: int) -> Executor:
    """Processes that carry none of our connections: a forked child would keep the site locks alive."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(_PRELOADED)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin_worker)


def _begin_worker() -> None:
    """Leave interruptions to the parent, and do not outlive it: a killed one cannot say goodbye."""
    settle_in()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), name="parent-watch", daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


@contextmanager
def _dask_pool(scheduler: str) -> Iterator[PlanningPool]:
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise NoSchedulerError(
            "a Dask cluster needs the extra: pip install 'depot-charging-planner[dask]'"
        ) from None
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise NoSchedulerError(f"the Dask scheduler at {scheduler} cannot be reached: {error}") from error
    lost = (distributed.KilledWorker, distributed.comm.CommClosedError, BrokenExecutor)
    with client:
        pool = PlanningPool(lambda _: client.get_executor(pure=False, retries=0), 0, lost)
        try:
            yield pool
        finally:
            pool.close()
