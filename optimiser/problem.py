"""The planning problem as arrays, validated once: what every engine solves and no engine changes.

One variable per *cell*: a session in a piece of time inside its window, and no others. Its value is
the energy [kWh, DC] charged there. Position i means session i, position j piece j, position k cell k,
everywhere.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimiser.certificate import Cells, Index
from optimiser.curve_rows import CurveRows, curve_floor_kw, curve_limit_kw, make_curve_rows
from optimiser.domain import ChargingSession, PlanRequest, ShortfallPolicy, Site
from optimiser.fixed_load import FixedLoad
from optimiser.limits import SITE, Flags, Limit, laid_out, make_limits
from optimiser.paths import NONE, Paths, Tree, make_paths, make_tree
from optimiser.preconditioning import is_cut, under_limits, wanted_preconditioning
from optimiser.run_rules import ANY_NUMBER
from optimiser.running import RunningPlan, running_plan
from optimiser.series import Floats, Instants
from optimiser.timegrid import TimeGrid, make_timegrid
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE

# A session that lacks no more has reached its target.
REACHED_KWH = 1e-6


@dataclass(frozen=True, eq=False, slots=True)
class PeakCharge:
    """Money per kW of AC peak over `floor_kw`, in the pieces flagged by `counts`."""

    price_per_kw: float
    floor_kw: float
    counts: Flags


@dataclass(frozen=True, eq=False)
class PlanningProblem:
    """All arrays of one depot's plan.

    Per session: `need_kwh` (to the target), `minimum_need_kwh` (its part below the minimum SoC),
    `capacity_kwh` (battery), `priority`, `min_power_kw`, `max_power_kw` (with its connector's limit),
    `pausable`, `charging_now`, `max_pauses` (0 if not pausable), `run_left_hours` (how long a run that is
    under way has to go on; any run lasts `min_run_hours`). Per piece: `hours`, `immovable_kw` (AC: base
    load and fixed load), `price_per_kwh`, `carbon_kg_per_kwh` (both per DC kWh), `middle_hours` (from now).
    Per cell: `cells.upper_kwh`, `raised_kwh`, which are lower bounds once a commitment has set some, and
    those of the `running` plan, if there is any (`optimiser.running`). `curved` are the sessions with a
    curve. `window_kwh` is what each session can take in its whole window, as long as its cells are as they
    were built.
    """

    sessions: tuple[ChargingSession, ...]
    grid: TimeGrid
    site: Site
    cells: Cells
    limits: tuple[Limit, ...]
    need_kwh: Floats
    minimum_need_kwh: Floats
    capacity_kwh: Floats
    priority: Floats
    min_power_kw: Floats
    max_power_kw: Floats
    pausable: Flags
    charging_now: Flags
    max_pauses: Index
    run_left_hours: Floats
    min_run_hours: float
    hours: Floats
    immovable_kw: Floats
    price_per_kwh: Floats
    carbon_kg_per_kwh: Floats
    middle_hours: Floats
    demand: PeakCharge | None
    fixed: tuple[FixedLoad, ...]
    preconditioning_cut: bool
    curves: CurveRows | None
    curved: Index
    running: RunningPlan | None
    has_power_rules: bool
    shortfall_policy: ShortfallPolicy = ShortfallPolicy.FAIR
    window_kwh: Floats | None = None
    raised_kwh: Floats | None = None

    @property
    def n_sessions(self) -> int:
        """Number of sessions."""
        return self.need_kwh.size

    @property
    def n_pieces(self) -> int:
        """Number of pieces."""
        return self.hours.size

    @property
    def running_kwh(self) -> Floats | None:
        """The running plan's energy in every cell, infinite for sessions without one; None without a plan."""
        return None if self.running is None else self.running.kwh

    @cached_property
    def cell_session(self) -> Index:
        """The session of each cell."""
        return self.cells.session

    @cached_property
    def cell_hours(self) -> Floats:
        """Length of each cell's piece [h]."""
        return self.hours[self.cells.piece]

    @cached_property
    def largest_kwh(self) -> Floats:
        """What each cell could take at its session's largest power, whatever its bounds are."""
        largest: Floats = self.max_power_kw[self.cell_session] * self.cell_hours
        return largest

    @cached_property
    def lower_kwh(self) -> Floats:
        """The least that each cell takes."""
        return np.zeros(self.cells.piece.size) if self.raised_kwh is None else self.raised_kwh

    @cached_property
    def held_kwh(self) -> Floats:
        """The least that each session takes in all its cells."""
        if self.raised_kwh is None:
            return np.zeros(self.n_sessions)
        return self.delivered_kwh(self.raised_kwh)

    @cached_property
    def ac_per_dc(self) -> float:
        """AC kWh drawn for one DC kWh delivered."""
        return 1.0 / self.site.ac_dc_power_ratio

    @cached_property
    def kwh_per_kw(self) -> Floats:
        """DC energy that one AC kW is worth in each piece."""
        return self.hours / self.ac_per_dc

    @cached_property
    def bound_to_runs(self) -> Flags:
        """Sessions that may not switch as they like."""
        return (self.max_pauses < ANY_NUMBER) | (self.min_run_hours > 0.0)

    @cached_property
    def needs_commitment(self) -> Flags:
        """Sessions whose rules a linear programme cannot hold: least power, or rules of their runs."""
        return (self.min_power_kw > 0.0) | self.bound_to_runs

    @cached_property
    def has_rules(self) -> bool:
        """Whether any session has such rules."""
        free = self.min_run_hours <= 0.0 and bool(self.max_pauses.min(initial=ANY_NUMBER) >= ANY_NUMBER)
        return not free or bool(self.min_power_kw.any())

    @cached_property
    def reach_kwh(self) -> Floats:
        """The most that each session can take in all its cells."""
        return self.delivered_kwh(self.cells.upper_kwh) if self.window_kwh is None else self.window_kwh

    @cached_property
    def alone_kwh(self) -> Floats:
        """What each session could get if it stood alone: its need, or the most in all its cells."""
        return np.minimum(self.reach_kwh, self.need_kwh)

    @cached_property
    def windows_suffice(self) -> bool:
        """Whether every session's own window is enough for its need."""
        return bool((self.need_kwh <= self.reach_kwh).all())

    @cached_property
    def paths(self) -> Paths:
        """Which limits each session is under."""
        return make_paths(self.limits)

    @cached_property
    def tree(self) -> Tree | None:
        """The limits as a tree below the site; None where they overlap."""
        if len(self.limits) == 1 and self.limits[0].limit_id == SITE:
            return Tree.of_site_alone(self.n_sessions)
        return make_tree(self.paths)

    @cached_property
    def rooms_kwh(self) -> Floats:
        """Room under each limit in each piece."""
        return np.array([limit.room_kwh for limit in self.limits])

    def used_by_limits(self, energy_kwh: Floats) -> Floats:
        """Energy charged under each limit in each piece, with these energies per cell."""
        used = np.zeros(len(self.limits) * self.n_pieces)
        for limit in self.paths.limit:
            of_cell = limit[self.cell_session]
            under = of_cell != NONE
            place = of_cell[under] * self.n_pieces + self.cells.piece[under]
            used += np.bincount(place, energy_kwh[under], minlength=used.size)
        return used.reshape(-1, self.n_pieces)

    def spare_kwh(self, energy_kwh: Floats) -> Floats:
        """Room left under each limit in each piece; below 0 by a rounding where it is full."""
        return self.rooms_kwh - self.used_by_limits(energy_kwh)

    def used_kwh(self, limit: Limit, energy_kwh: Floats) -> Floats:
        """Energy that the members of one limit charge in each piece, with these energies per cell."""
        members = limit.members[self.cell_session]
        return self.by_piece(np.where(members, energy_kwh, 0.0))

    def load_kw(self, energy_kwh: Floats) -> Floats:
        """AC load of the site in each piece with these energies per cell, immovable load included."""
        charged = self.by_piece(energy_kwh)
        return self.immovable_kw + charged * self.ac_per_dc / self.hours

    def delivered_kwh(self, energy_kwh: Floats) -> Floats:
        """Energy per session with these energies per cell."""
        return self.cells.summed(energy_kwh)

    def is_at_target(self, i: int, energy_kwh: float) -> bool:
        """Whether so much energy brings a session to its target, but for rounding."""
        return bool(energy_kwh >= self.need_kwh[i] - REACHED_KWH)

    def by_piece(self, values: Floats) -> Floats:
        """Sums over each piece of values per cell."""
        sums = np.bincount(self.cells.piece, values, minlength=self.n_pieces)
        return sums.astype(np.float64)

    def with_bounds(self, lower_kwh: Floats, upper_kwh: Floats) -> "PlanningProblem":
        """The same problem with other bounds on the cells."""
        cells = replace(self.cells, upper_kwh=upper_kwh)
        return replace(self, cells=cells, raised_kwh=lower_kwh, window_kwh=None)

    def without_curves(self) -> "PlanningProblem":
        """The same problem, deaf to charging curves."""
        return self if self.curves is None else replace(self, curves=None)

    def keeping_curves(self) -> "PlanningProblem":
        """The same problem with its curves as a plan must keep them, not relaxed."""
        return self if self.curves is None else replace(self, curves=self.curves.kept_by_plans())

    def without_commitment(self) -> "PlanningProblem":
        """The same problem with no least power, and every vehicle able to switch as it likes."""
        return replace(
            self,
            min_power_kw=np.zeros(self.n_sessions),
            pausable=np.ones(self.n_sessions, dtype=bool),
            max_pauses=np.full(self.n_sessions, ANY_NUMBER),
            min_run_hours=0.0,
        )

    def with_rooms(self, rooms_kwh: tuple[Floats, ...]) -> "PlanningProblem":
        """The same problem with other room under its limits, in their order."""
        limits = tuple(
            replace(limit, room_kwh=room) for limit, room in zip(self.limits, rooms_kwh, strict=True)
        )
        return replace(self, limits=limits)


def build_problem(
    request: PlanRequest, sessions: tuple[ChargingSession, ...], given: tuple[FixedLoad, ...], site: Site
) -> PlanningProblem:
    """Lay these dated sessions and the site's series on the grid of pieces.

    `sessions` are those that get a plan, `given` is load that cannot be moved, frozen plans included;
    `site` is the request's with its prices carried on to the last departure. Frozen sessions have no
    cells and no need. Preconditioning takes its room before any charging.
    """
    warm = wanted_preconditioning(sessions, request.now_ms)
    grid = make_timegrid(request, sessions, site, given + warm)
    supply_kw = _supply_kw(sessions, site)
    warmed = (
        under_limits(warm, sessions, make_limits(sessions, site, grid, given), supply_kw, grid)
        if warm
        else ()
    )
    fixed = given + warmed
    supplied = zip(sessions, supply_kw.tolist(), strict=True)
    max_power_kw = np.array([largest_power_kw(session, kw) for session, kw in supplied], dtype=np.float64)
    window = charging_windows(sessions, request.now_ms)
    cells = cells_between(*window, grid, max_power_kw)
    starts, hours = grid.piece_starts_ms, grid.piece_hours
    ac_per_dc = 1.0 / site.ac_dc_power_ratio
    open_need = np.array([session.frozen is None for session in sessions], dtype=np.float64)
    max_pauses = _max_pauses(request, sessions)
    charging_now = np.array([s.charging_now and s.arrival_ms <= request.now_ms for s in sessions], dtype=bool)
    carbon = site.carbon_g_per_kwh.at(starts) / 1000.0 if site.carbon_g_per_kwh else np.zeros(hours.size)
    problem = PlanningProblem(
        sessions=sessions,
        grid=grid,
        site=site,
        cells=cells,
        limits=make_limits(sessions, site, grid, fixed),
        need_kwh=_column(sessions, "energy_need_kwh") * open_need,
        minimum_need_kwh=_column(sessions, "minimum_need_kwh") * open_need,
        capacity_kwh=np.array([s.vehicle.battery_capacity_kwh for s in sessions]),
        priority=_column(sessions, "priority"),
        min_power_kw=np.array([s.vehicle.min_power_kw for s in sessions]),
        max_power_kw=max_power_kw,
        pausable=max_pauses > 0,
        charging_now=charging_now,
        max_pauses=max_pauses,
        run_left_hours=np.where(charging_now, _run_left_hours(request, sessions), 0.0),
        min_run_hours=request.min_run_minutes * MS_PER_MINUTE / MS_PER_HOUR,
        hours=hours,
        immovable_kw=site.base_load_kw.at(starts) + laid_out(fixed, grid) * ac_per_dc,
        price_per_kwh=site.price_per_kwh.at(starts) * ac_per_dc,
        carbon_kg_per_kwh=carbon * ac_per_dc,
        middle_hours=(starts - request.now_ms) / MS_PER_HOUR + hours / 2,
        demand=_demand(site, grid),
        fixed=fixed,
        preconditioning_cut=is_cut(warm, warmed),
        curves=make_curve_rows(sessions, cells, hours, max_power_kw),
        curved=np.flatnonzero([session.vehicle.charging_curve is not None for session in sessions]),
        running=running_plan(sessions, cells, grid),
        has_power_rules=any(session.power_rules for session in sessions),
        shortfall_policy=request.shortfall_policy,
        window_kwh=window_kwh(*window, max_power_kw),
    )
    # Every solve reads these first, and reading them is the whole of laying them out.
    _ = problem.has_rules, problem.tree, problem.rooms_kwh, problem.alone_kwh, problem.windows_suffice
    return problem


def _column(sessions: tuple[ChargingSession, ...], name: str) -> Floats:
    return np.array([getattr(session, name) for session in sessions], dtype=np.float64)


def _max_pauses(request: PlanRequest, sessions: tuple[ChargingSession, ...]) -> Index:
    """What the request allows, and none for vehicles that cannot pause."""
    most = pauses_allowed(request)
    return np.array([most if s.vehicle.pausable else 0 for s in sessions], dtype=np.intp)


def pauses_allowed(request: PlanRequest) -> int:
    """The most pauses of a vehicle that can pause."""
    return ANY_NUMBER if request.max_pauses is None else min(request.max_pauses, ANY_NUMBER)


def _run_left_hours(request: PlanRequest, sessions: tuple[ChargingSession, ...]) -> Floats:
    """What a run that is under way lacks of the least length; nothing where its beginning is not known."""
    least_ms = request.min_run_minutes * MS_PER_MINUTE
    begun_ms = [s.charging_since_ms for s in sessions]
    lasted_ms = [least_ms if begun is None else request.now_ms - begun for begun in begun_ms]
    return np.maximum(least_ms - np.array(lasted_ms, dtype=np.float64), 0.0) / MS_PER_HOUR


def _supply_kw(sessions: tuple[ChargingSession, ...], site: Site) -> Floats:
    """The most that each session's connector and station let through."""
    stations = {station.station_id: station for station in site.stations}
    wanted = [(stations.get(s.station_id or ""), s.connector_id) for s in sessions]
    return np.array([np.inf if at is None else at.supply_limit_kw(plug) for at, plug in wanted])


def largest_power_kw(session: ChargingSession, supply_kw: float) -> float:
    """The vehicle's own limit, its connector's and its station's; 0 where its least power is above that."""
    largest_kw = min(session.vehicle.max_power_kw, supply_kw)
    usable = largest_kw >= min(session.vehicle.min_power_kw, curve_floor_kw(session))
    return min(largest_kw, curve_limit_kw(session)) if usable else 0.0


def charging_windows(sessions: tuple[ChargingSession, ...], now_ms: int) -> tuple[Instants, Instants]:
    """From when and until when each session may charge; it ends first where nothing is planned by us."""
    starts = np.array([max(s.arrival_ms, now_ms) for s in sessions], dtype=np.int64)
    ends = np.array([_last_instant(s, now_ms) for s in sessions], dtype=np.int64)
    return starts, ends


def cells_between(starts_ms: Instants, ends_ms: Instants, grid: TimeGrid, max_power_kw: Floats) -> Cells:
    """One cell per session and piece in `[start, end)`, both edges of the grid; none where it ends first."""
    first = np.searchsorted(grid.piece_edges_ms, starts_ms)
    last = np.searchsorted(grid.piece_edges_ms, np.maximum(ends_ms, starts_ms))
    return Cells.in_windows(first, np.maximum(last - first, 0), max_power_kw, grid.piece_hours)


def window_kwh(starts_ms: Instants, ends_ms: Instants, max_power_kw: Floats) -> Floats:
    """The most that each session takes from start to end."""
    most: Floats = max_power_kw * np.maximum(ends_ms - starts_ms, 0) / MS_PER_HOUR
    return most


def _last_instant(session: ChargingSession, now_ms: int) -> int:
    """When charging must be over; at once for sessions that are not planned by us."""
    planned = session.frozen is None and session.energy_need_kwh > 0.0
    return session.charge_until_ms if planned else now_ms


def _demand(site: Site, grid: TimeGrid) -> PeakCharge | None:
    charge = site.demand_charge
    if charge is None:
        return None
    starts = grid.piece_starts_ms
    counts = np.full(starts.size, not charge.windows)
    for window in charge.windows:
        counts |= (starts >= window.start_ms) & (starts < window.end_ms)
    return PeakCharge(charge.price_per_kw, charge.billed_peak_kw, counts)
