"""Everything that the HTTP service uses, put together from the settings: the only place that knows how."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from time import monotonic

from adapters.ports import Clock, Store
from api.clock import now_ms
from api.deferred import DeferredWork
from api.keys import KeyRing
from api.metrics import LaneCollector, Metrics, StoreCollector
from api.rate_limit import RateLimit
from api.replans import Replans
from api.settings import Settings
from api.stores import open_settings_store
from api.workers.solver import Solver


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes use. `stopping` is set when the service is asked to end."""

    settings: Settings
    store: Store
    solver: Solver
    deferred: DeferredWork
    replans: Replans
    keys: KeyRing
    rate: RateLimit
    metrics: Metrics
    clock: Clock
    stopping: Event


@contextmanager
def open_services(settings: Settings, clock: Clock = now_ms) -> Iterator[Services]:
    """The services, until the end of the block: then what runs is finished in time or handed back.

    Raises BadSettingError, StoreUnavailableError.
    """
    with open_settings_store(settings, clock) as store, _working(settings, store, clock) as services:
        yield services


@contextmanager
def _working(settings: Settings, store: Store, clock: Clock) -> Iterator[Services]:
    metrics = Metrics()
    solver = Solver(settings, metrics.worker_death)
    metrics.registry.register(LaneCollector(solver.figures))
    metrics.registry.register(StoreCollector(store, clock))
    deferred = DeferredWork(settings, store, solver, metrics, clock)
    stopping = Event()
    replans = Replans(settings, store, clock, stopping)
    try:
        yield Services(
            settings=settings,
            store=store,
            solver=solver,
            deferred=deferred,
            replans=replans,
            keys=KeyRing(settings.api_keys, store, monotonic),
            rate=RateLimit(settings.rate_per_s, settings.rate_burst, monotonic),
            metrics=metrics,
            clock=clock,
            stopping=stopping,
        )
    finally:
        stopping.set()
        replans.close()
        deferred.close()
        solver.close(grace_s=0.0)
