"""A replan after one change against planning afresh: the solve phase of both, in turn.

A replan has more to lay out before that, the running plan, so what both take with the model is told as well.
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
from optimiser.engines.base import Engine
from optimiser.engines.choice import choose_engine
from optimiser.problem import PlanningProblem
from optimiser.solve import Solution, solve
from optimiser.stopwatch import Stopwatch

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
    """Medians [ms of CPU] of the solve phase: the replan's, then that of planning afresh.

    `with_model_ms` is alone and has the model phase in it.
    """

    night: Night
    alone_ms: tuple[float, float]
    with_model_ms: tuple[float, float]
    in_call_ms: tuple[float, float]


def measure_replans(nights: Iterable[Night], repeat: int) -> Iterable[ReplanTimes]:
    """Each kind of depot in a fresh process."""
    return apart(measure_replan, nights, repeat)


def measure_replan(night: Night, repeat: int) -> ReplanTimes:
    """Raises RuntimeError where the replan is not worth the same as the plan made afresh."""
    replan = after_one_change(SUBJECTS[night.subject].build(night.n_vehicles, night.slot_minutes))
    texts = json.dumps(replan).encode(), json.dumps(afresh(replan)).encode()
    pairs = _alone(texts, repeat)
    return ReplanTimes(
        night,
        _medians([(again["solve"], new["solve"]) for again, new in pairs]),
        _medians([(sum(again.values()), sum(new.values())) for again, new in pairs]),
        _medians([(_phase_ms(texts[0]), _phase_ms(texts[1])) for _ in range(repeat)]),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Solved:
    problem: PlanningProblem
    engine: Engine
    solution: Solution
    phases_ms: dict[str, float]


def _alone(texts: tuple[bytes, bytes], repeat: int) -> list[tuple[dict[str, float], dict[str, float]]]:
    replan, anew = (phases.parse(json.loads(text)).plan_request for text in texts)
    kept: deque[_Solved] = deque(maxlen=KEPT)
    pairs = []
    for _ in range(repeat):
        for request in (replan, anew):
            kept.append(_solve(request))
        pairs.append((kept[-2].phases_ms, kept[-1].phases_ms))
    ours, theirs = kept[-2].solution.bound, kept[-1].solution.bound
    if not same_objective(ours, theirs):
        raise RuntimeError(f"the replan is worth {ours}, the plan made afresh {theirs}")
    return pairs


def _solve(request: PlanRequest) -> _Solved:
    problem = phases.build(request, phases.expand(request))
    watch = Stopwatch(process_time)
    engine = choose_engine(phases.ENGINE, problem)
    watch.lap("model")
    solution = solve(engine, problem, request.strategy)
    watch.lap("solve")
    return _Solved(problem, engine, solution, watch.phases_ms)


def _medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return median(again for again, _ in pairs), median(new for _, new in pairs)


def _phase_ms(text: bytes) -> float:
    return phases.time_phases(text, repairs=False)[0]["solve"]
