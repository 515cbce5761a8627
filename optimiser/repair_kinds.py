"""Which kinds of repair come into question for a session, in what range, and what a cut says of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from optimiser.amendments import (
    BY_KW,
    BY_MINUTES,
    DELAY_DEPARTURE,
    LOWER_MIN_POWER,
    RAISE_CONNECTOR,
    RAISE_GROUP_CAP,
    RAISE_SITE_CAP,
    TO_KW,
)
from optimiser.delivery import cell_prices
from optimiser.domain import ChargingSession, PlanRequest
from optimiser.engines.base import Prices
from optimiser.limits import Flags
from optimiser.network import Network
from optimiser.plan import Repair, Shortfall
from optimiser.problem import PlanningProblem
from optimiser.series import Floats
from optimiser.smallest import Range
from optimiser.units import MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE

# How exact the answers are: well inside the kW and the minute that a plan promises. With least power or
# unbroken runs every trial is a plan, so fewer of them.
LINEAR_UNIT_KW = 0.1
RULED_UNIT_KW = 0.5
UNIT_MINUTES = 1.0
LONGEST_DELAY_MS = MS_PER_DAY  # who waits for longer misses the next day's trip as well

Gain = Callable[[PlanningProblem, Prices], float]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of repair for one session.

    `make` turns an amount into a repair. `gain` is the most energy [kWh] that a unit of amount adds across a
    cut, and `rate` the most that it adds at all.
    """

    make: Callable[[float], Repair]
    within: Range
    gain: Gain
    rate: float


def kinds_for(
    request: PlanRequest, problem: PlanningProblem, shortfall: Shortfall, *, linear: bool
) -> Iterator[Kind]:
    """The kinds with an amount. Caps are raised where they bite; by rules that may be anywhere in the stay."""
    i, unit_kw = shortfall.session, LINEAR_UNIT_KW if linear else RULED_UNIT_KW
    for l, limit in enumerate(problem.limits):
        kind, _, name = limit.limit_id.partition(":")
        if limit.members[i] and kind in ("site", "group"):
            code = "site-cap" if kind == "site" else f"group-cap:{name}"
            window = (_bite(shortfall, code) if linear else None) or _window(request, problem.sessions[i])
            yield _raised_cap(problem, l, window, unit_kw)
    if _is_described(request, problem.sessions[i]):
        yield _raised_connector(problem, i, unit_kw)
    yield _delayed(request, problem, i)
    if problem.min_power_kw[i] > 0.0:
        yield _lower_min_power(problem, i)


def _window(request: PlanRequest, session: ChargingSession) -> tuple[int, int]:
    """When the session may charge."""
    start_ms = max(session.arrival_ms, request.now_ms)
    return start_ms, max(start_ms, session.charge_until_ms)


def _bite(shortfall: Shortfall, code: str) -> tuple[int, int] | None:
    """From where a limit first stands in the way to where it last does."""
    spans = [reason for reason in shortfall.reasons if reason.code == code]
    if not spans:
        return None
    return min(reason.start_ms for reason in spans), max(reason.end_ms for reason in spans)


def _raised_cap(problem: PlanningProblem, place: int, window: tuple[int, int], unit_kw: float) -> Kind:
    kind, _, name = problem.limits[place].limit_id.partition(":")
    called = RAISE_SITE_CAP if kind == "site" else f"{RAISE_GROUP_CAP}:{name}"
    everything_kw = float(problem.max_power_kw.sum()) * problem.ac_per_dc + float(problem.immovable_kw.max())

    def gain(tried: PlanningProblem, cut: Prices) -> float:
        starts = tried.grid.piece_starts_ms
        raised = (starts >= window[0]) & (starts < window[1])
        return float(cut.limits[place][raised] @ tried.hours[raised]) / tried.ac_per_dc

    return Kind(
        lambda by_kw: Repair(called, {BY_KW: by_kw}, window),
        Range(unit_kw, everything_kw),
        gain,
        (window[1] - window[0]) / MS_PER_HOUR / problem.ac_per_dc,
    )


def _is_described(request: PlanRequest, session: ChargingSession) -> bool:
    """Whether anything is said about what the session's station or connector lets through."""
    own = [station for station in request.site.stations if station.station_id == session.station_id]
    return any(
        station.max_power_kw is not None or session.connector_id in station.connector_max_power_kw
        for station in own
    )


def _raised_connector(problem: PlanningProblem, i: int, unit_kw: float) -> Kind:
    session = problem.sessions[i]
    wanted = (session.station_id, session.connector_id)
    there = np.array([(s.station_id, s.connector_id) == wanted for s in problem.sessions], dtype=bool)
    named = f"station:{session.station_id}"
    shared = [l for l, limit in enumerate(problem.limits) if limit.limit_id == named]
    everything_kw = sum(s.vehicle.max_power_kw for s in problem.sessions if s.station_id == wanted[0])

    def gain(tried: PlanningProblem, cut: Prices) -> float:
        cells = there[tried.cell_session]
        outside = np.clip(1.0 - cell_prices(tried, cut), 0.0, 1.0)
        own = float(outside[cells] @ tried.cell_hours[cells])
        return own + sum(float(cut.limits[l] @ tried.hours) for l in shared)

    return Kind(
        lambda by_kw: Repair(RAISE_CONNECTOR, {BY_KW: by_kw}),
        Range(unit_kw, everything_kw),
        gain,
        _stay_hours(session),
    )


def _stay_hours(session: ChargingSession) -> float:
    return (session.departure_ms - session.arrival_ms) / MS_PER_HOUR


def _delayed(request: PlanRequest, problem: PlanningProblem, i: int) -> Kind:
    session = problem.sessions[i]
    next_ms = [
        other.arrival_ms
        for other in request.sessions
        if other.vehicle.vehicle_id == session.vehicle.vehicle_id and other.arrival_ms >= session.departure_ms
    ]
    longest_ms = min(LONGEST_DELAY_MS, *(arrival_ms - session.departure_ms for arrival_ms in next_ms), 2**62)
    per_minute_kwh = float(problem.max_power_kw[i]) * MS_PER_MINUTE / MS_PER_HOUR
    return Kind(
        lambda by_minutes: Repair(DELAY_DEPARTURE, {BY_MINUTES: by_minutes}),
        Range(UNIT_MINUTES, longest_ms / MS_PER_MINUTE),
        lambda tried, cut: per_minute_kwh,
        per_minute_kwh,
    )


def _lower_min_power(problem: PlanningProblem, i: int) -> Kind:
    """Counted from the least power down; a relaxed flow knows it only where it is above the connector's."""
    least_kw = float(problem.min_power_kw[i])
    hours = _stay_hours(problem.sessions[i])
    shut_out = problem.max_power_kw[i] == 0.0
    return Kind(
        lambda by_kw: Repair(LOWER_MIN_POWER, {TO_KW: max(0.0, least_kw - by_kw)}),
        Range(RULED_UNIT_KW, RULED_UNIT_KW * np.ceil(least_kw / RULED_UNIT_KW)),
        lambda tried, cut: hours if shut_out else 0.0,
        hours,
    )


def least_delay_minutes(delayed: PlanningProblem, session: int, until_ms: int, missing_kwh: float) -> float:
    """No shorter delay than this can do: every limit all for itself, from where charging has to end now.

    `delayed` is the problem with the longest delay. Infinite where even that is too short.
    """
    cells = slice(int(delayed.cells.first_cell[session]), int(delayed.cells.first_cell[session + 1]))
    pieces, most = delayed.cells.piece[cells], delayed.cells.upper_kwh[cells]
    for limit in delayed.limits:
        if limit.members[session]:
            most = np.minimum(most, limit.room_kwh[pieces])
    edges_ms = delayed.grid.piece_edges_ms[pieces[0] : pieces[-1] + 2] if pieces.size else np.zeros(1)
    charged = np.concatenate([[0.0], np.cumsum(most)])
    wanted_kwh = float(np.interp(until_ms, edges_ms, charged)) + missing_kwh
    if charged[-1] < wanted_kwh:
        return np.inf
    at = int(np.searchsorted(charged, wanted_kwh))
    filled = (wanted_kwh - charged[at - 1]) / (charged[at] - charged[at - 1])
    end_ms = edges_ms[at - 1] + filled * (edges_ms[at] - edges_ms[at - 1])
    return max(0.0, float(end_ms - until_ms) / MS_PER_MINUTE)


def cut_of(problem: PlanningProblem, network: Network, session: int) -> Prices:
    """The minimum cut around a session that can take no more: the full limits that its energy comes up to."""
    cells = slice(int(problem.cells.first_cell[session]), int(problem.cells.first_cell[session + 1]))
    reached = network.reached_by(cells)
    crossed: list[Floats] = [np.zeros(problem.n_pieces) for _ in problem.limits]
    for row, place in enumerate(network.order):
        above: Flags | bool = reached[network.parent[row]] if network.parent[row] >= 0 else False
        crossed[place] = (reached[row] & ~network.open[row] & np.logical_not(above)).astype(np.float64)
    return Prices(tuple(crossed), np.zeros(problem.n_pieces))
