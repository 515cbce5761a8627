"""A replan in a process of its own, to be killed.

It comes from a fork server that has imported everything once, so that it starts at once.
"""

import multiprocessing
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from multiprocessing.process import BaseProcess

from adapters.chargeye.client import ChargEyeClient
from adapters.store import open_store
from adapters.transport import Retries
from api.clock import now_ms
from api.jobs.pools import PlanningPool
from api.jobs.replan import Job, Order, replan_sites
from optimiser.units import to_ms
from tests.adapters.conftest import NOW, REFRESH_TOKEN

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.api.jobs.workers"])

PATIENT = Retries(attempts=9, wait_initial_s=0.001, wait_max_s=0.002, wait_jitter_s=0.001)


def replan_all(api_url: str, database_url: str) -> int:
    """Replan two sites once; the exit code."""
    store = open_store(database_url, now_ms)
    pool = PlanningPool(ThreadPoolExecutor, 1, (BrokenExecutor,))
    now = to_ms(NOW)
    with ChargEyeClient(REFRESH_TOKEN, api_url, retries=PATIENT, clock_ms=lambda: now) as client:
        job = Job(store, client, pool, lambda: now, now_ms)
        report = replan_sites(job, Order(("depot-1", "depot-2")))
    pool.close()
    store.close()
    return report.exit_code


def started(api_url: str, database_url: str) -> BaseProcess:
    """A replan that runs."""
    process = _context.Process(target=replan_all, args=(api_url, database_url))
    process.start()
    return process
