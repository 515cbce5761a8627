"""What charging curves make of a flow: the least power that holds at each SoC, and the exact forward run.

Rows of a linear programme know a curve by its concave lines. What a plan promises is what the curve
itself gives, so every plan with curves is run forward along it, piece by piece.
"""

from itertools import pairwise

import numpy as np

from optimiser.certificate import Index
from optimiser.charging_curve import hours_to_charge, least_between, most_in_piece, power_at
from optimiser.domain import ChargingCurve
from optimiser.problem import PlanningProblem
from optimiser.ruled_runs import keeps_runs
from optimiser.run_rules import SWITCHED_OFF_KW
from optimiser.series import Floats

NEGLIGIBLE_KWH = 1e-9
HALF_SLOT_HOURS = 0.125
LEFT_BEHIND_KWH = 0.01


def curved_sessions(problem: PlanningProblem) -> list[tuple[int, ChargingCurve, slice]]:
    """Index, curve and cells of every session with a curve and somewhere to charge."""
    first = problem.cells.first_cell
    curves = [(i, problem.sessions[i].vehicle.charging_curve) for i in problem.curved.tolist()]
    return [
        (i, curve, slice(int(first[i]), int(first[i + 1])))
        for i, curve in curves
        if curve is not None and first[i + 1] > first[i]
    ]


def soc_after(problem: PlanningProblem, i: int, energy_kwh: Floats) -> Floats:
    """SoC at the end of each of a session's cells, with these energies in them."""
    soc: Floats = problem.sessions[i].soc + np.cumsum(energy_kwh) / problem.capacity_kwh[i]
    return soc


def soc_at_edges(problem: PlanningProblem, i: int, energy_kwh: Floats) -> Floats:
    """SoC before a session's first cell, and at the end of each."""
    return np.append(problem.sessions[i].soc, soc_after(problem, i, energy_kwh))


def let_through_kw(problem: PlanningProblem, i: int, curve: ChargingCurve, soc: Floats) -> Floats:
    """Power that the curve lets through at the end of each cell, `soc` being that at its ends, first to last.

    A tag that changes inside a cell ends a segment there, so the curve counts at that SoC as well.
    """
    before, after = soc[:-1], soc[1:]
    allowed = power_at(curve, after)
    for change in (problem.sessions[i].minimum_soc, problem.sessions[i].bulk_soc):
        inside = (before < change) & (change < after)
        at_change = float(power_at(curve, np.array([change]))[0])
        allowed = np.where(inside, np.maximum(allowed, at_change), allowed)
    return allowed


def least_kwh(problem: PlanningProblem, low_kw: Floats, energy_kwh: Floats) -> Floats:
    """Least energy of every cell that charges: its least power, or what the curve at its end lets through.

    `low_kw` has one entry per session; the battery takes what it takes.
    """
    least = low_kw[problem.cell_session] * problem.cell_hours
    for i, curve, cells in curved_sessions(problem):
        allowed = let_through_kw(problem, i, curve, soc_at_edges(problem, i, energy_kwh[cells]))
        least[cells] = np.minimum(least[cells], allowed * problem.cell_hours[cells])
    return least


def allowed_by_curve(
    problem: PlanningProblem, i: int, curve: ChargingCurve, hours: Floats, energy_kwh: Floats
) -> bool:
    """Whether a session's energies stay under its curve at both ends of every piece."""
    allowed = power_at(curve, soc_at_edges(problem, i, energy_kwh))
    allowed = np.minimum(allowed[:-1], allowed[1:])
    return bool(np.all(energy_kwh <= allowed * hours + 1e-7))


def reach_kwh(problem: PlanningProblem) -> Floats:
    """The most energy that each session could take alone, along its curve; never more than its need."""
    if problem.curved.size == 0:
        return problem.alone_kwh
    reach = problem.alone_kwh.copy()
    for i, curve, cells in curved_sessions(problem):
        upper = problem.cells.upper_kwh[cells]
        need, one_run = float(problem.need_kwh[i]), not problem.pausable[i]
        taken = _forward(problem, i, curve, upper, np.full(upper.size, np.inf), need, one_run=one_run)
        reach[i] = min(float(taken.sum()), float(problem.need_kwh[i]))
    return reach


def follow_curves(problem: PlanningProblem, energy_kwh: Floats, wanted_kwh: Floats) -> Floats:
    """The flow as the curves let it be; what one piece cannot take goes on into later ones.

    Who is left short by that charges as soon and as fast as room and curve allow: energy comes before
    cost. Keeps bounds and limits. Sessions without a curve stay as they are.
    """
    energy = energy_kwh.copy()
    for i, curve, cells in curved_sessions(problem):
        planned = energy[cells].copy()
        if not _is_sound(problem, i, curve, cells, planned):
            energy[cells] = 0.0
            room, wanted = _room_kwh(problem, energy, i, cells), float(wanted_kwh[i])
            carried = _carried(problem, i, curve, cells, planned, room, wanted)
            if carried.sum() < wanted - LEFT_BEHIND_KWH:
                at_once = _carried(problem, i, curve, cells, problem.cells.upper_kwh[cells], room, wanted)
                carried = at_once if at_once.sum() > carried.sum() else carried
            energy[cells] = carried
    return energy


def charged_at_once(problem: PlanningProblem, i: int, curve: ChargingCurve, planned_kwh: Floats) -> Floats:
    """As much as a session can take as soon as possible in the room of its cells, by its rules.

    `planned_kwh` is the most in each of its cells; nothing where its rules of runs are broken by that.
    """
    cells = slice(int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1]))
    room = _room_kwh(problem, np.zeros(problem.cells.piece.size), i, cells)
    return _carried(problem, i, curve, cells, planned_kwh, room, float(problem.need_kwh[i]))


def _carried(
    problem: PlanningProblem,
    i: int,
    curve: ChargingCurve,
    cells: slice,
    planned: Floats,
    room: Floats,
    wanted: float,
) -> Floats:
    """Forward along the curve with pauses as planned; in one run, or not at all, where that breaks a rule."""
    ruled = bool(problem.bound_to_runs[i])
    least_kw = max(float(problem.min_power_kw[i]), min(float(problem.max_power_kw[i]), SWITCHED_OFF_KW))
    free = room >= least_kw * problem.cell_hours[cells]
    for one_run in (False, True) if problem.pausable[i] else (True,):
        taken = _forward(problem, i, curve, planned, room, wanted, one_run=one_run)
        if not ruled or keeps_runs(problem, i, taken, free):
            return taken
    return np.zeros(planned.size)


def _keeps_curve(
    problem: PlanningProblem, i: int, curve: ChargingCurve, cells: slice, energy: Floats
) -> bool:
    soc = soc_at_edges(problem, i, energy)
    power = energy / problem.cell_hours[cells]
    used = np.flatnonzero(energy > NEGLIGIBLE_KWH)
    return all(power[k] <= least_between(curve, soc[k], soc[k + 1]) + 1e-6 for k in used)


def _is_sound(problem: PlanningProblem, i: int, curve: ChargingCurve, cells: slice, energy: Floats) -> bool:
    """Under the curve, in runs as they may be, and under the least power only where the target is met."""
    if not _keeps_curve(problem, i, curve, cells, energy):
        return False
    if problem.pausable[i] and not keeps_runs(problem, i, energy, np.ones(energy.size, dtype=bool)):
        return False
    allowed = let_through_kw(problem, i, curve, soc_at_edges(problem, i, energy))
    least = np.minimum(problem.min_power_kw[i], allowed) * problem.cell_hours[cells]
    below = np.flatnonzero((energy > NEGLIGIBLE_KWH) & (energy < least * (1.0 - 1e-6)))
    used = np.flatnonzero(energy > NEGLIGIBLE_KWH)
    at_target = problem.is_at_target(i, float(energy.sum()))
    return below.size == 0 or (below.size == 1 and bool(below[0] == used[-1]) and bool(at_target))


def _forward(
    problem: PlanningProblem,
    i: int,
    curve: ChargingCurve,
    planned: Floats,
    room: Floats,
    wanted: float,
    *,
    one_run: bool,
) -> Floats:
    """Forward through the cells, with what one could not take carried into the later ones.

    `one_run`: that is taken right after the run only; so it is where runs are ruled, in every run. A cell
    that gets less than its least stays empty, unless the target is met in it.
    """
    cells = slice(int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1]))
    hours, capacity = problem.cell_hours[cells], float(problem.capacity_kwh[i])
    limit = np.minimum(room, problem.cells.upper_kwh[cells])
    low_kw, ruled = float(problem.min_power_kw[i]), bool(problem.bound_to_runs[i])
    taken, soc, carry, total = np.zeros(planned.size), problem.sessions[i].soc, 0.0, 0.0
    for k in range(planned.size):
        goes_on = not ruled or (k > 0 and taken[k - 1] > 0.0)
        begins = planned[k] > NEGLIGIBLE_KWH and (not one_run or total == 0.0)
        ask = min(planned[k] + carry, limit[k], wanted - total) if begins or goes_on else 0.0
        if ask <= 0.0:
            carry += planned[k]
            continue
        got = most_in_piece(curve, soc, hours[k], ask, capacity)
        if got < low_kw * hours[k] * (1.0 - 1e-6):
            allowed = let_through_kw(problem, i, curve, np.array([soc, soc + got / capacity]))
            least = min(low_kw, float(allowed[0])) * hours[k]
            meets_target = total + got >= problem.need_kwh[i] - NEGLIGIBLE_KWH and limit[k] >= least
            if got < least * (1.0 - 1e-6) and not meets_target:
                got = 0.0
        taken[k] = got
        carry += planned[k] - got
        total += got
        soc += got / capacity
    return taken


def _room_kwh(problem: PlanningProblem, energy_kwh: Floats, i: int, cells: slice) -> Floats:
    """Room for a session in its cells, with what all others take."""
    pieces: Index = problem.cells.piece[cells]
    left = problem.spare_kwh(energy_kwh)[problem.paths.under(i)]
    room: Floats = np.maximum(left[:, pieces].min(axis=0), 0.0)
    return room


def upper_along(problem: PlanningProblem, energy_kwh: Floats) -> Floats:
    """Upper bounds of all cells, for curved sessions no more than their curve allows along this flow."""
    upper = problem.cells.upper_kwh.copy()
    for i, curve, cells in curved_sessions(problem):
        soc = soc_at_edges(problem, i, energy_kwh[cells])
        spans = pairwise(soc)
        allowed = np.array([least_between(curve, float(a), float(b)) for a, b in spans])
        upper[cells] = np.minimum(upper[cells], allowed * problem.cell_hours[cells])
    return upper


def mean_share_of_largest(problem: PlanningProblem) -> Floats:
    """What each session's mean power is of its largest when it charges as fast as its curve allows.

    Half a slot is added to the time, because power is one number per piece. 1 without a curve.
    """
    share = np.ones(problem.n_sessions)
    for i, curve, _ in curved_sessions(problem):
        session, largest_kw = problem.sessions[i], float(problem.max_power_kw[i])
        need, capacity = float(problem.need_kwh[i]), float(problem.capacity_kwh[i])
        if need > 0.0 and largest_kw > 0.0:
            hours = hours_to_charge(curve, session.soc, session.target_soc, largest_kw, capacity)
            share[i] = min(1.0, need / (largest_kw * (hours + HALF_SLOT_HOURS)))
    return share


def least_in_run(problem: PlanningProblem, i: int, start: int, low_kwh: Floats) -> Floats:
    """Least energy in each of a session's cells when it charges from cell `start` on.

    `low_kwh` is what it never goes under. Until the curve can have come down to the least power, however
    fast the charging, the least power itself holds.
    """
    curve = problem.sessions[i].vehicle.charging_curve
    if curve is None:
        return low_kwh
    cells = slice(int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1]))
    upper = problem.cells.upper_kwh[cells].copy()
    upper[:start] = 0.0
    fastest = np.minimum(soc_after(problem, i, upper), problem.sessions[i].target_soc)
    allowed = np.array([least_between(curve, problem.sessions[i].soc, float(soc)) for soc in fastest])
    least = np.minimum(problem.min_power_kw[i], allowed) * problem.cell_hours[cells]
    raised: Floats = np.minimum(np.maximum(least, low_kwh), problem.cells.upper_kwh[cells])
    return raised
