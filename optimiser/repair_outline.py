"""The depot with one repair, as the relaxed flows of its trials need it: without slots, prices and curves.

It is laid out once, up to the longest delay. A repair then changes a limit, a power or a departure in
arrays, some ten times sooner than the request is built anew. That is done where more would change: where
preconditioning moves or was cut, load is over a cap on its own, or a connector feeds a load that is given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimiser.amendments import (
    ALLOW_PAUSING,
    BY_KW,
    DELAY_DEPARTURE,
    LOWER_MIN_POWER,
    RAISE_CONNECTOR,
    RAISE_GROUP_CAP,
    RAISE_SITE_CAP,
    amended,
)
from optimiser.certificate import Index
from optimiser.domain import ChargingSession, PlanRequest, Site
from optimiser.fixed_load import fixed_loads
from optimiser.limits import laid_out, make_limits
from optimiser.plan import Repair
from optimiser.problem import (
    PlanningProblem,
    build_problem,
    cells_between,
    charging_windows,
    largest_power_kw,
    pauses_allowed,
    window_kwh,
)
from optimiser.series import Floats, Instants, StepSeries
from optimiser.timegrid import TimeGrid, site_series
from optimiser.units import MS_PER_DAY, MS_PER_HOUR

ONE_SLOT_MINUTES = 1_000_000
LONGEST_DELAY_MS = MS_PER_DAY  # who waits for longer misses the next day's trip as well

_CAPS = (RAISE_SITE_CAP, RAISE_GROUP_CAP)
_IN_ARRAYS = (*_CAPS, RAISE_CONNECTOR, DELAY_DEPARTURE, LOWER_MIN_POWER, ALLOW_PAUSING)


def problem_of(request: PlanRequest) -> PlanningProblem:
    """The arrays of a request with dated sessions."""
    ours = tuple(session for session in request.sessions if session.vehicle.controllable)
    return build_problem(request, ours, fixed_loads(request, request.sessions), request.site)


def without_slots(request: PlanRequest) -> PlanRequest:
    """The request with no prices and one slot, which changes no relaxed flow of the most energy."""
    site = replace(
        request.site, price_per_kwh=StepSeries.constant(0.0), carbon_g_per_kwh=None, demand_charge=None
    )
    return replace(request, site=site, slot_minutes=ONE_SLOT_MINUTES)


@dataclass(frozen=True, eq=False)
class Amended:
    """The depot with a repair, as its session sees it; `problem` is all of it, laid out when first asked for.

    Room [kWh] under each limit in each piece between `edges_ms`; the session's need, and the most that it
    can take in each of its `pieces`.
    """

    edges_ms: Instants
    rooms_kwh: Sequence[Floats]
    need_kwh: float
    pieces: slice
    upper_kwh: Floats
    make: Callable[[], PlanningProblem]

    @cached_property
    def problem(self) -> PlanningProblem:
        """The relaxed problem of the whole depot."""
        return self.make()


def _seen_by(problem: PlanningProblem, i: int) -> Amended:
    cells = slice(int(problem.cells.first_cell[i]), int(problem.cells.first_cell[i + 1]))
    pieces = problem.cells.piece[cells]
    return Amended(
        problem.grid.piece_edges_ms,
        [limit.room_kwh for limit in problem.limits],
        float(problem.need_kwh[i]),
        slice(int(pieces[0]), int(pieces[-1]) + 1) if pieces.size else slice(0, 0),
        problem.cells.upper_kwh[cells],
        lambda: problem,
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Change:
    """What a repair changes: when charging ends, how strong it is, how much more each limit lets through."""

    sessions: tuple[ChargingSession, ...]
    ends_ms: Instants
    power_kw: Floats
    more_kw: dict[str, float]
    window: tuple[int, int] | None = None


class Outline:
    """The depot of a request with dated sessions; session i is the i-th that the planner steers."""

    def __init__(self, request: PlanRequest) -> None:
        self.request = without_slots(request)
        self.plain = problem_of(self.request)
        self.starts_ms, self.ends_ms = charging_windows(self.plain.sessions, request.now_ms)
        grid = self._long_grid()
        self.grid = grid
        self.limits = make_limits(self.plain.sessions, self.request.site, grid, self.plain.fixed)
        self.room_kw = np.array([limit.room_kwh for limit in self.limits]) / grid.piece_hours
        fixed_kw = laid_out(self.plain.fixed, grid) * self.plain.ac_per_dc
        self.immovable_kw = self.request.site.base_load_kw.at(grid.piece_starts_ms) + fixed_kw
        self.is_overloaded = any(limit.overloaded.any() for limit in self.limits)
        self.feeds_others = any(not load.session.vehicle.controllable for load in self.plain.fixed)

    def with_repair(self, i: int, repair: Repair) -> Amended:
        """The depot with a repair for session i."""
        if not self._in_arrays(i, repair.kind):
            return _seen_by(problem_of(amended(self.request, self.plain.sessions[i], repair)), i)
        if repair.kind == ALLOW_PAUSING:
            return _seen_by(self._pausing(i), i)
        change = self._change(i, repair)
        edges_ms = self._edges(change)
        piece = np.searchsorted(self.grid.piece_edges_ms, edges_ms[:-1], side="right") - 1
        rooms_kwh = self._raised_kw(change, edges_ms, piece) * np.diff(edges_ms) / MS_PER_HOUR
        first, last = np.searchsorted(edges_ms, [self.starts_ms[i], change.ends_ms[i]]).tolist()
        own_hours = np.diff(edges_ms[first : last + 1]) / MS_PER_HOUR
        return Amended(
            edges_ms,
            tuple(rooms_kwh),
            float(self.plain.need_kwh[i]),
            slice(first, last),
            change.power_kw[i] * own_hours,
            lambda: self._problem(change, edges_ms, piece, rooms_kwh),
        )

    def _in_arrays(self, i: int, kind: str) -> bool:
        """Whether all that changes is what `_change` says."""
        kind = kind.partition(":")[0]
        if kind not in _IN_ARRAYS or self.plain.preconditioning_cut or self.is_overloaded:
            return False
        if kind == DELAY_DEPARTURE:
            return self.plain.sessions[i].preconditioning is None
        return kind != RAISE_CONNECTOR or not self.feeds_others

    def _long_grid(self) -> TimeGrid:
        """The pieces of the request, and those that follow them up to the longest delay."""
        edges_ms = self.plain.grid.piece_edges_ms
        last_ms = int(edges_ms[-1])
        end_ms = last_ms + LONGEST_DELAY_MS
        later = [series.edges_between(last_ms, end_ms) for series in site_series(self.request.site)]
        given = [load.end_ms for load in self.plain.fixed if last_ms < load.end_ms < end_ms]
        edges = np.unique(np.concatenate([edges_ms, *later, np.array([*given, end_ms], dtype=np.int64)]))
        return TimeGrid(edges[[0, -1]], edges)

    def _change(self, i: int, repair: Repair) -> _Change:
        """A repair of one of the kinds with an amount."""
        sessions, power_kw = self.plain.sessions, self.plain.max_power_kw
        session = sessions[i]
        kind, _, name = repair.kind.partition(":")
        if kind in _CAPS:
            raised = {"site" if kind == RAISE_SITE_CAP else f"group:{name}": self._dc_kw(repair)}
            return _Change(sessions, self.ends_ms, power_kw, raised, repair.window)
        after = amended(replace(self.request, sessions=(session,)), session, repair)
        if kind == RAISE_CONNECTOR:
            raised = {f"station:{session.station_id}": repair.amounts[BY_KW]}
            return _Change(sessions, self.ends_ms, self._powers_at(session.station_id, after), raised)
        sessions = (*sessions[:i], *after.sessions, *sessions[i + 1 :])
        power_kw, ends_ms = power_kw.copy(), self.ends_ms.copy()
        power_kw[i] = _most_kw(after.sessions[0], after.site)
        ends_ms[i] = after.sessions[0].charge_until_ms
        return _Change(sessions, ends_ms, power_kw, {})

    def _dc_kw(self, repair: Repair) -> float:
        return repair.amounts[BY_KW] / self.plain.ac_per_dc

    def _powers_at(self, station_id: str | None, after: PlanRequest) -> Floats:
        """Largest powers, those of a station's sessions as the amended site has them."""
        power_kw = self.plain.max_power_kw.copy()
        for place, session in enumerate(self.plain.sessions):
            if session.station_id == station_id:
                power_kw[place] = _most_kw(session, after.site)
        return power_kw

    def _edges(self, change: _Change) -> Instants:
        """Edges of the pieces, up to where the last may charge or the request's own pieces end."""
        known = self.grid.piece_edges_ms
        end_ms = max(int(change.ends_ms.max()), int(self.plain.grid.piece_edges_ms[-1]))
        marks = np.concatenate([known, change.ends_ms, change.window or ()]).astype(np.int64)
        return np.unique(marks[(marks >= known[0]) & (marks <= end_ms)])

    def _raised_kw(self, change: _Change, edges_ms: Instants, piece: Index) -> Floats:
        """Room [kW] under each limit in pieces that lie in these of the long grid."""
        room_kw: Floats = self.room_kw[:, piece]
        within = np.ones(piece.size, dtype=bool)
        if change.window is not None:
            within = (edges_ms[:-1] >= change.window[0]) & (edges_ms[:-1] < change.window[1])
        for limit_id, more_kw in change.more_kw.items():
            rows = [row for row, limit in enumerate(self.limits) if limit.limit_id == limit_id]
            room_kw[rows] += np.where(within, more_kw, 0.0)
        return room_kw

    def _problem(
        self, change: _Change, edges_ms: Instants, piece: Index, rooms_kwh: Floats
    ) -> PlanningProblem:
        grid = TimeGrid(edges_ms[[0, -1]], edges_ms)
        hours, nothing = grid.piece_hours, np.zeros(piece.size)
        cells = cells_between(self.starts_ms, change.ends_ms, grid, change.power_kw)
        never = np.zeros(piece.size, dtype=bool)
        limits = tuple(
            replace(limit, room_kwh=room_kwh, overloaded=never)
            for limit, room_kwh in zip(self.limits, rooms_kwh, strict=True)
        )
        return replace(
            self.plain,
            sessions=change.sessions,
            grid=grid,
            cells=cells,
            window_kwh=window_kwh(self.starts_ms, change.ends_ms, change.power_kw),
            limits=limits,
            max_power_kw=change.power_kw,
            hours=hours,
            immovable_kw=self.immovable_kw[piece],
            price_per_kwh=nothing,
            carbon_kg_per_kwh=nothing,
            middle_hours=(edges_ms[:-1] - edges_ms[0]) / MS_PER_HOUR + hours / 2,
            curves=None,
            running=None,
        )

    def _pausing(self, i: int) -> PlanningProblem:
        """As it is, for a relaxed flow; whether the depot is linear may hang on it."""
        max_pauses = self.plain.max_pauses.copy()
        max_pauses[i] = pauses_allowed(self.request)
        return replace(self.plain, max_pauses=max_pauses, pausable=max_pauses > 0)


def _most_kw(session: ChargingSession, site: Site) -> float:
    return largest_power_kw(session, site.supply_limit_kw(session.station_id, session.connector_id))
