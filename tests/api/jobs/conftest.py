"""Depots in the simulator, a store on both databases, and a job that plans in this process."""

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor

import pytest

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.simulator import SimulatorControl, example_seed
from adapters.store import SqlStore, open_store
from api.clock import now_ms
from api.jobs.pools import PlanningPool
from api.jobs.replan import Job
from optimiser.units import to_ms
from tests.adapters.conftest import (  # noqa: F401, fixtures
    FAST,
    NOW,
    REFRESH_TOKEN,
    _simulator,
    simulator,
)
from tests.adapters.store.conftest import (  # noqa: F401, fixtures
    backend,
    migrated_file,
    migrated_postgres,
    store_url,
)

Load = Callable[[int, int], None]


@pytest.fixture(scope="session")
def pool() -> Iterator[PlanningPool]:
    """Plans in a thread: processes have tests of their own."""
    pool = PlanningPool(ThreadPoolExecutor, 1, (BrokenExecutor,))
    yield pool
    pool.close()


@pytest.fixture
def load(simulator: SimulatorControl) -> Load:  # noqa: F811
    """Fill the simulator with so many locations and vehicles, all at NOW."""

    def load(locations: int, vehicles: int) -> None:
        seed = example_seed(locations, vehicles, now=NOW)
        tokens = {"clock_running": False, "refresh_tokens": [REFRESH_TOKEN]}
        simulator.load(seed.model_copy(update=tokens))
        simulator.clear_requests()

    return load


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:  # noqa: F811
    """An empty store, SQLite or PostgreSQL."""
    store = open_store(store_url, now_ms)
    yield store
    store.close()


@pytest.fixture
def client(simulator: SimulatorControl) -> Iterator[ChargEyeClient]:  # noqa: F811
    """A client whose time is the depots'."""
    with ChargEyeClient(
        REFRESH_TOKEN, simulator.api_url, retries=FAST, clock_ms=lambda: to_ms(NOW)
    ) as client:
        yield client


@pytest.fixture
def job(store: SqlStore, client: ChargEyeClient, pool: PlanningPool) -> Job:
    """Everything that a replan takes, at NOW."""
    return Job(store=store, chargeye=client, pool=pool, clock=lambda: to_ms(NOW), wall_clock=now_ms)
