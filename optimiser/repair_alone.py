"""The depot as one session finds it while all others keep their plans: a request with that session alone.

What they leave under each limit is a cap over time, and only the least of these caps counts for one session.
So a trial has the cells of one vehicle, whatever the size of the depot.
"""

from dataclasses import replace

import numpy as np

from optimiser.domain import ChargingCurve, ChargingSession, PlanRequest, Site, Station
from optimiser.fixed_load import FixedLoad, fixed_loads
from optimiser.limits import make_limits
from optimiser.pattern import run_floor_kw, run_power_kw
from optimiser.plan import Segments
from optimiser.problem import PlanningProblem
from optimiser.ruled_runs import rules_of
from optimiser.run_patterns import Course
from optimiser.runs import ONE_RUN, cheapest_runs
from optimiser.series import Floats, Instants, StepSeries
from optimiser.spread import cheapest_spread
from optimiser.taper import charged_at_once
from optimiser.timegrid import TimeGrid, site_series

# Sums of others' powers jitter by less than this; caps are rounded down to it, so that equal ones merge.
STEP_KW = 1e-9
STRETCHES = 4  # of room in which an unbroken run along a curve is tried


class Beside:
    """What the others' segments take, from now on, under the limits of a planned depot."""

    def __init__(self, request: PlanRequest, problem: PlanningProblem, segments: Segments) -> None:
        self.segments = segments
        self.not_ours = tuple(s for s in request.sessions if not s.vehicle.controllable)
        session = np.repeat(np.arange(problem.n_sessions), np.diff(segments.first))
        self.edges_ms = np.unique(np.concatenate([segments.start_ms, segments.end_ms]))
        under = [np.where(limit.members[session], segments.power_kw, 0.0) for limit in problem.limits]
        self.members = np.array([limit.members for limit in problem.limits])
        spans = segments.start_ms, segments.end_ms
        self.used_kw = np.array([_steps_kw(self.edges_ms, *spans, power_kw) for power_kw in under])

    def request_of(self, i: int, amended: PlanRequest, session: ChargingSession) -> PlanRequest:
        """The amended request with its `session`, the problem's i-th, alone in the room that is left."""
        free = StepSeries.constant(0.0)
        site = replace(
            amended.site,
            power_cap_kw=self._left_kw(i, amended, session),
            base_load_kw=free,
            ac_dc_power_ratio=1.0,
            price_per_kwh=free,
            carbon_g_per_kwh=None,
            demand_charge=None,
            groups=(),
            stations=_stations_of(amended.site, session),
        )
        return replace(amended, site=site, sessions=(session,))

    def _left_kw(self, i: int, amended: PlanRequest, session: ChargingSession) -> StepSeries:
        """The power [kW, DC] left under all limits of a session during its stay."""
        given = fixed_loads(amended, self.not_ours)
        edges_ms = self._edges(amended, session, given)
        grid, starts_ms = TimeGrid(edges_ms[[0, -1]], edges_ms), edges_ms[:-1]
        row = np.searchsorted(self.edges_ms, starts_ms, side="right") - 1
        own_kw = self._own_kw(i, starts_ms)
        site = replace(amended.site, stations=_stations_of(amended.site, session))
        above = [limit for limit in make_limits((session,), site, grid, given) if limit.members[0]]
        left = [
            limit.room_kwh / grid.piece_hours - used_kw[row] + own_kw
            for limit, used_kw in zip(above, self.used_kw[self.members[:, i]], strict=True)
        ]
        most_kw = session.vehicle.max_power_kw if session.preconditioning is None else np.inf
        left_kw = np.floor(np.clip(np.min(left, axis=0), 0.0, most_kw) / STEP_KW) * STEP_KW
        changes = np.append(True, np.diff(left_kw) != 0.0)
        return StepSeries(starts_ms[changes], left_kw[changes])

    def _edges(
        self, amended: PlanRequest, session: ChargingSession, given: tuple[FixedLoad, ...]
    ) -> Instants:
        """When any of the powers may change during the stay."""
        start_ms, end_ms = max(session.arrival_ms, amended.now_ms), session.departure_ms
        marks = [np.array([edge for load in given for edge in (load.start_ms, load.end_ms)], dtype=np.int64)]
        marks += [self.edges_ms, *(series.starts_ms for series in site_series(amended.site))]
        inside = np.concatenate(marks)
        inside = inside[(inside > start_ms) & (inside < end_ms)]
        return np.unique(np.append(inside, [start_ms, end_ms]))

    def _own_kw(self, i: int, starts_ms: Instants) -> Floats:
        rows = self.segments.rows(i)
        row = np.searchsorted(self.segments.start_ms[rows], starts_ms, side="right") - 1
        there = starts_ms < self.segments.end_ms[rows][-1]
        own_kw: Floats = np.where(there, self.segments.power_kw[rows][row], 0.0)
        return own_kw


def _stations_of(site: Site, session: ChargingSession) -> tuple[Station, ...]:
    return tuple(station for station in site.stations if station.station_id == session.station_id)


def _steps_kw(edges_ms: Instants, start_ms: Instants, end_ms: Instants, power_kw: Floats) -> Floats:
    """Sum of powers from each edge on; starts and ends are among the edges."""
    steps = np.zeros(edges_ms.size)
    np.add.at(steps, np.searchsorted(edges_ms, start_ms), power_kw)
    np.add.at(steps, np.searchsorted(edges_ms, end_ms), -power_kw)
    summed: Floats = np.cumsum(steps)
    return summed


def most_alone(problem: PlanningProblem, aim_kwh: float) -> float:
    """What the only session of a problem can take by its rules: exactly where that may be its aim.

    Where even all that its least power leaves it is less, that is the answer.
    """
    room_kwh = np.min([limit.room_kwh for limit in problem.limits], axis=0)[problem.cells.piece]
    high_kwh = np.minimum(problem.cells.upper_kwh, room_kwh)
    stretches = _stretches(high_kwh, float(run_floor_kw(problem)[0]) * problem.cell_hours)
    is_ruled = bool(problem.bound_to_runs[0])
    n_runs = int(problem.max_pauses[0]) + 1 if is_ruled else len(stretches)
    most_kwh = float(sum(charged_kwh for _, charged_kwh in stretches[:n_runs]))
    curve = problem.sessions[0].vehicle.charging_curve
    if most_kwh < aim_kwh or (curve is None and not problem.needs_commitment[0]):
        return most_kwh
    if curve is None:
        return _by_rules(problem, high_kwh, is_ruled=is_ruled)
    starts = [start for start, _ in stretches[:STRETCHES]] if is_ruled else []
    return _along(problem, curve, high_kwh, [0, *starts] if problem.pausable[0] else starts)


def _stretches(high_kwh: Floats, low_kwh: Floats) -> list[tuple[int, float]]:
    """Where stretches of cells begin in which the least power has room, and all their room; largest first."""
    usable = np.concatenate([[False], high_kwh >= low_kwh, [False]])
    first, last = np.flatnonzero(usable[1:] & ~usable[:-1]), np.flatnonzero(usable[:-1] & ~usable[1:])
    until = np.concatenate([[0.0], np.cumsum(high_kwh)])
    charged = until[last] - until[first]
    order = np.argsort(-charged, kind="stable")
    return [(int(first[k]), float(charged[k])) for k in order]


def _by_rules(problem: PlanningProblem, high_kwh: Floats, *, is_ruled: bool) -> float:
    """Energy of the earliest runs, or of the earliest pieces."""
    low_kwh = float(run_power_kw(problem)[0]) * problem.cell_hours
    need_kwh, price = float(problem.need_kwh[0]), problem.middle_hours[problem.cells.piece]
    course = Course(price, low_kwh, high_kwh, problem.cell_hours)
    run = cheapest_runs(course, need_kwh, rules_of(problem, 0) if is_ruled else ONE_RUN)
    run = run if is_ruled else cheapest_spread(price, low_kwh, high_kwh, need_kwh, run)
    return 0.0 if run is None else float(run.energy_kwh.sum())


def _along(problem: PlanningProblem, curve: ChargingCurve, high_kwh: Floats, starts: list[int]) -> float:
    """The most energy along a curve, charging as soon as can be from one of these cells on."""
    cells = np.arange(high_kwh.size)
    taken = [charged_at_once(problem, 0, curve, np.where(cells >= k, high_kwh, 0.0)) for k in starts]
    return max((float(energy_kwh.sum()) for energy_kwh in taken), default=0.0)
