"""The whole chain on one page: request -> dated sessions -> arrays -> solution -> segments -> plan."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from optimiser.bounds import short_count_bound
from optimiser.cap_value import cap_value_per_kw
from optimiser.commitment import is_linear
from optimiser.domain import ChargingSession, Notice, PlanRequest, ShortfallPolicy, Site, Strategy
from optimiser.engines.base import Prices
from optimiser.engines.choice import choose_engine
from optimiser.engines.untidied import Untidied
from optimiser.figures import (
    churn,
    fixed_kwh,
    piece_loads_kw,
    site_slots,
    site_totals,
    strategy_value,
)
from optimiser.fixed_load import fixed_loads
from optimiser.limits import Limit
from optimiser.plan import FEWEST_SHORT, Plan, Segments, Shortfall, SolveReport, SolveStatus, StageReport
from optimiser.problem import PlanningProblem, build_problem
from optimiser.repair_trials import Planned
from optimiser.repairs import with_repairs
from optimiser.segments import make_segments
from optimiser.series import Floats
from optimiser.sessions import dated_sessions
from optimiser.shortfalls import REACHED_SOC, find_shortfalls
from optimiser.solve import Solution, solve
from optimiser.stopwatch import Stopwatch, no_clock
from optimiser.timegrid import planned_time
from optimiser.units import MS_PER_HOUR, iso_z

# A gap up to this is a solver's rounding: the objective counts as proven.
PROVEN_GAP = 1e-6


def plan_site(
    request: PlanRequest,
    *,
    engine: str = "auto",
    seconds: Callable[[], float] = no_clock,
    figures_only: bool = False,
    repairs: bool = True,
) -> Plan:
    """Plan one depot. Raises InvalidRequestError for what is wrong, SolverError where a solver fails.

    `engine` is `auto` or a name that `engines.choice` knows; `seconds` is a clock for the phase times.
    With `figures_only` the plan is as good but not as tidy, and sooner made.
    Without `repairs` (and with `figures_only`) shortfalls come with their reasons alone, and sooner.
    """
    watch = Stopwatch(seconds)
    sessions = dated_sessions(request)
    ours = tuple(session for session in sessions if session.vehicle.controllable)
    site, notices = carried_on(request, ours)
    watch.lap("expand")
    problem = build_problem(request, ours, fixed_loads(request, sessions), site)
    chosen = choose_engine(engine, problem)
    watch.lap("build")
    if figures_only:
        chosen = Untidied(chosen)
    solution = solve(chosen, problem, request.strategy)
    watch.lap("solve")
    plan = make_plan(request, problem, solution, chosen.name, notices)
    watch.lap("segments")
    if repairs and not figures_only and plan.shortfalls:
        dated = replace(request, site=site, sessions=sessions, recurring=())
        planned = Planned(dated, problem, solution, plan.segments, chosen)
        plan = replace(plan, shortfalls=with_repairs(planned, plan.shortfalls))
        watch.lap("repairs")
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
    shortfalls = find_shortfalls(problem, solution, _end_soc(segments), request.now_ms)
    linear = request.strategy is Strategy.COST and is_linear(problem)
    return Plan(
        strategy=request.strategy,
        now_ms=request.now_ms,
        sessions=problem.sessions,
        segments=segments,
        slots=site_slots(problem, loads_kw, _cap_value(problem, solution) if linear else None),
        totals=totals,
        shortfalls=shortfalls,
        notices=notices + _site_notices(problem),
        report=_report(
            request,
            problem,
            solution,
            engine,
            strategy_value(problem, request.strategy, segments, totals),
            shortfalls,
        ),
    )


def _cap_value(problem: PlanningProblem, solution: Solution) -> Floats:
    return cap_value_per_kw(problem, solution.energy_kwh, solution.objective, solution.prices)


def _end_soc(segments: Segments) -> Floats:
    """SoC at departure of every session: the end of its last segment."""
    return segments.end_soc[segments.first[1:] - 1]


def _site_notices(problem: PlanningProblem) -> tuple[Notice, ...]:
    """Where load that nobody can move is over a cap on its own, and where preconditioning had to be cut."""
    notices = [_overload_notice(problem, limit) for limit in problem.limits if limit.overloaded.any()]
    if problem.preconditioning_cut:
        text = "caps leave less room for preconditioning than was asked; what does not fit is cut"
        notices.append(Notice("preconditioning-cut", text))
    return tuple(notices)


def _overload_notice(problem: PlanningProblem, limit: Limit) -> Notice:
    over_ms = problem.grid.piece_starts_ms[limit.overloaded]
    kind, _, name = limit.limit_id.partition(":")
    text = f"load that cannot be moved is over the cap of {kind} {name}".rstrip()
    text += f" at {iso_z(int(over_ms[0]))} and in {over_ms.size - 1} later pieces of time"
    return Notice("cap-exceeded", f"{text}; nothing else charges there")


def _report(
    request: PlanRequest,
    problem: PlanningProblem,
    solution: Solution,
    engine: str,
    value: float,
    shortfalls: tuple[Shortfall, ...],
) -> SolveReport:
    delivered = problem.delivered_kwh(solution.energy_kwh)
    frozen = _frozen_missing_kwh(problem)
    fixed_value = float(fixed_kwh(problem) @ solution.objective.cost_per_kwh)
    stages: tuple[StageReport, ...] = (
        _missing_stage(
            "missing-minimum", problem.minimum_need_kwh, delivered, solution.missing_bounds[0], frozen[0]
        ),
        _missing_stage("missing-target", problem.need_kwh, delivered, solution.missing_bounds[1], frozen[1]),
        StageReport(request.strategy.value, value, min(value, solution.bound + fixed_value)),
    )
    stages += tuple(_count_stages(problem, solution, delivered, shortfalls))
    proven = all(stage.gap <= PROVEN_GAP for stage in stages)
    status = SolveStatus.OPTIMAL if proven else SolveStatus.FEASIBLE
    moved = churn(problem, solution.energy_kwh)
    return SolveReport(engine, status, stages, 2, certificate(problem, solution), moved)


def _count_stages(
    problem: PlanningProblem, solution: Solution, delivered: Floats, shortfalls: tuple[Shortfall, ...]
) -> Iterator[StageReport]:
    """How many are short, by priority, where as few as possible should be; nothing where nobody is."""
    if problem.shortfall_policy is not ShortfallPolicy.FEWEST:
        return
    enough = problem.need_kwh - REACHED_SOC * problem.capacity_kwh
    short = [problem.sessions[shortfall.session] for shortfall in shortfalls]
    for priority in sorted({session.priority for session in short}, reverse=True):
        own = [session for session in short if session.priority == priority]
        prices = solution.counted.get(priority) or Prices.none(problem)
        bound = short_count_bound(problem, delivered, enough, priority, prices)
        bound += sum(session.frozen is not None for session in own)
        yield StageReport(f"{FEWEST_SHORT}{priority:g}", float(len(own)), float(min(bound, len(own))))


def _missing_stage(
    name: str, need_kwh: Floats, delivered_kwh: Floats, bound_kwh: float, frozen_kwh: float
) -> StageReport:
    """Energy missing of sessions that are planned, and of frozen ones, which nobody can change."""
    missing = float(np.maximum(need_kwh - delivered_kwh, 0.0).sum())
    return StageReport(name, missing + frozen_kwh, bound_kwh + frozen_kwh)


def _frozen_missing_kwh(problem: PlanningProblem) -> tuple[float, float]:
    """What frozen plans leave missing below the minimum SoC, and below the target."""
    given: dict[int, float] = {}
    for load in problem.fixed:
        if load.session.frozen is not None:
            energy = load.power_kw * (load.end_ms - load.start_ms) / MS_PER_HOUR
            given[id(load.session)] = given.get(id(load.session), 0.0) + energy
    frozen = [session for session in problem.sessions if session.frozen is not None]
    below_minimum = sum(max(0.0, s.minimum_need_kwh - given.get(id(s), 0.0)) for s in frozen)
    return below_minimum, sum(max(0.0, s.energy_need_kwh - given.get(id(s), 0.0)) for s in frozen)


def certificate(problem: PlanningProblem, solution: Solution) -> dict[str, object]:
    """The dual prices of every stage by limit and piece: all that a doubter needs besides the request."""
    delivery, objective = solution.delivery, solution.objective
    priced: dict[str, Prices | None] = {
        "missing-minimum": delivery.minimum_cut,
        "missing-target": delivery.target_cut,
        objective.name: solution.prices,
        **{f"{FEWEST_SHORT}{priority:g}": prices for priority, prices in solution.counted.items()},
    }
    stages = {name: {} if cut is None else _published(problem, cut) for name, cut in priced.items()}
    return {"piecesMs": problem.grid.piece_edges_ms.tolist(), "stages": stages}


def _published(problem: PlanningProblem, prices: Prices) -> dict[str, object]:
    """Prices that are not 0: of the site, of groups and stations by id, of the peak, of charging curves."""
    named: dict[str, dict[str, list[float]]] = {}
    for limit in np.flatnonzero(prices.limits.any(axis=1)):
        kind, _, name = problem.limits[limit].limit_id.partition(":")
        named.setdefault(kind, {})[name] = prices.limits[limit].tolist()
    published: dict[str, object] = {f"{kind}s": named[kind] for kind in ("group", "station") if kind in named}
    if "site" in named:
        published["siteCap"] = named["site"][""]
    if prices.peak.any():
        published["peak"] = prices.peak.tolist()
    if prices.curves.any():
        published["curves"] = _published_curves(problem, prices.curves)
    return published


def _published_curves(problem: PlanningProblem, price: Floats) -> dict[str, list[list[float]]]:
    """By schedule id: line of the curve, piece, price per kW."""
    published: dict[str, list[list[float]]] = {}
    curves = problem.curves
    if curves is None:
        return published
    for row in np.flatnonzero(price):
        cell = int(curves.cell[row])
        session = problem.sessions[int(problem.cell_session[cell])]
        entry = [int(curves.line[row]), int(problem.cells.piece[cell]), float(price[row])]
        published.setdefault(session.schedule_id, []).append(entry)
    return published
