"""Energy per cell -> plan segments: runs of equal power and equal tag, with SoC along the way.

Works on columns of *strokes* (a session, a span, a power), split where a run ends early and where the
SoC crosses a tag's border, then merged where neither power nor tag changes.
"""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.certificate import Index
from optimiser.charging_curve import least_between
from optimiser.fixed_load import FixedLoad
from optimiser.limits import Flags
from optimiser.pattern import run_power_kw
from optimiser.plan import Segments, Tag
from optimiser.problem import PlanningProblem
from optimiser.series import Floats, Instants
from optimiser.taper import curved_sessions, least_kwh
from optimiser.units import MS_PER_HOUR

SAME_POWER_KW = 1e-6
SAME_SOC = 1e-9


@dataclass(frozen=True, eq=False, slots=True)
class _Strokes:
    """Spans of constant power, ordered by session, then time.

    `power_kw` goes into the battery; `warm_kw` is preconditioning beside it.
    """

    session: Index
    start_ms: Instants
    end_ms: Instants
    power_kw: Floats
    warm_kw: Floats

    @property
    def hours(self) -> Floats:
        return (self.end_ms - self.start_ms) / MS_PER_HOUR

    @property
    def energy_kwh(self) -> Floats:
        return self.power_kw * self.hours

    def take(self, rows: Index) -> "_Strokes":
        return _Strokes(
            self.session[rows],
            self.start_ms[rows],
            self.end_ms[rows],
            self.power_kw[rows],
            self.warm_kw[rows],
        )


def _battery_strokes(session: Index, start_ms: Instants, end_ms: Instants, power_kw: Floats) -> _Strokes:
    return _Strokes(session, start_ms, end_ms, power_kw, np.zeros(power_kw.size))


@dataclass(frozen=True, eq=False, slots=True)
class CellCharging:
    """Cells that charge, in their order; when each one's charging ends, and its power until then."""

    cell: Index
    end_ms: Instants
    power_kw: Floats


def make_segments(problem: PlanningProblem, energy_kwh: Floats, now_ms: int) -> Segments:
    """Segments of every session, covering `[max(arrival, now), departure)`."""
    strokes = _with_preconditioning(problem, _all_strokes(problem, energy_kwh, now_ms))
    for border in (_column(problem, "minimum_soc"), _column(problem, "bulk_soc")):
        strokes = _split_at_soc(problem, strokes, border)
    return _merged(problem, strokes)


def charging_of_cells(problem: PlanningProblem, energy_kwh: Floats) -> CellCharging:
    """The cells that charge, when each one's charging ends, and its power [kW] until then.

    That is the piece's end, or where a run ends inside the piece at its least power. That end is rounded
    up to a millisecond, so that no limit is broken.
    """
    cell = np.flatnonzero(energy_kwh > 0.0)
    piece, hours, kwh = problem.cells.piece[cell], problem.cell_hours[cell], energy_kwh[cell]
    edges = problem.grid.piece_edges_ms
    low = least_kwh(problem, run_power_kw(problem), energy_kwh)[cell] / hours
    early = kwh < low * hours * (1.0 - 1e-9)
    whole_ms = (edges[piece + 1] - edges[piece]).astype(np.float64)
    exact_ms = np.where(early, kwh * MS_PER_HOUR / np.maximum(low, 1e-9), whole_ms)
    span_ms = np.maximum(np.ceil(exact_ms - 1e-6), 1.0)
    return CellCharging(cell, edges[piece] + span_ms.astype(np.int64), kwh * MS_PER_HOUR / span_ms)


def _column(problem: PlanningProblem, name: str) -> Floats:
    return np.array([getattr(session, name) for session in problem.sessions], dtype=np.float64)


def _all_strokes(problem: PlanningProblem, energy_kwh: Floats, now_ms: int) -> _Strokes:
    """Cells that charge, fixed power, and idle time around them."""
    cells = _cell_strokes(problem, energy_kwh)
    fixed = _fixed_strokes(problem)
    idle = _idle_strokes(problem, now_ms, cells, fixed)
    return _sorted(_joined(cells, fixed, idle))


def _cell_strokes(problem: PlanningProblem, energy_kwh: Floats) -> _Strokes:
    """One stroke per cell that charges, one in five: all that follows takes longer the more there are."""
    charging = charging_of_cells(problem, energy_kwh)
    start_ms = problem.grid.piece_starts_ms[problem.cells.piece[charging.cell]]
    session = problem.cell_session[charging.cell]
    return _battery_strokes(session, start_ms, charging.end_ms, charging.power_kw)


def _fixed_strokes(problem: PlanningProblem) -> _Strokes:
    """Power that is given: frozen plans. Vehicles that are not ours to steer get no plan."""
    return _strokes_of(problem, [load for load in _own_loads(problem) if not load.preconditioning])


def _own_loads(problem: PlanningProblem) -> list[FixedLoad]:
    return [load for load in problem.fixed if load.session.vehicle.controllable]


def _strokes_of(problem: PlanningProblem, loads: list[FixedLoad]) -> _Strokes:
    index = {id(session): i for i, session in enumerate(problem.sessions)}
    return _battery_strokes(
        np.array([index[id(load.session)] for load in loads], dtype=np.intp),
        np.array([load.start_ms for load in loads], dtype=np.int64),
        np.array([load.end_ms for load in loads], dtype=np.int64),
        np.array([load.power_kw for load in loads], dtype=np.float64),
    )


def _with_preconditioning(problem: PlanningProblem, strokes: _Strokes) -> _Strokes:
    """The strokes split where preconditioning changes, with its power beside the battery's.

    Sessions and instants are folded into one rising key, so that steps up and down can be summed up.
    """
    warm = _strokes_of(problem, [load for load in _own_loads(problem) if load.preconditioning])
    if warm.session.size == 0:
        return strokes
    origin = int(strokes.start_ms.min())
    width = int(strokes.end_ms.max()) - origin + 1
    edges = np.concatenate([warm.session * width + ms - origin for ms in (warm.start_ms, warm.end_ms)])
    steps = np.concatenate([warm.power_kw, -warm.power_kw])
    starts = strokes.session * width + strokes.start_ms - origin
    ends = strokes.session * width + strokes.end_ms - origin
    row = np.searchsorted(starts, edges, side="right") - 1
    inside = (edges > starts[row]) & (edges < ends[row])
    keys = np.unique(np.concatenate([starts, edges[inside]]))
    of = np.searchsorted(starts, keys, side="right") - 1
    key_ends = np.minimum(ends[of], np.append(keys[1:], ends[-1]))
    order = np.argsort(edges, kind="stable")
    summed = np.concatenate([[0.0], np.cumsum(steps[order])])
    warm_kw = summed[np.searchsorted(edges[order], keys, side="right")]
    session = strokes.session[of]
    return _Strokes(
        session,
        keys - session * width + origin,
        key_ends - session * width + origin,
        strokes.power_kw[of],
        np.where(warm_kw > SAME_POWER_KW, warm_kw, 0.0),
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
    return _battery_strokes(owner[gap].astype(np.intp), start[gap], end[gap], np.zeros(gap.size))


def _joined(*parts: _Strokes) -> _Strokes:
    return _Strokes(
        np.concatenate([p.session for p in parts]).astype(np.intp),
        np.concatenate([p.start_ms for p in parts]),
        np.concatenate([p.end_ms for p in parts]),
        np.concatenate([p.power_kw for p in parts]),
        np.concatenate([p.warm_kw for p in parts]),
    )


def _sorted(strokes: _Strokes) -> _Strokes:
    return strokes.take(np.lexsort((strokes.start_ms, strokes.session)))


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
    end_ms, start_ms = strokes.end_ms.copy(), strokes.start_ms.copy()
    end_ms[crosses] = at
    head = replace(strokes, end_ms=end_ms)
    start_ms[crosses] = at
    tail = replace(strokes, start_ms=start_ms).take(crosses)
    return _sorted(_joined(head, tail))


def _merged(problem: PlanningProblem, strokes: _Strokes) -> Segments:
    """Neighbours of one session with the same power and tag become one segment."""
    soc = _soc_before(problem, strokes)
    tags = _tags(problem, strokes, soc)
    same = (strokes.session[1:] == strokes.session[:-1]) & (tags[1:] == tags[:-1])
    same &= np.abs(np.diff(strokes.power_kw)) <= SAME_POWER_KW
    same &= np.abs(np.diff(strokes.warm_kw)) <= SAME_POWER_KW
    same &= (strokes.power_kw[1:] > 0.0) == (strokes.power_kw[:-1] > 0.0)
    starts = np.flatnonzero(np.concatenate([[True], ~same])) if strokes.session.size else np.zeros(0, np.intp)
    ends = np.append(starts[1:], strokes.session.size) - 1 if starts.size else starts
    energy = np.add.reduceat(strokes.energy_kwh, starts) if starts.size else np.zeros(0)
    start_ms, end_ms, session = strokes.start_ms[starts], strokes.end_ms[ends], strokes.session[starts]
    warm = np.add.reduceat(strokes.warm_kw * strokes.hours, starts) if starts.size else np.zeros(0)
    power = energy * MS_PER_HOUR / (end_ms - start_ms)
    before = soc[starts]
    after = _soc_after(problem, session, before, energy)
    full = before >= _column(problem, "target_soc")[session] - SAME_SOC
    unlimited = (power > 0.0) & (power >= _most_kw(problem, session, before, after) - SAME_POWER_KW)
    return Segments(
        first=np.searchsorted(session, np.arange(problem.n_sessions + 1)),
        start_ms=start_ms,
        end_ms=end_ms,
        power_kw=power + warm * MS_PER_HOUR / (end_ms - start_ms),
        energy_kwh=energy + warm,
        start_soc=before,
        end_soc=after,
        tags=tags[starts],
        limited=~full & ~unlimited,
        unlimited=unlimited,
    )


def _most_kw(problem: PlanningProblem, session: Index, before: Floats, after: Floats) -> Floats:
    """The most that each segment could have at one power: the session's largest, or its curve's least."""
    most = problem.max_power_kw[session].copy()
    for i, curve, _ in curved_sessions(problem):
        for row in np.flatnonzero(session == i):
            most[row] = min(most[row], least_between(curve, float(before[row]), float(after[row])))
    return most


def _soc_after(problem: PlanningProblem, session: Index, before: Floats, energy: Floats) -> Floats:
    """SoC at the end of segments; never over the target by a rounding, and a start above it stays.

    Frozen plans are kept, whatever target they were made for.
    """
    after = before + energy / problem.capacity_kwh[session]
    frozen = np.array([s.frozen is not None for s in problem.sessions], dtype=bool)
    ceiling = np.maximum(_column(problem, "target_soc")[session], before)
    return np.where(frozen[session], after, np.minimum(after, ceiling))


def _tags(
    problem: PlanningProblem, strokes: _Strokes, soc_before: Floats
) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    """By the SoC in the middle of each stroke: below bulk SoC, above it, and below the minimum too."""
    middle = soc_before + strokes.energy_kwh / problem.capacity_kwh[strokes.session] / 2
    below_bulk: Flags = middle < _column(problem, "bulk_soc")[strokes.session] - SAME_SOC
    below_minimum = middle < _column(problem, "minimum_soc")[strokes.session] - SAME_SOC
    tags = np.where(below_bulk, int(Tag.BULK), int(Tag.TARGET)) | np.where(below_minimum, int(Tag.MINIMUM), 0)
    return (tags | np.where(strokes.warm_kw > 0.0, int(Tag.PRECONDITIONING), 0)).astype(np.uint8)
