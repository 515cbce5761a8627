"""Calls that are answered later: taken from the store one by one, whoever queued them."""

from concurrent.futures import wait
from threading import Event, Thread

import structlog

from adapters.ports import Clock, Store
from adapters.records import JsonObject
from adapters.service_records import DeferredCall, KeptAnswer
from adapters.store.exceptions import StoreError
from api.errors import problem_of
from api.exceptions import (
    ApiError,
    QueueFullError,
    ShuttingDownError,
    TimeUpError,
    WorkerKilledError,
)
from api.ids import new_id
from api.metrics import Metrics
from api.settings import Settings
from api.workers.solver import Solver
from api.workers.task import Task, TaskKind

_LOG = structlog.get_logger()
_POLL_S = 1.0
_BEAT_S = 1.0
_SILENT_MS = 60_000  # so many beats are missed by the dead only
_MOST_ATTEMPTS = 3
_KEPT_MS = 7 * 24 * 3_600_000
_FORGET_EVERY_MS = 3_600_000


class DeferredWork:
    """Works on the deferred calls of a store, as many at once as there are long workers.

    A call whose worker is killed is tried again, `_MOST_ATTEMPTS` times in all. One that runs when the
    service stops is queued again: this service takes it up when it is back, or another does before.
    """

    def __init__(
        self, settings: Settings, store: Store, solver: Solver, metrics: Metrics, clock: Clock
    ) -> None:
        self._settings = settings
        self._store = store
        self._solver = solver
        self._metrics = metrics
        self._clock = clock
        self._forgot_ms = 0
        self._queued = Event()
        self._stopping = Event()
        self._threads = [
            Thread(target=self._work, name=f"deferred-{i}", daemon=True) for i in range(settings.long_workers)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, task: Task) -> DeferredCall:
        """Queue a call. Raises QueueFullError, StoreError."""
        waiting, _ = self._store.deferred.waiting()
        if waiting >= self._settings.deferred_limit:
            raise QueueFullError("too many deferred calls are waiting")
        call = self._store.deferred.put(new_id(self._clock()), task.kind.value, task.options, task.body)
        self._queued.set()
        return call

    def close(self) -> None:
        """Hand back what runs, and stop."""
        self._stopping.set()
        self._queued.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._forget_old()
                claimed = self._store.deferred.claim_next(_SILENT_MS)
                if claimed is not None:
                    self._do(*claimed)
                    continue
            except StoreError as error:
                _LOG.warning("deferred calls could not be reached", reason=str(error))
            self._queued.wait(_POLL_S)
            self._queued.clear()

    def _forget_old(self) -> None:
        now_ms = self._clock()
        if now_ms - self._forgot_ms > _FORGET_EVERY_MS:
            self._forgot_ms = now_ms
            self._store.deferred.forget(now_ms - _KEPT_MS)
            self._store.answers.forget(now_ms - _KEPT_MS // 7)

    def _do(self, call: DeferredCall, body: bytes) -> None:
        """One call, to its end: an answer, a problem, or back in the queue."""
        try:
            answer = self._answer(call, _task(call.kind, call.options, body))
        except (ShuttingDownError, QueueFullError):
            self._store.deferred.give_back(call.call_id)
            self._stopping.wait(_POLL_S)
        except WorkerKilledError as error:
            self._try_again(call, error)
        except ApiError as error:
            self._store.deferred.finish(call.call_id, _final(error))
        else:
            self._store.deferred.finish(call.call_id, answer)

    def _answer(self, call: DeferredCall, task: Task) -> KeptAnswer:
        job = self._solver.defer(task, self._settings.async_limit_s)
        while not job.future.done():
            wait([job.future], _BEAT_S)
            if self._stopping.is_set():
                job.end(ShuttingDownError("the service is stopping"))
            elif not self._store.deferred.beat(call.call_id):
                job.end(TimeUpError("this was cancelled"))
        done = job.future.result()
        if done.facts is not None:
            self._metrics.plan(done.facts)
        return done.answer

    def _try_again(self, call: DeferredCall, error: WorkerKilledError) -> None:
        if call.attempts < _MOST_ATTEMPTS:
            self._store.deferred.give_back(call.call_id)
        else:
            self._store.deferred.finish(call.call_id, _final(error))


def _task(kind: str, options: JsonObject, body: bytes) -> Task:
    return Task(TaskKind(kind), body, options)


def _final(error: ApiError) -> KeptAnswer:
    """What is kept of an error; to ask for the result again would not change it."""
    problem = problem_of(error).kept()
    headers = {name: value for name, value in problem.headers.items() if name != "retry-after"}
    return KeptAnswer(problem.status, headers, problem.body)
