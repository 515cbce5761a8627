"""Many depots in a batch: how many are planned in a second, and how much of the time is not planning.

    python -m benchmarks.batch --depots 1000 --vehicles 50 --workers 2
    python -m benchmarks.batch --depots 1000 --vehicles 50 --dask 2

Every depot is a different one (its own seed). The clock starts with all workers warm and stops with the
last answer. "Planning" is the time inside the planner (expanding, building, solving, certificate,
segments); all else, from reading the request and checking the plan to handing both from process to
process and waiting, is not.
"""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from itertools import repeat
from time import perf_counter
from typing import Annotated, Any

import typer

from api.jobs.planning import PlanAnswer, PlanTask
from api.jobs.pools import PlanningPool, open_pool
from benchmarks.generator import DepotKind, generate

_AROUND_PLANNING = ("parse", "check", "respond")
_IN_FLIGHT = 3  # for each worker: one at work and some to come, so that none ever waits


@dataclass(frozen=True, slots=True)
class Batch:
    """What was measured. Times in seconds; `planning_share` is of all workers' time."""

    depots: int
    vehicles: int
    workers: int
    where: str
    load_before: float
    wall_s: float
    depots_per_s: float
    planning_s: float
    reading_checking_s: float
    planning_share: float
    not_planned: int


def batch(
    depots: Annotated[int, typer.Option(min=1, help="How many depots.")] = 1000,
    vehicles: Annotated[int, typer.Option(min=1, help="Vehicles in each.")] = 50,
    workers: Annotated[int, typer.Option(min=1, help="Processes of this machine.")] = 1,
    dask: Annotated[int, typer.Option(help="Instead, a Dask cluster of so many processes.")] = 0,
) -> None:
    """Plan the depots and print the figures as JSON."""
    load_before = os.getloadavg()[0]
    tasks = [PlanTask(generate(DepotKind(), vehicles, seed=seed), 0) for seed in range(depots)]
    with _pool(workers, dask) as pool:
        n_workers = dask or workers
        list(_planned(pool, tasks[: 4 * n_workers], n_workers))  # warm
        begun = perf_counter()
        answers = list(_planned(pool, tasks, n_workers))
        wall_s = perf_counter() - begun
    phases = [answer.response["solver"]["phasesMs"] for answer in answers if answer.response]
    around_s = (
        sum(spent for each in phases for name, spent in each.items() if name in _AROUND_PLANNING) / 1000
    )
    planning_s = sum(sum(each.values()) for each in phases) / 1000 - around_s
    measured = Batch(
        depots=depots,
        vehicles=vehicles,
        workers=n_workers,
        where="dask" if dask else "processes",
        load_before=load_before,
        wall_s=wall_s,
        depots_per_s=depots / wall_s,
        planning_s=planning_s,
        reading_checking_s=around_s,
        planning_share=planning_s / (wall_s * n_workers),
        not_planned=depots - len(phases),
    )
    typer.echo(json.dumps(asdict(measured)))


def _planned(pool: PlanningPool, tasks: list[PlanTask], n_workers: int) -> Iterator[PlanAnswer]:
    """The answers, asked for from threads as the batch job does."""
    with ThreadPoolExecutor(_IN_FLIGHT * n_workers) as threads:
        yield from threads.map(PlanningPool.plan, repeat(pool), tasks)


@contextmanager
def _pool(workers: int, dask: int) -> Iterator[PlanningPool]:
    if not dask:
        with open_pool(workers) as pool:
            yield pool
        return
    distributed: Any = import_module("distributed")
    with (
        distributed.LocalCluster(
            n_workers=dask, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        open_pool(scheduler=cluster.scheduler_address) as pool,
    ):
        yield pool


if __name__ == "__main__":
    typer.run(batch)
