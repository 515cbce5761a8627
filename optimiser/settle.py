"""Making a solver's point exact: inside every bound, under every limit, and full where there is room.

Solvers meet rows to some 1e-7 kWh. In a piece of one millisecond that is 0.36 kW over a cap, so limits
are met here to the last digit and the energy lost by it is put back where room is left.
"""

import numpy as np

from optimiser.certificate import Index
from optimiser.limits import Limit
from optimiser.pattern import run_power_kw
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.units import MS_PER_HOUR

# Less than this in a piece is a solver's dust, not charging: a millionth of a kW for an hour.
DUST_KWH = 1e-9
POWER_TOLERANCE_KW = 0.5e-3  # half of what a plan's power may be off by
# A gap in an unbroken run whose least energy is below this may be a solver's tolerance (1e-6) taken for
# a pause: at 1 kW that is 36 ms.
TINY_GAP_KWH = 1e-5


def settled(problem: PlanningProblem, energy_kwh: Floats, wanted_kwh: Floats) -> Floats:
    """Energies per cell within all bounds and limits, at most `wanted_kwh` per session."""
    energy = np.clip(energy_kwh, problem.lower_kwh, problem.cells.upper_kwh)
    energy[energy < DUST_KWH] = 0.0
    delivered = problem.delivered_kwh(energy)
    too_much = delivered > wanted_kwh
    share = np.where(too_much, wanted_kwh / np.maximum(delivered, DUST_KWH), 1.0)
    energy *= share[problem.cell_session]
    for limit in _over(problem, energy):  # less under one is never more under another
        members = limit.members[problem.cell_session]
        used = problem.used_kwh(limit, energy)
        share = np.where(used > limit.room_kwh, limit.room_kwh / np.maximum(used, DUST_KWH), 1.0)
        energy[members] *= share[problem.cells.piece[members]]
    _bridge_tiny_gaps(problem, energy)
    return _told_in_ms(problem, _filled_up(problem, energy, wanted_kwh))


def _over(problem: PlanningProblem, energy_kwh: Floats) -> list[Limit]:
    over = (problem.used_by_limits(energy_kwh) > problem.rooms_kwh).any(axis=1)
    return [problem.limits[at] for at in np.flatnonzero(over)]


def _bridge_tiny_gaps(problem: PlanningProblem, energy_kwh: Floats) -> None:
    """Close gaps of milliseconds in runs that may not pause at will, where others can step back for them."""
    low = run_power_kw(problem)[problem.cell_session] * problem.cell_hours
    ruled = problem.bound_to_runs[problem.cell_session]
    for cell in np.flatnonzero(ruled & (low < TINY_GAP_KWH) & (energy_kwh < low)):
        i = problem.cell_session[cell]
        before = energy_kwh[problem.cells.first_cell[i] : cell]
        after = energy_kwh[cell + 1 : problem.cells.first_cell[i + 1]]
        beside = before[-1:].any() and after[:1].any()
        between = before.any() and after.any() and not problem.pausable[i]
        if (beside or between) and low[cell] <= problem.cells.upper_kwh[cell]:
            _make_way(problem, energy_kwh, int(cell), low)


def _make_way(problem: PlanningProblem, energy_kwh: Floats, cell: int, low_kwh: Floats) -> None:
    """Raise a cell to its least; the one with most to spare under a full limit gives what is missing."""
    changed = energy_kwh.copy()
    changed[cell] = low_kwh[cell]
    i, j = problem.cell_session[cell], problem.cells.piece[cell]
    others = (problem.cells.piece == j) & (problem.cell_session != i)
    for limit in (problem.limits[at] for at in problem.paths.under(i)):
        over = float(problem.used_kwh(limit, changed)[j] - limit.room_kwh[j])
        members = np.flatnonzero(others & limit.members[problem.cell_session])
        if over > 0.0 and members.size:
            giver = members[np.argmax((changed - low_kwh)[members])]
            changed[giver] -= over
            if changed[giver] < low_kwh[giver]:
                return
        elif over > 0.0:
            return
    energy_kwh[:] = changed


def _told_in_ms(problem: PlanningProblem, energy_kwh: Floats) -> Floats:
    """Runs that end inside a piece end at a whole millisecond.

    Rounding the end up lowers the power a little. Where that is too much, the last milliwatt-hours
    (less than 1 ms at the least power) are left out: no plan in milliseconds can tell them.
    """
    low = run_power_kw(problem)[problem.cell_session]
    early = energy_kwh < low * problem.cell_hours * (1.0 - 1e-9)
    exact_ms = energy_kwh * MS_PER_HOUR / np.maximum(low, DUST_KWH)
    too_low = energy_kwh * MS_PER_HOUR < (low - POWER_TOLERANCE_KW) * np.ceil(exact_ms - 1e-6)
    told: Floats = np.where(early & too_low, low * np.floor(exact_ms + 1e-6) / MS_PER_HOUR, energy_kwh)
    return told


def _filled_up(problem: PlanningProblem, energy_kwh: Floats, wanted_kwh: Floats) -> Floats:
    """Put back what rounding lost, into cells that charge already and have room."""
    missing = wanted_kwh - problem.delivered_kwh(energy_kwh)
    short = np.flatnonzero((missing > DUST_KWH) & (missing < 1e-3))
    for i in short:
        cells = np.arange(problem.cells.first_cell[i], problem.cells.first_cell[i + 1])
        _top_up(problem, energy_kwh, cells[energy_kwh[cells] > 0.0], float(missing[i]))
    return energy_kwh


def _top_up(problem: PlanningProblem, energy_kwh: Floats, cells: Index, missing_kwh: float) -> None:
    for cell in cells:
        given = min(missing_kwh, _room_of_cell(problem, energy_kwh, int(cell)))
        if given > 0.0:
            energy_kwh[cell] += given
            missing_kwh -= given


def _room_of_cell(problem: PlanningProblem, energy_kwh: Floats, cell: int) -> float:
    i, j = problem.cell_session[cell], problem.cells.piece[cell]
    here = problem.cells.piece == j
    rooms = [float(problem.cells.upper_kwh[cell] - energy_kwh[cell])]
    for limit in (problem.limits[at] for at in problem.paths.under(i)):
        used = energy_kwh[here & limit.members[problem.cell_session]].sum()
        rooms.append(float(limit.room_kwh[j] - used))
    return max(0.0, min(rooms))
