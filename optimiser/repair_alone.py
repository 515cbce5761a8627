"""The depot as one session finds it while all others keep their plans: a request with that session alone.

What they leave under each limit is a cap over time, and only the least of these caps counts for one session.
So a trial has the cells of one vehicle, whatever the size of the depot.
"""

from dataclasses import replace

import numpy as np

from optimiser.domain import ChargingSession, PlanRequest, Site, Station
from optimiser.fixed_load import FixedLoad, fixed_loads
from optimiser.limits import make_limits
from optimiser.plan import Segments
from optimiser.problem import PlanningProblem
from optimiser.series import Floats, Instants, StepSeries
from optimiser.timegrid import TimeGrid, site_series

# Sums of others' powers jitter by less than this; caps are rounded down to it, so that equal ones merge.
STEP_KW = 1e-9


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
