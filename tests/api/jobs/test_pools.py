"""Planning in other processes: of this machine, and of a Dask cluster."""

import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from api.exceptions import NoSchedulerError
from api.jobs.planning import Blame, PlanAnswer, PlanTask, plan_task
from api.jobs.pools import PlanningPool, open_pool
from benchmarks.generator import DepotKind, generate

NOW_MS = 1_770_804_000_000


def a_task(seed: int, vehicles: int = 8) -> PlanTask:
    return PlanTask(generate(DepotKind(), vehicles, seed=seed), NOW_MS, "timer", "Replanned every 15 minutes")


def without_times(answer: PlanAnswer) -> dict[str, object]:
    """What must not depend on where it was planned."""
    response = dict(answer.response or {})
    response.pop("planId")
    response["solver"] = {k: v for k, v in response["solver"].items() if k != "phasesMs"}
    return response


def planned_by(pool: PlanningPool, tasks: list[PlanTask]) -> list[PlanAnswer]:
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(pool.plan, tasks))


def test_a_plan_says_why_it_was_made() -> None:
    """Trigger and description are in every plan's meta."""
    response = plan_task(a_task(1)).response
    assert response is not None
    metas = {(s["planMeta"]["trigger"], s["planMeta"]["triggerDescription"]) for s in response["schedules"]}
    assert metas == {("timer", "Replanned every 15 minutes")}


def test_what_cannot_be_planned_is_an_answer_too() -> None:
    """A site that contradicts itself is the input's fault, with its place."""
    task = a_task(1)
    broken = replace(task, document={**task.document, "site": {**task.document["site"], "powerCapKw": -1}})
    answer = plan_task(broken)
    assert answer.response is None and answer.blame is Blame.INPUT
    assert "/site/powerCapKw" in (answer.problem or "")


def test_processes_plan_the_same_as_this_one() -> None:
    """Four depots on two processes, byte for byte."""
    tasks = [a_task(seed) for seed in range(4)]
    with open_pool(workers=2) as pool:
        answers = planned_by(pool, tasks)
    assert [without_times(a) for a in answers] == [without_times(plan_task(task)) for task in tasks]


def test_a_worker_that_dies_takes_no_depot_with_it() -> None:
    """SIGKILL while they plan: what was lost is planned again."""
    tasks = [a_task(seed, vehicles=20) for seed in range(6)]
    with open_pool(workers=2) as pool:
        planned_by(pool, tasks[:2])
        with ThreadPoolExecutor(4) as threads:
            futures = [threads.submit(pool.plan, task) for task in tasks]
            os.kill(multiprocessing.active_children()[0].pid or 0, signal.SIGKILL)
            answers = [future.result() for future in futures]
    assert all(answer.response is not None for answer in answers)


def _die(_task: PlanTask) -> PlanAnswer:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_depot_that_kills_its_worker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried twice, and then it is an answer: the worker's fault."""
    with open_pool(workers=1) as pool:
        monkeypatch.setattr("api.jobs.pools.plan_task", _die)
        answer = pool.plan(a_task(1))
        monkeypatch.undo()
        assert answer.response is None and answer.blame is Blame.WORKER
        assert pool.plan(a_task(2)).response is not None


def _hold_a_pool(pipe: multiprocessing.connection.Connection) -> None:
    with open_pool(workers=1) as pool:
        pool.plan(a_task(1))
        pipe.send([child.pid for child in multiprocessing.active_children()])
        pipe.recv()


def test_workers_do_not_outlive_a_killed_parent() -> None:
    """They see that it is gone, and go."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    parent = context.Process(target=_hold_a_pool, args=(theirs,))
    parent.start()
    assert ours.poll(60)
    workers = ours.recv()
    parent.kill()
    parent.join()
    parent.close()
    ours.close()
    theirs.close()
    give_up_at = time.monotonic() + 10
    while any(_runs(pid) for pid in workers) and time.monotonic() < give_up_at:
        time.sleep(0.02)
    assert workers and not any(_runs(pid) for pid in workers)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_dask_cluster_plans_the_same() -> None:
    """A real cluster of two processes, through the same code; a scheduler that is not there is named."""
    distributed = pytest.importorskip("distributed", reason="the extra 'dask' is not installed")
    tasks = [a_task(seed) for seed in range(4)]
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    )
    with cluster, open_pool(scheduler=cluster.scheduler_address) as pool:
        answers = planned_by(pool, tasks)
    assert [without_times(a) for a in answers] == [without_times(plan_task(task)) for task in tasks]
    with pytest.raises(NoSchedulerError, match="nonsense"), open_pool(scheduler="nonsense://x"):
        pass
