"""A replan after one change against planning afresh: the solve phase of both, in turn.

*Alone* the problem is built anew each time and nothing else is done. The last few are kept: glibc would
give their memory back to the system in between and get it again page by page, which at 500 vehicles is
0.1 ms that a whole call does not pay. *In a call* the solve phase stands where it does in a whole plan,
between reading and checking: its code and data come from memory there, which costs both as many
microseconds, and a replan has fewer of them.
"""

import json
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from time import process_time

from benchmarks import phases
from benchmarks.measure import apart
from benchmarks.subjects import SUBJECTS
from benchmarks.subjects.replan import afresh, after_one_change
from benchmarks.yardstick import same_objective
from optimiser.domain import PlanRequest
from optimiser.engines.choice import choose_engine
from optimiser.problem import PlanningProblem
from optimiser.solve import Solution, solve

# Problems and solutions that are kept.
KEPT = 6


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


def measure_replans(nights: Iterable[Night], repeat: int) -> Iterable[ReplanTimes]:
    """Each kind of depot in a fresh process."""
    return apart(measure_replan, nights, repeat)


def measure_replan(night: Night, repeat: int) -> ReplanTimes:
    """Raises RuntimeError where the replan is not worth the same as the plan made afresh."""
    replan = after_one_change(SUBJECTS[night.subject].build(night.n_vehicles, night.slot_minutes))
    texts = json.dumps(replan).encode(), json.dumps(afresh(replan)).encode()
    return ReplanTimes(night, _alone_ms(texts, repeat), _in_call_ms(texts, repeat))


def _alone_ms(texts: tuple[bytes, bytes], repeat: int) -> tuple[float, float]:
    replan, anew = (phases.parse(json.loads(text)).plan_request for text in texts)
    kept: deque[_Solved] = deque(maxlen=KEPT)
    times = []
    for _ in range(repeat):
        for request in (replan, anew):
            kept.append(_solve(request))
        times.append((kept[-2].spent_ms, kept[-1].spent_ms))
    ours, theirs = kept[-2].solution.bound, kept[-1].solution.bound
    if not same_objective(ours, theirs):
        raise RuntimeError(f"the replan is worth {ours}, the plan made afresh {theirs}")
    return median(again for again, _ in times), median(new for _, new in times)


@dataclass(frozen=True, eq=False, slots=True)
class _Solved:
    problem: PlanningProblem
    solution: Solution
    spent_ms: float


def _solve(request: PlanRequest) -> _Solved:
    problem = phases.build(request, phases.expand(request))
    engine = choose_engine(phases.ENGINE, problem)
    begun = process_time()
    solution = solve(engine, problem, request.strategy)
    return _Solved(problem, solution, (process_time() - begun) * 1000.0)


def _in_call_ms(texts: tuple[bytes, bytes], repeat: int) -> tuple[float, float]:
    pairs = [(_phase_ms(texts[0]), _phase_ms(texts[1])) for _ in range(repeat)]
    return median(again for again, _ in pairs), median(new for _, new in pairs)


def _phase_ms(text: bytes) -> float:
    return phases.time_phases(text, repairs=False)[0]["solve"]
