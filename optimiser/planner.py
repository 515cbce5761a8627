"""The whole chain on one page: request -> dated sessions -> arrays -> solution -> segments -> plan."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from optimiser.commitment import needs_commitment
from optimiser.domain import ChargingSession, Notice, PlanRequest, Site, Strategy
from optimiser.engines.choice import choose_engine
from optimiser.engines.untidied import Untidied
from optimiser.figures import (
    fixed_kwh,
    piece_loads_kw,
    site_slots,
    site_totals,
    strategy_value,
)
from optimiser.fixed_load import fixed_loads
from optimiser.plan import Plan, Segments, SolveReport, SolveStatus, StageReport
from optimiser.problem import PlanningProblem, build_problem
from optimiser.segments import make_segments
from optimiser.series import Floats
from optimiser.sessions import dated_sessions
from optimiser.shortfalls import find_shortfalls
from optimiser.solve import Solution, solve
from optimiser.stopwatch import Stopwatch, no_clock
from optimiser.support import refuse_unsupported
from optimiser.timegrid import planned_time
from optimiser.units import iso_z

# A gap up to this is a solver's rounding: the objective counts as proven.
PROVEN_GAP = 1e-6


def plan_site(
    request: PlanRequest,
    *,
    engine: str = "auto",
    seconds: Callable[[], float] = no_clock,
    figures_only: bool = False,
) -> Plan:
    """Plan one depot. Raises InvalidRequestError for what is wrong, SolverError where a solver fails.

    `engine` is `auto` or a name that `engines.choice` knows; `seconds` is a clock for the phase times.
    With `figures_only` the plan is as good but not as tidy, and sooner made.
    """
    watch = Stopwatch(seconds)
    sessions = dated_sessions(request)
    refuse_unsupported(request, sessions)
    ours = tuple(session for session in sessions if session.vehicle.controllable)
    site, notices = carried_on(request, ours)
    watch.lap("expand")
    problem = build_problem(request, ours, fixed_loads(request, sessions), site)
    watch.lap("build")
    chosen = choose_engine(engine, problem)
    if figures_only:
        chosen = Untidied(chosen)
    solution = solve(chosen, problem, request.strategy)
    watch.lap("solve")
    plan = make_plan(request, problem, solution, chosen.name, notices)
    watch.lap("segments")
    return replace(plan, report=replace(plan.report, phases_ms=watch.phases_ms))


def carried_on(
    request: PlanRequest, sessions: tuple[ChargingSession, ...]
) -> tuple[Site, tuple[Notice, ...]]:
    """The site with its series carried past their ends, and a notice for each that had to be."""
    _, end_ms = planned_time(request, sessions)
    site, notices = request.site, list(request.notices)
    held = (("powerCapKw", site.power_cap_kw), ("baseLoadKw", site.base_load_kw))
    for name, series in held:
        if series.end_ms < end_ms:
            notices.append(
                Notice("series-held", f"{name} ends at {iso_z(series.end_ms)}; its last value holds on")
            )
    repeated = [("prices", site.price_per_kwh)]
    repeated += [("carbonIntensity", site.carbon_g_per_kwh)] if site.carbon_g_per_kwh else []
    for name, series in repeated:
        if series.end_ms < end_ms:
            text = f"{name} ends at {iso_z(series.end_ms)}; the last 24 h of it repeat"
            notices.append(Notice("series-repeated", text))
    carbon = site.carbon_g_per_kwh.repeated_daily(end_ms) if site.carbon_g_per_kwh else None
    prices = site.price_per_kwh.repeated_daily(end_ms)
    return replace(site, price_per_kwh=prices, carbon_g_per_kwh=carbon), tuple(notices)


def make_plan(
    request: PlanRequest,
    problem: PlanningProblem,
    solution: Solution,
    engine: str,
    notices: tuple[Notice, ...],
) -> Plan:
    """Solution -> plan: segments, figures, shortfalls and the report."""
    loads_kw = piece_loads_kw(problem, solution.energy_kwh)
    segments = make_segments(problem, solution.energy_kwh, request.now_ms)
    totals = site_totals(problem, solution.energy_kwh, loads_kw)
    linear = request.strategy is Strategy.COST and not needs_commitment(problem).any()
    return Plan(
        strategy=request.strategy,
        now_ms=request.now_ms,
        sessions=problem.sessions,
        segments=segments,
        slots=site_slots(problem, loads_kw, solution.prices.limits[0] if linear else None),
        totals=totals,
        shortfalls=find_shortfalls(problem, solution, _end_soc(segments), request.now_ms),
        notices=notices + _overload_notices(problem),
        report=_report(
            request, problem, solution, engine, strategy_value(problem, request.strategy, segments, totals)
        ),
    )


def _end_soc(segments: Segments) -> Floats:
    """SoC at departure of every session: the end of its last segment."""
    return segments.end_soc[segments.first[1:] - 1]


def _overload_notices(problem: PlanningProblem) -> tuple[Notice, ...]:
    """Where load that nobody can move is over a cap on its own."""
    starts = problem.grid.piece_starts_ms
    notices = []
    for limit in problem.limits:
        if limit.overloaded.any():
            since = iso_z(int(starts[limit.overloaded][0]))
            text = f"{limit.limit_id}: load that cannot be moved is over the cap from {since} on, "
            text += f"in {int(limit.overloaded.sum())} pieces of time; nothing else charges there"
            notices.append(Notice("cap-exceeded", text))
    return tuple(notices)


def _report(
    request: PlanRequest, problem: PlanningProblem, solution: Solution, engine: str, value: float
) -> SolveReport:
    delivered = problem.delivered_kwh(solution.energy_kwh)
    fixed_value = float(fixed_kwh(problem) @ solution.objective.cost_per_kwh)
    stages = (
        StageReport(
            "missing-minimum", _missing(problem.minimum_need_kwh, delivered), solution.missing_bounds[0]
        ),
        StageReport("missing-target", _missing(problem.need_kwh, delivered), solution.missing_bounds[1]),
        StageReport(request.strategy.value, value, min(value, solution.bound + fixed_value)),
    )
    proven = all(stage.gap <= PROVEN_GAP for stage in stages)
    status = SolveStatus.OPTIMAL if proven else SolveStatus.FEASIBLE
    return SolveReport(engine, status, stages, 2, certificate(problem, solution))


def _missing(need_kwh: Floats, delivered_kwh: Floats) -> float:
    return float(np.maximum(need_kwh - delivered_kwh, 0.0).sum())


def certificate(problem: PlanningProblem, solution: Solution) -> dict[str, object]:
    """The dual prices of every stage by limit and piece: all that a doubter needs besides the request."""
    cuts = {"missing-minimum": solution.delivery.minimum_cut, "missing-target": solution.delivery.target_cut}
    stages = {name: _published(problem, cut.limits, None) for name, cut in cuts.items()}
    name = solution.objective.name
    peak = solution.prices.peak if solution.objective.peak is not None else None
    stages[name] = _published(problem, solution.prices.limits, peak)
    return {"piecesMs": problem.grid.piece_edges_ms.tolist(), "stages": stages}


def _published(
    problem: PlanningProblem, limits: tuple[Floats, ...], peak: Floats | None
) -> dict[str, object]:
    published: dict[str, object] = {}
    for limit, prices in zip(problem.limits, limits, strict=True):
        if prices.any():
            kind, _, name = limit.limit_id.partition(":")
            if kind == "site":
                published["siteCap"] = prices.tolist()
            else:
                named = published.setdefault(f"{kind}s", {})
                assert isinstance(named, dict)
                named[name] = prices.tolist()
    if peak is not None and peak.any():
        published["peak"] = peak.tolist()
    return published
