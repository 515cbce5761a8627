"""Small random depots for the laws of a plan. Numbers are coarse, so that what fails shrinks well."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from optimiser.domain import (
    ChargingCurve,
    ChargingSession,
    DemandCharge,
    FixedSegment,
    Group,
    PlanRequest,
    Preconditioning,
    ShortfallPolicy,
    Site,
    Station,
    Strategy,
    Vehicle,
    Window,
)
from optimiser.series import FOREVER_MS, StepSeries
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE

NOW_MS = 1_773_072_000_000  # 2026-03-09T16:00:00Z
LAST_HOUR = 6
ODD_MS = st.sampled_from([0, 0, 0, 1, -1, 59_999, 123_457])
STATION_IDS = ("north", "south")
FAIR = st.just(ShortfallPolicy.FAIR)
ANY_POLICY = FAIR | FAIR | st.just(ShortfallPolicy.FEWEST)


def instants(least_h: int, most_h: int) -> st.SearchStrategy[int]:
    """Instants on a grid of five minutes, some of them off it by odd milliseconds."""
    minutes = st.integers(12 * least_h, 12 * most_h).map(lambda n: 5 * n * MS_PER_MINUTE)
    return st.builds(lambda since, odd: NOW_MS + since + odd, minutes, ODD_MS)


@st.composite
def step_series(draw: st.DrawFn, values: st.SearchStrategy[float], *, ends: bool = False) -> StepSeries:
    """A value that changes up to four times; `ends`: before the last departure, perhaps."""
    inside = draw(st.lists(instants(0, LAST_HOUR), max_size=4, unique=True))
    starts = np.array(sorted({NOW_MS - MS_PER_HOUR, *inside}), dtype=np.int64)
    column = np.array([draw(values) for _ in starts], dtype=np.float64)
    end_ms = int(starts[-1]) + MS_PER_HOUR if ends and draw(st.booleans()) else FOREVER_MS
    return StepSeries(starts, column, end_ms)


@st.composite
def vehicles(draw: st.DrawFn, name: str, *, relaxed: bool) -> Vehicle:
    """`relaxed`: able to pause and with no least power, so that a linear programme is exact."""
    max_kw = draw(st.integers(5, 60))
    min_kw = 0 if relaxed else draw(st.sampled_from([0, 0, 4, 10, max_kw]))
    return Vehicle(
        name,
        battery_capacity_kwh=draw(st.sampled_from([20.0, 60.0, 150.0])),
        max_power_kw=float(max_kw),
        min_power_kw=float(min(min_kw, max_kw)),
        pausable=relaxed or draw(st.booleans()),
        controllable=relaxed or draw(st.integers(0, 9)) > 0,
    )


@st.composite
def sessions(draw: st.DrawFn, number: int, *, relaxed: bool = False) -> ChargingSession:
    """A stay that may have begun before now, with a margin that may be longer than the stay."""
    arrival_ms = draw(instants(-1, LAST_HOUR - 1))
    usual = st.integers(3, 60).map(lambda n: 5 * n * MS_PER_MINUTE)
    length_ms = draw(st.one_of(*[usual] * 6, st.sampled_from([1, 777])))
    departure_ms = max(arrival_ms, NOW_MS) + length_ms + draw(ODD_MS.map(abs))
    socs = st.integers(0, 20).map(lambda n: n / 20)
    return ChargingSession(
        schedule_id=f"s-{number}",
        vehicle=draw(vehicles(f"ev-{number}", relaxed=relaxed)),
        arrival_ms=arrival_ms,
        departure_ms=departure_ms,
        soc=draw(socs) / 2,
        target_soc=draw(socs),
        minimum_soc=draw(st.sampled_from([0.0, 0.3, 0.55])),
        bulk_soc=draw(st.sampled_from([0.8, 0.5, 1.0])),
        margin_ms=draw(st.sampled_from([0, 0, 0, 900_000, 1_234_567, 4 * MS_PER_HOUR])),
        priority=float(draw(st.integers(0, 2))),
        charging_now=(charging_now := arrival_ms <= NOW_MS and draw(st.booleans())),
        charging_since_ms=draw(st.sampled_from([None, arrival_ms])) if charging_now else None,
        station_id=draw(st.sampled_from([None, *STATION_IDS])),
        source=("schedules", number),
    )


@st.composite
def demand_charges(draw: st.DrawFn) -> DemandCharge | None:
    """None, or a price on the peak over all time or in a window or two."""
    if draw(st.booleans()):
        return None
    edges = sorted(draw(st.lists(instants(0, LAST_HOUR), min_size=4, max_size=4, unique=True)))
    windows = (Window(edges[0], edges[1]), Window(edges[2], edges[3]))
    billed_kw = float(draw(st.sampled_from([0, 0, 20, 500])))
    return DemandCharge(float(draw(st.integers(1, 8))), billed_kw, windows[: draw(st.integers(0, 2))])


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Caps from none at all to wide ones, base load that may be over them, prices below 0 too."""
    caps = st.sampled_from([0.0, 10.0, 25.0, 40.0, 80.0, 300.0])
    groups, stations = draw(supplies())
    return Site(
        location_uid="depot",
        time_zone=ZoneInfo("Europe/Helsinki"),
        currency="EUR",
        power_cap_kw=draw(step_series(caps, ends=True)),
        base_load_kw=draw(step_series(st.sampled_from([0.0, 3.0, 12.0]), ends=True)),
        ac_dc_power_ratio=draw(st.sampled_from([1.0, 0.9, 0.94])),
        price_per_kwh=draw(step_series(st.integers(-5, 30).map(lambda n: n / 100), ends=True)),
        carbon_g_per_kwh=draw(st.none() | step_series(st.integers(0, 40).map(lambda n: 10.0 * n))),
        demand_charge=draw(demand_charges()),
        groups=groups,
        stations=stations,
    )


@st.composite
def supplies(draw: st.DrawFn) -> tuple[tuple[Group, ...], tuple[Station, ...]]:
    """Most depots have a site cap only; some have a feeder over a feeder, and power units."""
    if draw(st.integers(0, 2)):
        return (), ()
    inner = Group("inner", "outer", StepSeries.constant(draw(st.sampled_from([10.0, 35.0]))), STATION_IDS[:1])
    outer = Group("outer", None, StepSeries.constant(draw(st.sampled_from([20.0, 60.0]))), STATION_IDS[1:])
    units = [Station(name, draw(st.sampled_from([None, 15.0, 50.0])), {}) for name in STATION_IDS]
    return (outer, inner), tuple(units)


@st.composite
def depots(
    draw: st.DrawFn,
    *,
    relaxed: bool = False,
    most: int = 8,
    strategy: Strategy | None = None,
    policies: st.SearchStrategy[ShortfallPolicy] = ANY_POLICY,
) -> PlanRequest:
    """A depot's question with one session at least."""
    count = draw(st.integers(1, most))
    off_clock_ms = draw(st.sampled_from([0, 0, 1, 61_003, 400_000]))
    request = PlanRequest(
        now_ms=NOW_MS,
        horizon_ms=24 * MS_PER_HOUR,
        slot_minutes=draw(st.sampled_from([15, 30, 60])),
        strategy=strategy or draw(st.sampled_from(list(Strategy))),
        site=draw(sites()),
        sessions=tuple(draw(sessions(i, relaxed=relaxed)) for i in range(count)),
        shortfall_policy=draw(policies),
        min_run_minutes=0.0 if relaxed else draw(st.sampled_from([0.0, 0.0, 20.0, 45.5, 120.0])),
        max_pauses=None if relaxed else draw(st.sampled_from([None, None, 0, 1, 2])),
    )
    return replace(request, now_ms=NOW_MS + off_clock_ms)


@st.composite
def twins(draw: st.DrawFn) -> PlanRequest:
    """Two sessions of one window, the first of a higher priority, under a cap that is often too low."""
    request = draw(depots(relaxed=True, most=1))
    stay = {
        "arrival_ms": NOW_MS,
        "departure_ms": NOW_MS + draw(st.integers(1, 6)) * MS_PER_HOUR,
        "margin_ms": 0,
        "soc": 0.0,
        "target_soc": 1.0,
    }
    pair = [
        replace(draw(sessions(i, relaxed=True)), minimum_soc=0.0, station_id=None, **stay) for i in (0, 1)
    ]
    pair[0] = replace(pair[0], priority=pair[1].priority + 1.0)
    return replace(request, sessions=tuple(pair))


def on_five_minutes(request: PlanRequest) -> PlanRequest:
    """The same depot with every instant on whole five minutes, for solvers that keep rows to 1e-7 only."""
    site = request.site
    charge = site.demand_charge
    tidy = replace(
        site,
        power_cap_kw=_tidy_series(site.power_cap_kw),
        base_load_kw=_tidy_series(site.base_load_kw),
        price_per_kwh=_tidy_series(site.price_per_kwh),
        carbon_g_per_kwh=_tidy_series(site.carbon_g_per_kwh) if site.carbon_g_per_kwh else None,
        demand_charge=replace(charge, windows=tuple(map(_tidy_window, charge.windows))) if charge else None,
    )
    stays = tuple(_tidy_session(session) for session in request.sessions)
    return replace(request, now_ms=_tidy(request.now_ms), site=tidy, sessions=stays)


def _tidy(instant_ms: int) -> int:
    return round(instant_ms / (5 * MS_PER_MINUTE)) * 5 * MS_PER_MINUTE


def _tidy_series(series: StepSeries) -> StepSeries:
    starts = np.array([_tidy(int(start)) for start in series.starts_ms], dtype=np.int64)
    return StepSeries(
        starts, series.values, series.end_ms if series.end_ms == FOREVER_MS else _tidy(series.end_ms)
    )


def _tidy_window(window: Window) -> Window:
    return Window(_tidy(window.start_ms), _tidy(window.end_ms))


def _tidy_session(session: ChargingSession) -> ChargingSession:
    arrival_ms = _tidy(session.arrival_ms)
    departure_ms = max(_tidy(session.departure_ms), arrival_ms + 5 * MS_PER_MINUTE)
    since_ms = None if session.charging_since_ms is None else arrival_ms
    return replace(
        session,
        arrival_ms=arrival_ms,
        departure_ms=departure_ms,
        margin_ms=_tidy(session.margin_ms),
        charging_since_ms=since_ms,
    )


CURVES = (
    ChargingCurve((0.0, 0.5, 1.0), (60.0, 60.0, 10.0)),
    ChargingCurve((0.0, 0.4, 0.8, 1.0), (20.0, 50.0, 50.0, 5.0)),
)


@st.composite
def featured(draw: st.DrawFn, session: ChargingSession) -> ChargingSession:
    """Perhaps with a curve, a connector, a frozen plan or preconditioning."""
    vehicle = session.vehicle
    if vehicle.controllable and draw(st.integers(0, 4)) == 0:
        vehicle = replace(vehicle, charging_curve=draw(st.sampled_from(CURVES)))
    frozen, warm = None, None
    start_ms = max(session.arrival_ms, NOW_MS)
    if vehicle.controllable and session.departure_ms > start_ms and draw(st.integers(0, 9)) == 0:
        soc_kwh = max(0.0, session.target_soc - session.soc) * vehicle.battery_capacity_kwh
        hours = (session.departure_ms - start_ms) / MS_PER_HOUR
        frozen = (FixedSegment(start_ms, session.departure_ms, min(5.0, soc_kwh / hours)),)
    elif vehicle.controllable and draw(st.integers(0, 5)) == 0:
        warm = Preconditioning(0.5, 15 * MS_PER_MINUTE, draw(st.sampled_from([0.0, 4.0])))
    connector = draw(st.sampled_from([None, "1"]))
    return replace(session, vehicle=vehicle, frozen=frozen, preconditioning=warm, connector_id=connector)


@st.composite
def full_depots(draw: st.DrawFn) -> PlanRequest:
    """Two to five vehicles in slots of an hour, with every feature switched on at random."""
    request = on_five_minutes(draw(depots(policies=st.just(ShortfallPolicy.FAIR))))
    count = draw(st.integers(2, 5))
    stays = [draw(sessions(i)) for i in range(count)]
    stays = [draw(featured(_tidy_session(stay))) for stay in stays]
    stations = tuple(
        replace(station, connector_max_power_kw=draw(st.sampled_from([{}, {"1": 12.0}])))
        for station in request.site.stations
    )
    site = replace(request.site, stations=stations)
    return replace(request, site=site, sessions=tuple(stays), slot_minutes=60)
