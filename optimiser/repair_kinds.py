"""Which kinds of repair come into question for a session, in what range, and what a cut says of each."""

import math
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
from optimiser.cuts import cell_prices
from optimiser.domain import ChargingSession, PlanRequest
from optimiser.engines.base import Prices
from optimiser.network import Marks, Network
from optimiser.paths import NONE
from optimiser.plan import Repair, Shortfall
from optimiser.problem import PlanningProblem
from optimiser.repair_outline import LONGEST_DELAY_MS
from optimiser.series import Floats, Instants
from optimiser.smallest import Range
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE

# How exact the answers are: well inside the kW and the minute that a plan promises. With least power or
# unbroken runs every trial is a plan, so fewer of them.
LINEAR_UNIT_KW = 0.1
RULED_UNIT_KW = 0.5
UNIT_MINUTES = 1.0

BITS = 64

Gain = Callable[[PlanningProblem, Prices], float]


@dataclass(frozen=True, eq=False, slots=True)
class Failure:
    """An amount that was not enough: what is missing, in which problem, and the cut that proves it."""

    amount: float
    missing_kwh: float
    problem: PlanningProblem
    cut: Prices


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of repair for one session.

    `make` turns an amount into a repair. `earliest` is the amount before which none can be enough after a
    failure, and `rate` the most energy [kWh] that a unit of amount can add, whatever the cut.
    """

    make: Callable[[float], Repair]
    within: Range
    earliest: Callable[[Failure], float]
    rate: float


def _by_gain(gain: Gain) -> Callable[[Failure], float]:
    """From a cut's gain [kWh] per unit of amount: no amount can be enough before the cut has grown by the
    energy that is missing."""

    def earliest(failure: Failure) -> float:
        per_unit = gain(failure.problem, failure.cut)
        return failure.amount + failure.missing_kwh / per_unit if per_unit > 0.0 else np.inf

    return earliest


def kinds_for(
    request: PlanRequest, problem: PlanningProblem, shortfall: Shortfall, *, linear: bool
) -> Iterator[Kind]:
    """The kinds with an amount. Caps are raised where they bite; by rules that may be all of the stay."""
    i, unit_kw = shortfall.session, LINEAR_UNIT_KW if linear else RULED_UNIT_KW
    for place, limit in enumerate(problem.limits):
        kind, _, name = limit.limit_id.partition(":")
        if limit.members[i] and kind in ("site", "group"):
            code = "site-cap" if kind == "site" else f"group-cap:{name}"
            window = (_bite(shortfall, code) if linear else None) or _window(request, problem.sessions[i])
            yield _raised_cap(problem, place, window, unit_kw)
    if _is_described(request, problem.sessions[i]):
        yield _raised_connector(request, problem, i, unit_kw)
    yield _delayed(request, problem, i)
    if problem.min_power_kw[i] > 0.0:
        yield _lower_min_power(request, problem, i)


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
        _by_gain(gain),
        (window[1] - window[0]) / MS_PER_HOUR / problem.ac_per_dc,
    )


def _is_described(request: PlanRequest, session: ChargingSession) -> bool:
    """Whether anything is said about what the session's station or connector lets through."""
    own = [station for station in request.site.stations if station.station_id == session.station_id]
    return any(
        station.max_power_kw is not None or session.connector_id in station.connector_max_power_kw
        for station in own
    )


def _shut_out_kw(request: PlanRequest, session: ChargingSession) -> float:
    """By how much the session's connector lets less through than the least power; up to 0 where it does not.

    Nothing flows there, and everything as soon as the two meet.
    """
    return session.vehicle.min_power_kw - request.site.supply_limit_kw(
        session.station_id, session.connector_id
    )


def _raised_connector(request: PlanRequest, problem: PlanningProblem, i: int, unit_kw: float) -> Kind:
    session = problem.sessions[i]
    wanted = (session.station_id, session.connector_id)
    there = np.array([(s.station_id, s.connector_id) == wanted for s in problem.sessions], dtype=bool)
    named = f"station:{session.station_id}"
    shared = [place for place, limit in enumerate(problem.limits) if limit.limit_id == named]
    everything_kw = sum(s.vehicle.max_power_kw for s in problem.sessions if s.station_id == wanted[0])

    own_kw = np.array([s.vehicle.max_power_kw for s in problem.sessions])

    def gain(tried: PlanningProblem, cut: Prices) -> float:
        cells = (there & (tried.max_power_kw < own_kw))[tried.cell_session]
        outside = np.clip(1.0 - cell_prices(tried, cut), 0.0, 1.0)
        own = float(outside[cells] @ tried.cell_hours[cells])
        return own + sum(float(cut.limits[place] @ tried.hours) for place in shared)

    return Kind(
        lambda by_kw: Repair(RAISE_CONNECTOR, {BY_KW: by_kw}),
        Range(unit_kw, everything_kw, max(0.0, _shut_out_kw(request, session))),
        _by_gain(gain),
        _stay_hours(session),
    )


def _stay_hours(session: ChargingSession) -> float:
    return (session.departure_ms - session.arrival_ms) / MS_PER_HOUR


def _delayed(request: PlanRequest, problem: PlanningProblem, i: int) -> Kind:
    """No longer than until the vehicle's next stay.

    Preconditioning moves with the departure and leaves room behind: then no cut tells what is needed.
    """
    session = problem.sessions[i]
    next_ms = [
        other.arrival_ms
        for other in request.sessions
        if other.vehicle.vehicle_id == session.vehicle.vehicle_id and other.arrival_ms >= session.departure_ms
    ]
    longest_ms = min([LONGEST_DELAY_MS, *(arrival_ms - session.departure_ms for arrival_ms in next_ms)])
    most = longest_ms // MS_PER_MINUTE
    walk = _Delays(i, session.charge_until_ms + most * MS_PER_MINUTE)
    return Kind(
        _delay,
        Range(UNIT_MINUTES, most),
        walk.earliest if session.preconditioning is None else lambda failure: failure.amount + UNIT_MINUTES,
        float(problem.max_power_kw[i]) * MS_PER_MINUTE / MS_PER_HOUR,
    )


def _delay(by_minutes: float) -> Repair:
    return Repair(DELAY_DEPARTURE, {BY_MINUTES: by_minutes})


class _Delays:
    """What a session could take at most in the time that a delay gives it, outside a cut."""

    def __init__(self, session: int, last_ms: int) -> None:
        self.session = session
        self.last_ms = last_ms

    def earliest(self, failure: Failure) -> float:
        """The delay [min] after which what comes into the cut could be what is missing; infinite if never."""
        problem = failure.problem
        until_ms = problem.sessions[self.session].charge_until_ms
        edges_ms = problem.grid.piece_edges_ms
        inside = edges_ms[(edges_ms > until_ms) & (edges_ms < self.last_ms)]
        edges_ms = np.concatenate([[until_ms], inside, [max(until_ms, self.last_ms)]])
        power_kw = problem.max_power_kw[self.session] * self._outside(failure, edges_ms[:-1])
        charged = np.concatenate([[0.0], np.cumsum(power_kw * np.diff(edges_ms) / MS_PER_HOUR)])
        later_ms = _reached_ms(edges_ms, charged, failure.missing_kwh) - until_ms
        return failure.amount + max(0.0, later_ms) / MS_PER_MINUTE

    def _outside(self, failure: Failure, instants_ms: Instants) -> Floats:
        """1 where the session's energy would leave the cut, 0 where it would run into a full limit of it."""
        problem = failure.problem
        starts = problem.grid.piece_starts_ms
        piece = np.searchsorted(starts, instants_ms, side="right") - 1
        price = failure.cut.limits[problem.paths.under(self.session)].sum(axis=0)[piece]
        past = instants_ms >= problem.grid.piece_edges_ms[-1]
        outside: Floats = np.where(past, 1.0, np.clip(1.0 - price, 0.0, 1.0))
        return outside


def _reached_ms(edges_ms: Instants, charged_kwh: Floats, wanted_kwh: float) -> float:
    """When so much is charged; infinite if never."""
    if charged_kwh[-1] < wanted_kwh:
        return np.inf
    at = max(1, int(np.searchsorted(charged_kwh, wanted_kwh)))
    share = (wanted_kwh - charged_kwh[at - 1]) / (charged_kwh[at] - charged_kwh[at - 1])
    return float(edges_ms[at - 1] + share * (edges_ms[at] - edges_ms[at - 1]))


def _lower_min_power(request: PlanRequest, problem: PlanningProblem, i: int) -> Kind:
    """Counted from the least power down. A relaxed flow knows it only where it is above the connector's."""
    session = problem.sessions[i]
    least_kw = session.vehicle.min_power_kw
    return Kind(
        lambda by_kw: Repair(LOWER_MIN_POWER, {TO_KW: max(0.0, least_kw - by_kw)}),
        Range(
            RULED_UNIT_KW,
            math.ceil(least_kw / RULED_UNIT_KW) * RULED_UNIT_KW,
            max(0.0, _shut_out_kw(request, session)),
        ),
        _by_gain(lambda tried, cut: 0.0),
        _stay_hours(session),
    )


def cuts_of(problem: PlanningProblem, network: Network, sessions: list[int]) -> Iterator[Prices]:
    """The minimum cut around each of these sessions, which can take no more: the full limits that its
    energy comes up to. One bit a session, so that the network is gone through once for 64 of them."""
    first = problem.cells.first_cell
    for start in range(0, len(sessions), BITS):
        some = sessions[start : start + BITS]
        here = np.zeros(network.drawn.shape, dtype=np.uint64)
        for bit, i in enumerate(some):
            cells = slice(int(first[i]), int(first[i + 1]))
            here.ravel()[network.place[cells][network.takes[cells]]] |= np.uint64(1 << bit)
        crossed = _crossed(network, network.spread(here, np.bitwise_or))
        for bit in range(len(some)):
            limits = (crossed >> np.uint64(bit) & np.uint64(1)).astype(np.float64)
            yield Prices.none(problem)._replace(limits=limits)


def _crossed(network: Network, reached: Marks) -> Marks:
    """By limit and piece, who reaches a full place, and not the one above it."""
    above = np.where(network.parent[:, None] == NONE, np.zeros_like(reached), reached[network.parent])
    crossed: Marks = np.where(network.open, np.zeros_like(reached), reached & ~above)
    return crossed
