"""What is measured: the verbs of one plan, each timed alone, and the whole call.

read      JSON text to objects                  segments  energies to segments, figures, shortfalls
parse     objects to a validated request        check     every rule of a plan, by the checker
expand    schedules to dated sessions           respond   plan to response objects
build     sessions and series to arrays         write     objects to JSON text
model     arrays to the engine's own layout
solve     all stages, and the certificate
repairs   smallest changes that would make each shortfall vanish; nothing to do where nobody is short
call      request object to response object, self-check included: what a caller in Python waits for
bytes     JSON text in to JSON text out: what a user waits for

Times are CPU time of the one thread that works, so that other work on the machine does not count.
"""

from dataclasses import dataclass, replace
from time import process_time
from typing import Any

from api.requests import ReadRequest, read_request
from api.responses import render_plan
from api.service import json_text, make_plan, parse_json
from benchmarks.yardstick import BareSolve, bare_solve, same_objective
from optimiser import planner
from optimiser.checker import check_plan
from optimiser.commitment import is_linear
from optimiser.domain import ChargingSession, Notice, PlanRequest, Site
from optimiser.engines.base import Engine
from optimiser.engines.choice import choose_engine
from optimiser.fixed_load import fixed_loads
from optimiser.plan import Plan
from optimiser.problem import PlanningProblem, build_problem
from optimiser.repair_trials import Planned
from optimiser.repairs import with_repairs
from optimiser.sessions import dated_sessions
from optimiser.solve import Solution, solve
from optimiser.stopwatch import Stopwatch

CLOCK_MS = 1_770_800_000_000
ENGINE = "auto"

PHASES = (
    "read",
    "parse",
    "expand",
    "build",
    "model",
    "solve",
    "segments",
    "repairs",
    "check",
    "respond",
    "write",
)
WHOLE = ("call", "bytes")


@dataclass(frozen=True, eq=False, slots=True)
class Expanded:
    """Dated sessions, the site with its series carried on, and what was said about that."""

    all_sessions: tuple[ChargingSession, ...]
    ours: tuple[ChargingSession, ...]
    site: Site
    notices: tuple[Notice, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Outcome:
    """One plan with the arrays behind it."""

    problem: PlanningProblem
    solution: Solution
    plan: Plan


def parse(document: Any) -> ReadRequest:
    """Objects to a validated request."""
    return read_request(document, clock_now_ms=CLOCK_MS)


def expand(request: PlanRequest) -> Expanded:
    """Schedules to dated sessions."""
    sessions = dated_sessions(request)
    ours = tuple(session for session in sessions if session.vehicle.controllable)
    return Expanded(sessions, ours, *planner.carried_on(request, ours))


def build(request: PlanRequest, expanded: Expanded) -> PlanningProblem:
    """Sessions and series to arrays."""
    fixed = fixed_loads(request, expanded.all_sessions)
    return build_problem(request, expanded.ours, fixed, expanded.site)


def repair(request: PlanRequest, expanded: Expanded, engine: Engine, outcome: Outcome) -> Plan:
    """The plan with repairs for whoever is short."""
    plan = outcome.plan
    dated = replace(request, site=expanded.site, sessions=expanded.all_sessions, recurring=())
    planned = Planned(dated, outcome.problem, outcome.solution, plan.segments, engine)
    return replace(plan, shortfalls=with_repairs(planned, plan.shortfalls))


def time_phases(text: bytes, *, repairs: bool = True) -> tuple[dict[str, float], Outcome]:
    """Milliseconds of every phase of one plan, and the plan."""
    watch = Stopwatch(process_time)
    document = parse_json(text)
    watch.lap("read")
    read = parse(document)
    watch.lap("parse")
    request, expanded = read.plan_request, expand(read.plan_request)
    watch.lap("expand")
    problem = build(request, expanded)
    watch.lap("build")
    engine = choose_engine(ENGINE, problem)
    watch.lap("model")
    solution = solve(engine, problem, request.strategy)
    watch.lap("solve")
    plan = planner.make_plan(request, problem, solution, engine.name, expanded.notices)
    watch.lap("segments")
    if repairs and plan.shortfalls:
        plan = repair(request, expanded, engine, Outcome(problem, solution, plan))
    watch.lap("repairs")
    _check(request, plan)
    watch.lap("check")
    response = render_plan(read, plan, plan_id="benchmark", created_at_ms=CLOCK_MS)
    watch.lap("respond")
    json_text(response)
    watch.lap("write")
    return watch.phases_ms, Outcome(problem, solution, plan)


def _check(request: PlanRequest, plan: Plan) -> None:
    breaches = check_plan(request, plan)
    if breaches:
        raise RuntimeError(f"the plan breaks {len(breaches)} rules; the first: {breaches[0]}")


def time_whole(text: bytes) -> dict[str, float]:
    """Milliseconds of the whole call, from objects to objects and from text to text."""
    document = parse_json(text)
    watch = Stopwatch(process_time)
    make_plan(document, clock=lambda: CLOCK_MS, engine=ENGINE)
    watch.lap("call")
    json_text(make_plan(parse_json(text), clock=lambda: CLOCK_MS, engine=ENGINE))
    watch.lap("bytes")
    return watch.phases_ms


def time_yardstick(outcome: Outcome) -> BareSolve:
    """HiGHS alone on the strategy's first programme, at the energies that the plan aims for.

    Raises RuntimeError where the depot is linear and the plan is not as good as HiGHS's optimum.
    """
    solution = outcome.solution
    bare = bare_solve(outcome.problem, solution.objective, solution.wanted_kwh, process_time)
    value = outcome.plan.report.strategy.value
    if bare.value is not None and is_linear(outcome.problem) and not same_objective(value, bare.value):
        raise RuntimeError(f"the plan is worth {value}, the yardstick {bare.value}")
    return bare
