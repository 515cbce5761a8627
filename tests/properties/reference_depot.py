"""A small depot as plain lists for the reference, read from the request alone.

Nothing of it is shared with the planner but the words of the domain and its step series.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from optimiser.domain import ChargingSession, PlanRequest
from optimiser.series import StepSeries

HOUR_MS = 3_600_000
Span = tuple[int, int]


@dataclass
class Cell:
    """One stay in one piece of time: how long, and its most and least energy while it charges [kWh]."""

    stay: int
    piece: int
    hours: float
    most: float
    least: float


@dataclass
class Limit:
    """Whose energy is shared in each piece, and the room for it [kWh, DC]."""

    members: set[int]
    room: list[float]


@dataclass
class Depot:
    """Stays that get a plan, pieces of time, cells, limits, and load that nobody can move [kW, DC]."""

    request: PlanRequest
    stays: list[ChargingSession]
    edges: list[int]
    fixed: list[tuple[ChargingSession, Span, float]]
    cells: list[Cell] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)

    def hours(self, piece: int) -> float:
        """Length of a piece."""
        return (self.edges[piece + 1] - self.edges[piece]) / HOUR_MS

    def fixed_kw(self, piece: int, station_ids: set[str | None] | None = None) -> float:
        """Load that cannot be moved in a piece, of all or of those at these stations."""
        at = self.edges[piece]
        return sum(
            kw
            for stay, (start, end), kw in self.fixed
            if start <= at < end and (station_ids is None or stay.station_id in station_ids)
        )

    def cells_of(self, stay: int) -> list[int]:
        """Positions of a stay's cells, in the order of time."""
        return [k for k, cell in enumerate(self.cells) if cell.stay == stay]


def read_depot(request: PlanRequest) -> Depot:
    """All of the above from a request with dated stays only."""
    here = [s for s in request.sessions if s.departure_ms > request.now_ms]
    here = [s for s in here if s.arrival_ms < request.now_ms + request.horizon_ms]
    stays = [s for s in here if s.vehicle.controllable]
    end = max([request.now_ms + request.slot_minutes * 60_000, *(s.departure_ms for s in stays)])
    fixed = [load for s in here for load in _fixed(request, s)]
    depot = Depot(request, stays, _edges(request, stays, fixed, end), fixed)
    depot.limits = _limits(depot)
    depot.cells = [cell for i in range(len(stays)) for cell in _cells(depot, i)]
    return depot


def supply_kw(request: PlanRequest, stay: ChargingSession) -> float:
    """The most that vehicle, connector and station let through."""
    most = [stay.vehicle.max_power_kw]
    for station in request.site.stations:
        if station.station_id == stay.station_id:
            most.append(math.inf if station.max_power_kw is None else station.max_power_kw)
            most.append(station.connector_max_power_kw.get(stay.connector_id or "", math.inf))
    return min(most)


def is_ruled(request: PlanRequest, stay: ChargingSession) -> bool:
    """Whether a vehicle may not switch as it likes."""
    return not stay.vehicle.pausable or request.max_pauses is not None or request.min_run_minutes > 0


def curve_kw(stay: ChargingSession) -> list[float]:
    """Power of its curve at its SoC, at its target, and at the bends in between; nothing without one."""
    curve = stay.vehicle.charging_curve
    if curve is None:
        return []
    socs = [stay.soc, stay.target_soc, *(s for s in curve.soc if stay.soc < s < stay.target_soc)]
    return [float(np.interp(soc, curve.soc, curve.power_kw)) for soc in socs]


def _fixed(request: PlanRequest, stay: ChargingSession) -> list[tuple[ChargingSession, Span, float]]:
    start = max(stay.arrival_ms, request.now_ms)
    if stay.frozen is not None:
        kept = [(max(f.start_ms, start), min(f.end_ms, stay.departure_ms), f.power_kw) for f in stay.frozen]
        return [(stay, (a, b), kw) for a, b, kw in kept if b > a and kw > 0]
    if not stay.vehicle.controllable:
        kw = supply_kw(request, stay)
        full = start + round(stay.energy_need_kwh / kw * HOUR_MS)
        return [(stay, (start, min(full, stay.departure_ms)), kw)]
    wish = stay.preconditioning
    if wish is None:
        return []
    kw = max(wish.energy_kwh * HOUR_MS / wish.duration_ms, wish.min_power_kw)
    begin = max(start, stay.departure_ms - round(wish.energy_kwh / kw * HOUR_MS))
    return [(stay, (begin, stay.departure_ms), kw)]


def _edges(request: PlanRequest, stays: list[ChargingSession], fixed: list, end: int) -> list[int]:
    site, slot = request.site, request.slot_minutes * 60_000
    marks = {request.now_ms, end, *range(request.now_ms // slot * slot, end, slot)}
    marks |= {at for s in stays for at in (s.arrival_ms, s.charge_until_ms)}
    marks |= {at for _, span, _ in fixed for at in span}
    series = [site.power_cap_kw, site.base_load_kw, site.price_per_kwh.repeated_daily(end)]
    series += [site.carbon_g_per_kwh.repeated_daily(end)] if site.carbon_g_per_kwh else []
    series += [group.power_cap_kw for group in site.groups]
    marks |= {int(at) for one in series for at in one.starts_ms}
    windows = site.demand_charge.windows if site.demand_charge else ()
    marks |= {at for window in windows for at in (window.start_ms, window.end_ms)}
    return sorted(at for at in marks if request.now_ms <= at <= end)


def _limits(depot: Depot) -> list[Limit]:
    """The site, each group with all below it, and each station."""
    site, ratio = depot.request.site, depot.request.site.ac_dc_power_ratio
    below = {group.group_id: set(group.station_ids) for group in site.groups}
    for _ in site.groups:
        for group in site.groups:
            if group.parent_id is not None:
                below[group.parent_id] |= below[group.group_id]
    head = [ratio * (_at(site.power_cap_kw, at) - _at(site.base_load_kw, at)) for at in depot.edges[:-1]]
    limits = [_limit(depot, head, None)]
    for group in site.groups:
        head = [ratio * _at(group.power_cap_kw, at) for at in depot.edges[:-1]]
        limits.append(_limit(depot, head, below[group.group_id]))
    for station in site.stations:
        if station.max_power_kw is not None:
            head = [station.max_power_kw] * (len(depot.edges) - 1)
            limits.append(_limit(depot, head, {station.station_id}))
    return limits


def _limit(depot: Depot, head_kw: list[float], station_ids: set[str] | None) -> Limit:
    members = {i for i, s in enumerate(depot.stays) if station_ids is None or s.station_id in station_ids}
    left = [head_kw[j] - depot.fixed_kw(j, station_ids) for j in range(len(head_kw))]
    return Limit(members, [max(0.0, kw) * depot.hours(j) for j, kw in enumerate(left)])


def _at(series: StepSeries, instant_ms: int) -> float:
    return float(series.at(np.array([instant_ms]))[0])


def _cells(depot: Depot, i: int) -> list[Cell]:
    stay, request = depot.stays[i], depot.request
    start = max(stay.arrival_ms, request.now_ms)
    if stay.frozen is not None or stay.energy_need_kwh <= 0:
        return []
    most, curve = supply_kw(request, stay), curve_kw(stay)
    least = min([stay.vehicle.min_power_kw, *curve])
    most = 0.0 if least > most else min([most, max(curve, default=math.inf)])
    if is_ruled(request, stay):
        least = min([max(least, min(1.0, most)), *curve])
    inside = [j for j, at in enumerate(depot.edges[:-1]) if start <= at < stay.charge_until_ms]
    return [Cell(i, j, depot.hours(j), most * depot.hours(j), least * depot.hours(j)) for j in inside]
