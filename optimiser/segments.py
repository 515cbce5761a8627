"""Energy per cell -> plan segments: runs of equal power and equal tag, with SoC along the way.

Works on columns of *strokes* (a session, a span, a power), split where a run ends early and where the
SoC crosses a tag's border, then merged where neither power nor tag changes.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.limits import Flags
from optimiser.pattern import run_power_kw
from optimiser.plan import Segments, Tag
from optimiser.problem import PlanningProblem
from optimiser.series import Floats, Instants
from optimiser.units import MS_PER_HOUR

SAME_POWER_KW = 1e-6
SAME_SOC = 1e-9
POWER_TOLERANCE_KW = 1e-3  # what a plan's power may be off by


@dataclass(frozen=True, eq=False, slots=True)
class _Strokes:
    """Spans of constant power, ordered by session, then time."""

    session: Index
    start_ms: Instants
    end_ms: Instants
    power_kw: Floats

    @property
    def energy_kwh(self) -> Floats:
        return self.power_kw * (self.end_ms - self.start_ms) / MS_PER_HOUR


def make_segments(problem: PlanningProblem, energy_kwh: Floats, now_ms: int) -> Segments:
    """Segments of every session, covering `[max(arrival, now), departure)`."""
    strokes = _all_strokes(problem, energy_kwh, now_ms)
    for border in (_column(problem, "minimum_soc"), _column(problem, "bulk_soc")):
        strokes = _split_at_soc(problem, strokes, border)
    return _merged(problem, strokes)


def charging_of_cells(problem: PlanningProblem, energy_kwh: Floats) -> tuple[Instants, Floats]:
    """When every cell's charging ends, and its power [kW] until then.

    That is the piece's end, or where a run ends inside the piece at its least power. An end is a whole
    millisecond: rounded up, so that no limit is broken, unless that lowers the power too far.
    """
    start_ms = problem.grid.piece_starts_ms[problem.cells.piece]
    span_ms = np.diff(problem.grid.piece_edges_ms)[problem.cells.piece].astype(np.float64)
    low = run_power_kw(problem)[problem.cell_session]
    early = (energy_kwh > 0.0) & (energy_kwh < low * problem.cell_hours * (1.0 - 1e-9))
    exact_ms = np.where(early, energy_kwh * MS_PER_HOUR / np.maximum(low, 1e-9), span_ms)
    up_ms = np.maximum(np.ceil(exact_ms - 1e-6), 1.0)
    too_low = energy_kwh * MS_PER_HOUR < (low - POWER_TOLERANCE_KW) * up_ms
    span_ms = np.where(early, np.where(too_low, np.maximum(up_ms - 1.0, 1.0), up_ms), span_ms)
    return start_ms + span_ms.astype(np.int64), energy_kwh * MS_PER_HOUR / span_ms


def _column(problem: PlanningProblem, name: str) -> Floats:
    return np.array([getattr(session, name) for session in problem.sessions], dtype=np.float64)


def _all_strokes(problem: PlanningProblem, energy_kwh: Floats, now_ms: int) -> _Strokes:
    """Cells, what is left of a piece after a run's early end, fixed power, and idle time around them."""
    cells = _cell_strokes(problem, energy_kwh)
    fixed = _fixed_strokes(problem)
    idle = _idle_strokes(problem, now_ms, cells, fixed)
    return _sorted(_joined(cells, fixed, idle))


def _cell_strokes(problem: PlanningProblem, energy_kwh: Floats) -> _Strokes:
    """One stroke per cell, and one of no power after a run that ends early."""
    edges = problem.grid.piece_edges_ms
    start, end = edges[problem.cells.piece], edges[problem.cells.piece + 1]
    last, power = charging_of_cells(problem, energy_kwh)
    charging = _Strokes(problem.cell_session, start, last, power)
    rest = np.flatnonzero(last < end)
    after = _Strokes(problem.cell_session[rest], last[rest], end[rest], np.zeros(rest.size))
    return _joined(charging, after)


def _fixed_strokes(problem: PlanningProblem) -> _Strokes:
    """Power that is given: frozen plans. Vehicles that are not ours to steer get no plan."""
    index = {id(session): i for i, session in enumerate(problem.sessions)}
    ours = [load for load in problem.fixed if load.session.vehicle.controllable]
    return _Strokes(
        np.array([index[id(load.session)] for load in ours], dtype=np.intp),
        np.array([load.start_ms for load in ours], dtype=np.int64),
        np.array([load.end_ms for load in ours], dtype=np.int64),
        np.array([load.power_kw for load in ours], dtype=np.float64),
    )


def _idle_strokes(problem: PlanningProblem, now_ms: int, *busy: _Strokes) -> _Strokes:
    """Strokes of no power wherever a session is present and nothing else is said."""
    present = [(max(s.arrival_ms, now_ms), s.departure_ms) for s in problem.sessions]
    spans = _sorted(_joined(*busy))
    bounds = np.array(present, dtype=np.int64).reshape(-1, 2)
    session = np.concatenate([np.arange(len(present)), spans.session])
    starts = np.concatenate([bounds[:, 0], spans.end_ms])
    order = np.lexsort((starts, session))
    nexts = np.concatenate([spans.start_ms, bounds[:, 1]])
    next_session = np.concatenate([spans.session, np.arange(len(present))])
    next_order = np.lexsort((nexts, next_session))
    start, end, owner = starts[order], nexts[next_order], session[order]
    gap = np.flatnonzero(end > start)
    return _Strokes(owner[gap].astype(np.intp), start[gap], end[gap], np.zeros(gap.size))


def _joined(*parts: _Strokes) -> _Strokes:
    return _Strokes(
        np.concatenate([p.session for p in parts]).astype(np.intp),
        np.concatenate([p.start_ms for p in parts]),
        np.concatenate([p.end_ms for p in parts]),
        np.concatenate([p.power_kw for p in parts]),
    )


def _sorted(strokes: _Strokes) -> _Strokes:
    order = np.lexsort((strokes.start_ms, strokes.session))
    return _Strokes(
        strokes.session[order], strokes.start_ms[order], strokes.end_ms[order], strokes.power_kw[order]
    )


def _soc_before(problem: PlanningProblem, strokes: _Strokes) -> Floats:
    """SoC at the start of every stroke."""
    charged = np.concatenate([[0.0], np.cumsum(strokes.energy_kwh)])
    first = np.searchsorted(strokes.session, np.arange(problem.n_sessions))
    since = charged[:-1] - charged[first][strokes.session]
    before: Floats = _column(problem, "soc")[strokes.session] + since / problem.capacity_kwh[strokes.session]
    return before


def _split_at_soc(problem: PlanningProblem, strokes: _Strokes, border_soc: Floats) -> _Strokes:
    """Split the strokes in which the SoC crosses its session's border, to the millisecond."""
    before = _soc_before(problem, strokes)
    border = border_soc[strokes.session]
    missing_kwh = (border - before) * problem.capacity_kwh[strokes.session]
    span = strokes.end_ms - strokes.start_ms
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = np.where(strokes.power_kw > 0.0, np.round(missing_kwh / strokes.power_kw * MS_PER_HOUR), 0.0)
    crosses = np.flatnonzero((missing_kwh > 0.0) & (offset > 0.0) & (offset < span))
    if crosses.size == 0:
        return strokes
    at = strokes.start_ms[crosses] + offset[crosses].astype(np.int64)
    end_ms = strokes.end_ms.copy()
    end_ms[crosses] = at
    head = _Strokes(strokes.session, strokes.start_ms, end_ms, strokes.power_kw)
    tail = _Strokes(strokes.session[crosses], at, strokes.end_ms[crosses], strokes.power_kw[crosses])
    return _sorted(_joined(head, tail))


def _merged(problem: PlanningProblem, strokes: _Strokes) -> Segments:
    """Neighbours of one session with the same power and tag become one segment."""
    soc = _soc_before(problem, strokes)
    tags = _tags(problem, strokes, soc)
    same = (strokes.session[1:] == strokes.session[:-1]) & (tags[1:] == tags[:-1])
    same &= np.abs(np.diff(strokes.power_kw)) <= SAME_POWER_KW
    same &= (strokes.power_kw[1:] > 0.0) == (strokes.power_kw[:-1] > 0.0)
    starts = np.flatnonzero(np.concatenate([[True], ~same])) if strokes.session.size else np.zeros(0, np.intp)
    ends = np.append(starts[1:], strokes.session.size) - 1 if starts.size else starts
    energy = np.add.reduceat(strokes.energy_kwh, starts) if starts.size else np.zeros(0)
    start_ms, end_ms, session = strokes.start_ms[starts], strokes.end_ms[ends], strokes.session[starts]
    power = energy * MS_PER_HOUR / (end_ms - start_ms)
    before = soc[starts]
    after = _soc_after(problem, session, before, energy)
    full = before >= _column(problem, "target_soc")[session] - SAME_SOC
    unlimited = (power > 0.0) & (power >= problem.max_power_kw[session] - SAME_POWER_KW)
    return Segments(
        first=np.searchsorted(session, np.arange(problem.n_sessions + 1)),
        start_ms=start_ms,
        end_ms=end_ms,
        power_kw=power,
        energy_kwh=energy,
        start_soc=before,
        end_soc=after,
        tags=tags[starts],
        limited=~full & ~unlimited,
        unlimited=unlimited,
    )


def _soc_after(problem: PlanningProblem, session: Index, before: Floats, energy: Floats) -> Floats:
    """SoC at the end of segments; never over the target by a rounding, and a start above it stays."""
    after = before + energy / problem.capacity_kwh[session]
    return np.minimum(after, np.maximum(_column(problem, "target_soc")[session], before))


def _tags(
    problem: PlanningProblem, strokes: _Strokes, soc_before: Floats
) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    """By the SoC in the middle of each stroke: below bulk SoC, above it, and below the minimum too."""
    middle = soc_before + strokes.energy_kwh / problem.capacity_kwh[strokes.session] / 2
    below_bulk: Flags = middle < _column(problem, "bulk_soc")[strokes.session] - SAME_SOC
    below_minimum = middle < _column(problem, "minimum_soc")[strokes.session] - SAME_SOC
    tags = np.where(below_bulk, int(Tag.BULK), int(Tag.TARGET)) | np.where(below_minimum, int(Tag.MINIMUM), 0)
    return tags.astype(np.uint8)
