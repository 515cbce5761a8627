"""Who leaves short, by how much, and what stood in the way, with its times."""

import numpy as np

from optimiser.certificate import Index
from optimiser.domain import ChargingSession
from optimiser.limits import Flags
from optimiser.plan import Reason, Shortfall
from optimiser.problem import PlanningProblem
from optimiser.ruled_runs import rules_of
from optimiser.series import Floats
from optimiser.solve import Solution
from optimiser.units import PERCENT

# "Reached" means within this much of the target (0.05 SoC points).
REACHED_SOC = 0.05 / PERCENT
NEGLIGIBLE_KWH = 1e-6


def find_shortfalls(
    problem: PlanningProblem, solution: Solution, end_soc: Floats, now_ms: int
) -> tuple[Shortfall, ...]:
    """One entry for every session that ends below its target, in the sessions' order."""
    missing_kwh = (np.array([s.target_soc for s in problem.sessions]) - end_soc) * problem.capacity_kwh
    short = [i for i, session in enumerate(problem.sessions) if session.target_soc - end_soc[i] > REACHED_SOC]
    spare = problem.spare_kwh(solution.energy_kwh) if short else np.zeros(0)
    return tuple(
        Shortfall(i, float(missing_kwh[i]), float(end_soc[i]), _reasons(problem, solution, spare, i, now_ms))
        for i in short
    )


def _reasons(
    problem: PlanningProblem, solution: Solution, spare: Floats, i: int, now_ms: int
) -> tuple[Reason, ...]:
    session = problem.sessions[i]
    start_ms = max(session.arrival_ms, now_ms)
    end_ms = max(start_ms, min(session.charge_until_ms, session.departure_ms))
    if session.frozen is not None:
        return (Reason("frozen", start_ms, session.departure_ms),)
    reasons = _own_reasons(problem, session, i, start_ms, end_ms)
    cells = np.arange(problem.cells.first_cell[i], problem.cells.first_cell[i + 1])
    reasons += _limit_reasons(problem, solution.energy_kwh, spare, i, cells)
    cut_off = _cut_off(problem, solution, i, cells)
    if cut_off or _rules_took_energy(problem, solution, i, cells) or not reasons:
        code = "no-pause" if problem.bound_to_runs[i] else "min-power"
        reasons.append(Reason(code, start_ms, end_ms))
    return tuple(reasons)


def _own_reasons(
    problem: PlanningProblem, session: ChargingSession, i: int, start_ms: int, end_ms: int
) -> list[Reason]:
    """What alone, on an empty site, would already leave it short: its connector, or its window."""
    cells = slice(problem.cells.first_cell[i], problem.cells.first_cell[i + 1])
    alone_kwh = float(problem.cells.upper_kwh[cells].sum())
    if alone_kwh >= problem.need_kwh[i] - NEGLIGIBLE_KWH:
        return []
    own_kwh = session.vehicle.max_power_kw * float(problem.cell_hours[cells].sum())
    reasons = [Reason("connector", start_ms, end_ms)] if alone_kwh < own_kwh - NEGLIGIBLE_KWH else []
    if own_kwh < problem.need_kwh[i] - NEGLIGIBLE_KWH:
        reasons.append(Reason("window", start_ms, end_ms))
    return reasons


def _limit_reasons(
    problem: PlanningProblem, energy_kwh: Floats, spare: Floats, i: int, cells: Index
) -> list[Reason]:
    """Limits that are used up in pieces where this session could still have taken more."""
    pieces = problem.cells.piece[cells]
    could_take = energy_kwh[cells] < problem.cells.upper_kwh[cells] * (1.0 - 1e-9)
    reasons = []
    for at in problem.paths.under(i):
        limit = problem.limits[at]
        full = spare[at, pieces] <= np.maximum(1e-9, 1e-6 * limit.room_kwh[pieces])
        code = _code(limit.limit_id)
        reasons += [Reason(code, *span) for span in _spans(problem, pieces, full & could_take)]
    return reasons


def _code(limit_id: str) -> str:
    """`site` and `group:<id>` have codes of their own; a shared power unit limits its connectors."""
    kind, _, name = limit_id.partition(":")
    return {"site": "site-cap", "group": f"group-cap:{name}"}.get(kind, "connector")


def _spans(problem: PlanningProblem, pieces: Index, flags: Flags) -> list[tuple[int, int]]:
    """Spans of time over neighbouring flagged pieces."""
    padded = np.concatenate([[False], flags, [False]])
    change = np.flatnonzero(padded[1:] != padded[:-1])
    edges = problem.grid.piece_edges_ms
    return [
        (int(edges[pieces[a]]), int(edges[pieces[b - 1] + 1]))
        for a, b in zip(change[::2], change[1::2], strict=True)
    ]


def _cut_off(problem: PlanningProblem, solution: Solution, i: int, cells: Index) -> bool:
    """Whether a vehicle whose run must not end at once has no room to go on from now."""
    goes_on = bool((solution.energy_kwh[cells[:1]] > 0.0).all())
    return rules_of(problem, i).goes_on and not goes_on


def _rules_took_energy(problem: PlanningProblem, solution: Solution, i: int, cells: Index) -> bool:
    """Whether the relaxation delivers more to this session than its own rules let through."""
    return float(solution.energy_kwh[cells].sum()) < float(solution.wanted_kwh[i]) - 1e-3
