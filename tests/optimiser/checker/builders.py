"""Hand-made depots and plans: say who charges when, and get a plan whose every figure is right.

Times are minutes after `NOW_MS`. All figures are summed here stretch by stretch, with none of the
checker's code, so that a right plan is right by another way of counting.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import numpy as np

from optimiser.domain import ChargingSession, Notice, PlanRequest, Site, Strategy, Vehicle
from optimiser.plan import (
    Plan,
    Reason,
    Segments,
    Shortfall,
    SiteSlots,
    SiteTotals,
    SolveReport,
    SolveStatus,
    StageReport,
    Tag,
)
from optimiser.series import StepSeries

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
NOW_MS = 1_773_072_000_000  # 2026-03-09T16:00:00Z, on the clock's grid of slots

Stretches = Sequence[tuple[float, float, float]]


def at(minutes: float) -> int:
    """Epoch ms so many minutes after now."""
    return NOW_MS + round(minutes * MINUTE_MS)


def steps(*pairs: tuple[float, float], end: float | None = None) -> StepSeries:
    """A series from (minute, value) pairs."""
    starts = np.array([at(minute) for minute, _ in pairs], dtype=np.int64)
    values = np.array([value for _, value in pairs], dtype=np.float64)
    return StepSeries(starts, values) if end is None else StepSeries(starts, values, at(end))


def make_vehicle(name: str, **changes: object) -> Vehicle:
    """A bus of 100 kWh and 60 kW, at least 10 kW, that can pause."""
    return replace(Vehicle(name, 100.0, 60.0, min_power_kw=10.0, pausable=True), **changes)


def make_session(name: str, arrive: float, depart: float, **changes: object) -> ChargingSession:
    """A stay from 50 % to 80 % without a margin; `vehicle` may be a dict of changes to the usual bus."""
    vehicle = changes.pop("vehicle", {})
    bus = make_vehicle(f"bus-{name}", **vehicle) if isinstance(vehicle, dict) else vehicle
    usual = ChargingSession(name, bus, at(arrive), at(depart), 0.5, 0.8)
    return replace(usual, **changes)


def make_site(**changes: object) -> Site:
    """200 kW AC, 10 kW base load, ratio 0.9, 0.10 per kWh and 0.20 from the second hour on."""
    usual = Site(
        "depot",
        ZoneInfo("Europe/Helsinki"),
        "EUR",
        power_cap_kw=StepSeries.constant(200.0),
        base_load_kw=StepSeries.constant(10.0),
        ac_dc_power_ratio=0.9,
        price_per_kwh=steps((0, 0.1), (60, 0.2)),
    )
    return replace(usual, **changes)


def make_request(*sessions: ChargingSession, **changes: object) -> PlanRequest:
    """One depot's question of now, 15 minutes to the slot."""
    sited = [replace(session, source=("schedules", i)) for i, session in enumerate(sessions)]
    usual = PlanRequest(NOW_MS, 48 * HOUR_MS, 15, Strategy.COST, make_site(), tuple(sited))
    return replace(usual, **changes)


@dataclass
class Row:
    """One segment in the making; `warm_kw` is the preconditioning in its power."""

    session: int
    start_ms: int
    end_ms: int
    charge_kw: float
    warm_kw: float
    start_soc: float
    end_soc: float
    tags: int

    @property
    def power_kw(self) -> float:
        return self.charge_kw + self.warm_kw

    @property
    def hours(self) -> float:
        return (self.end_ms - self.start_ms) / HOUR_MS


def make_plan(
    request: PlanRequest,
    charging: dict[str, Stretches],
    *,
    warm: dict[str, tuple[float, float]] | None = None,
    immovable: Stretches = (),
    reason: str = "site-cap",
    notices: tuple[Notice, ...] = (),
    sessions: tuple[ChargingSession, ...] | None = None,
    **report: object,
) -> Plan:
    """A plan in which each session charges over (from, to, kW), with all its figures.

    `warm` gives (from, kW) of preconditioning until departure; `immovable` DC loads beside the plan.
    """
    planned = (
        sessions if sessions is not None else tuple(s for s in request.sessions if s.vehicle.controllable)
    )
    rows = [
        row
        for i, session in enumerate(planned)
        for row in _rows(request, i, session, charging.get(session.schedule_id, ()), (warm or {}))
    ]
    end_ms = max([at(request.slot_minutes), *(session.departure_ms for session in planned)])
    loads = _loads(request, rows, immovable, end_ms)
    totals = _totals(request, rows, loads)
    return Plan(
        strategy=request.strategy,
        now_ms=request.now_ms,
        sessions=planned,
        segments=_columns(request, planned, rows),
        slots=_slots(request, loads, end_ms),
        totals=totals,
        shortfalls=_shortfalls(request, planned, rows, reason),
        notices=notices,
        report=_report(request, planned, rows, totals, **report),
    )


def _rows(
    request: PlanRequest,
    index: int,
    session: ChargingSession,
    stretches: Stretches,
    warm: dict[str, tuple[float, float]],
) -> list[Row]:
    begin, end = max(session.arrival_ms, request.now_ms), session.departure_ms
    warm_from, warm_kw = warm.get(session.schedule_id, (None, 0.0))
    warm_ms = end if warm_from is None else at(warm_from)
    marks = {begin, end, warm_ms} | {at(edge) for start, stop, _ in stretches for edge in (start, stop)}
    edges, soc = sorted(mark for mark in marks if begin <= mark <= end), session.soc
    rows: list[Row] = []
    for start, stop in itertools.pairwise(edges):
        power = sum(kw for a, b, kw in stretches if at(a) <= start and stop <= at(b))
        while start < stop:
            row = _row(index, session, (start, stop), power, warm_kw if start >= warm_ms else 0.0, soc)
            rows.append(row)
            start, soc = row.end_ms, row.end_soc
    return rows


def _row(
    index: int, session: ChargingSession, span: tuple[int, int], charge_kw: float, warm_kw: float, soc: float
) -> Row:
    """The next segment: up to the next mark of SoC, where the tags change."""
    start, stop = span
    per_ms = charge_kw / HOUR_MS / session.vehicle.battery_capacity_kwh
    for mark in (session.minimum_soc, session.bulk_soc):
        if charge_kw > 0 and soc + 2 * per_ms < mark < soc + per_ms * (stop - start) - 2 * per_ms:
            stop = min(stop, start + round((mark - soc) / per_ms))
    end_soc = soc + per_ms * (stop - start)
    middle = (soc + end_soc) / 2
    tags = Tag.BULK if middle < session.bulk_soc else Tag.TARGET
    tags |= Tag.MINIMUM if middle < session.minimum_soc else Tag(0)
    tags |= Tag.PRECONDITIONING if warm_kw > 0 else Tag(0)
    return Row(index, start, stop, charge_kw, warm_kw, soc, end_soc, int(tags))


def _columns(request: PlanRequest, sessions: tuple[ChargingSession, ...], rows: list[Row]) -> Segments:
    counts = [sum(row.session == i for row in rows) for i in range(len(sessions))]
    full = [row.charge_kw >= _takes(request, sessions[row.session], row) - 1e-3 for row in rows]
    hungry = [row.charge_kw > 0 or row.start_soc < sessions[row.session].target_soc - 5e-4 for row in rows]
    return Segments(
        first=np.cumsum([0, *counts]).astype(np.int64),
        start_ms=np.array([row.start_ms for row in rows], dtype=np.int64),
        end_ms=np.array([row.end_ms for row in rows], dtype=np.int64),
        power_kw=np.array([row.power_kw for row in rows], dtype=np.float64),
        energy_kwh=np.array([row.power_kw * row.hours for row in rows], dtype=np.float64),
        start_soc=np.array([row.start_soc for row in rows], dtype=np.float64),
        end_soc=np.array([row.end_soc for row in rows], dtype=np.float64),
        tags=np.array([row.tags for row in rows], dtype=np.uint8),
        limited=np.array([h and not f for h, f in zip(hungry, full, strict=True)], dtype=np.bool_),
        unlimited=np.array([h and f for h, f in zip(hungry, full, strict=True)], dtype=np.bool_),
    )


def _takes(request: PlanRequest, session: ChargingSession, row: Row) -> float:
    """What a vehicle could take at the end of a row."""
    limits = [session.vehicle.max_power_kw]
    for station in request.site.stations:
        if station.station_id == session.station_id:
            limits += [station.connector_max_power_kw.get(session.connector_id or "", np.inf)]
            limits += [station.max_power_kw] if station.max_power_kw is not None else []
    curve = session.vehicle.charging_curve
    return min(limits + ([float(np.interp(row.end_soc, curve.soc, curve.power_kw))] if curve else []))


Loads = list[tuple[int, int, float]]


def _loads(request: PlanRequest, rows: list[Row], immovable: Stretches, end_ms: int) -> Loads:
    """(from, to, AC kW with base load) between all edges that there are."""
    site = request.site
    edges = {request.now_ms, end_ms} | set(range(at(0), end_ms, request.slot_minutes * MINUTE_MS))
    edges |= {edge for row in rows for edge in (row.start_ms, row.end_ms)}
    edges |= {at(edge) for start, stop, _ in immovable for edge in (start, stop)}
    windows = site.demand_charge.windows if site.demand_charge else ()
    edges |= {edge for w in windows for edge in (w.start_ms, w.end_ms)}
    for series in (site.base_load_kw, site.price_per_kwh, site.power_cap_kw):
        edges |= set(series.edges_between(request.now_ms, end_ms).tolist())
    inside = sorted(edge for edge in edges if request.now_ms <= edge <= end_ms)
    return [(a, b, _load_at(request, rows, immovable, a)) for a, b in itertools.pairwise(inside)]


def _load_at(request: PlanRequest, rows: list[Row], immovable: Stretches, instant: int) -> float:
    power = sum(row.power_kw for row in rows if row.start_ms <= instant < row.end_ms)
    power += sum(kw for start, stop, kw in immovable if at(start) <= instant < at(stop))
    return power / request.site.ac_dc_power_ratio + value_at(request.site.base_load_kw, instant)


def value_at(series: StepSeries, instant: int) -> float:
    """One value of a series."""
    return float(series.at(np.array([instant]))[0])


def _slots(request: PlanRequest, loads: Loads, end_ms: int) -> SiteSlots:
    slot_ms, site = request.slot_minutes * MINUTE_MS, request.site
    inner = range((request.now_ms // slot_ms + 1) * slot_ms, end_ms, slot_ms)
    edges = [request.now_ms, *inner, end_ms]
    starts = np.array(edges[:-1], dtype=np.int64)
    prices = site.price_per_kwh.repeated_daily(end_ms)
    return SiteSlots(
        start_ms=starts,
        end_ms=np.array(edges[1:], dtype=np.int64),
        load_kw=np.array(
            [max(kw for a, b, kw in loads if a < e and b > s) for s, e in itertools.pairwise(edges)]
        ),
        base_load_kw=site.base_load_kw.at(starts),
        power_cap_kw=site.power_cap_kw.at(starts),
        price_per_kwh=prices.at(starts),
        cap_value_per_kw=np.full(starts.size, np.nan),
    )


def _totals(request: PlanRequest, rows: list[Row], loads: Loads) -> SiteTotals:
    site, ratio = request.site, request.site.ac_dc_power_ratio
    charge = site.demand_charge
    windows = charge.windows if charge else ()
    in_windows = [
        kw for a, b, kw in loads if not windows or any(a < w.end_ms and b > w.start_ms for w in windows)
    ]
    rise = max(0.0, max(in_windows, default=0.0) - charge.billed_peak_kw) if charge else 0.0
    return SiteTotals(
        peak_kw=max(kw for _, _, kw in loads),
        energy_kwh=sum(row.power_kw * row.hours for row in rows) / ratio,
        energy_cost=_valued(site.price_per_kwh, rows, loads) / ratio,
        demand_cost=charge.price_per_kw * rise if charge else 0.0,
        carbon_kg=_valued(site.carbon_g_per_kwh, rows, loads) / ratio / 1000
        if site.carbon_g_per_kwh
        else None,
    )


def _valued(series: StepSeries, rows: list[Row], loads: Loads) -> float:
    series = series.repeated_daily(loads[-1][1])
    return sum(
        row.power_kw * (b - a) / HOUR_MS * value_at(series, a)
        for a, b, _ in loads
        for row in rows
        if row.start_ms <= a < row.end_ms
    )


def _shortfalls(
    request: PlanRequest, sessions: tuple[ChargingSession, ...], rows: list[Row], reason: str
) -> tuple[Shortfall, ...]:
    found = []
    for i, session in enumerate(sessions):
        last = [row for row in rows if row.session == i][-1]
        short = session.target_soc - last.end_soc
        if short > 5e-4:
            begin = max(session.arrival_ms, request.now_ms)
            why = (Reason(reason, begin, session.departure_ms),)
            found.append(Shortfall(i, short * session.vehicle.battery_capacity_kwh, last.end_soc, why))
    return tuple(found)


def _report(
    request: PlanRequest,
    sessions: tuple[ChargingSession, ...],
    rows: list[Row],
    totals: SiteTotals,
    bounds: Sequence[float] = (0.0, 0.0, -1e6),
    certificate: dict[str, object] | None = None,
    status: SolveStatus = SolveStatus.FEASIBLE,
) -> SolveReport:
    last = {row.session: row.end_soc for row in rows}
    below = [(s, last[i]) for i, s in enumerate(sessions)]
    values = (
        sum(
            max(0.0, min(s.minimum_soc, s.target_soc) - e) * s.vehicle.battery_capacity_kwh for s, e in below
        ),
        sum(max(0.0, s.target_soc - e) * s.vehicle.battery_capacity_kwh for s, e in below),
        strategy_value(request, rows, totals),
    )
    names = ("missing-minimum", "missing-target", request.strategy.value)
    stages = tuple(StageReport(*stage) for stage in zip(names, values, bounds, strict=True))
    return SolveReport("by hand", status, stages, 2, certificate or {})


def strategy_value(request: PlanRequest, rows: list[Row], totals: SiteTotals) -> float:
    """The third stage's value."""
    if request.strategy is Strategy.COST:
        return totals.energy_cost + totals.demand_cost
    if request.strategy is Strategy.PEAK_SUPPRESSION:
        return totals.peak_kw
    if request.strategy is Strategy.CARBON:
        return totals.carbon_kg or 0.0
    return sum(
        row.power_kw * row.hours * ((row.start_ms + row.end_ms) / 2 - request.now_ms) / HOUR_MS
        for row in rows
    )


def with_segment(plan: Plan, row: int, **values: object) -> Plan:
    """The plan with some numbers of one segment replaced, and nothing else made to fit."""
    columns = {}
    for name, value in values.items():
        column = getattr(plan.segments, name).copy()
        column[row] = value
        columns[name] = column
    return replace(plan, segments=replace(plan.segments, **columns))


def with_slot(plan: Plan, row: int, **values: float) -> Plan:
    """The plan with some numbers of one site slot replaced."""
    columns = {}
    for name, value in values.items():
        column = getattr(plan.slots, name).copy()
        column[row] = value
        columns[name] = column
    return replace(plan, slots=replace(plan.slots, **columns))


def with_stage(plan: Plan, stage: int, **values: object) -> Plan:
    """The plan with one stage of its report replaced."""
    stages = list(plan.report.stages)
    stages[stage] = replace(stages[stage], **values)
    return replace(plan, report=replace(plan.report, stages=tuple(stages)))
