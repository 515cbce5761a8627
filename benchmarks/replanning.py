"""A replan after one change against planning afresh: the solve phase of both, in turn.

*Alone* the problem is built anew each time and nothing else is done. *In a call* the solve phase stands where
it does in a whole plan, between reading and checking: its code and data come from memory there, which costs
both as many microseconds, and a replan has fewer of them.
"""

import json
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat as forever
from statistics import median
from time import process_time

from benchmarks import phases
from benchmarks.generator import Request
from benchmarks.subjects import SUBJECTS
from benchmarks.subjects.replan import afresh, after_one_change
from benchmarks.yardstick import same_objective
from optimiser.domain import PlanRequest
from optimiser.engines.choice import choose_engine
from optimiser.solve import Solution, solve


@dataclass(frozen=True, slots=True)
class Night:
    """A kind of depot and its size."""

    subject: str
    n_vehicles: int
    slot_minutes: int


@dataclass(frozen=True, slots=True)
class ReplanTimes:
    """Medians [ms of CPU] of the solve phase: the replan's, then that of planning afresh."""

    night: Night
    alone_ms: tuple[float, float]
    in_call_ms: tuple[float, float]


def measure_replans(nights: Iterable[Night], repeat: int) -> Iterator[ReplanTimes]:
    """Each kind of depot in a fresh process."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, max_tasks_per_child=1) as pool:
        yield from pool.map(measure_replan, nights, forever(repeat))


def measure_replan(night: Night, repeat: int) -> ReplanTimes:
    """Raises RuntimeError where the replan is not worth the same as the plan made afresh."""
    replan = after_one_change(SUBJECTS[night.subject].build(night.n_vehicles, night.slot_minutes))
    both = replan, afresh(replan)
    return ReplanTimes(night, _alone_ms(both, repeat), _in_call_ms(both, repeat))


def _alone_ms(both: tuple[Request, Request], repeat: int) -> tuple[float, float]:
    replan, anew = (phases.parse(json.loads(json.dumps(request))).plan_request for request in both)
    pairs = [(_solve_ms(replan), _solve_ms(anew)) for _ in range(repeat)]
    (_, ours), (_, theirs) = pairs[-1]
    if not same_objective(ours.bound, theirs.bound):
        raise RuntimeError(f"the replan is worth {ours.bound}, the plan made afresh {theirs.bound}")
    return median(again[0] for again, _ in pairs), median(new[0] for _, new in pairs)


def _solve_ms(request: PlanRequest) -> tuple[float, Solution]:
    problem = phases.build(request, phases.expand(request))
    engine = choose_engine(phases.ENGINE, problem)
    begun = process_time()
    solution = solve(engine, problem, request.strategy)
    return (process_time() - begun) * 1000.0, solution


def _in_call_ms(both: tuple[Request, Request], repeat: int) -> tuple[float, float]:
    replan, anew = (json.dumps(request).encode() for request in both)
    pairs = [(_phase_ms(replan), _phase_ms(anew)) for _ in range(repeat)]
    return median(again for again, _ in pairs), median(new for _, new in pairs)


def _phase_ms(text: bytes) -> float:
    return phases.time_phases(text, repairs=False)[0]["solve"]
