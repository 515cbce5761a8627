"""A request and its plan side by side as arrays: what every rule reads, and nothing that is judged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from optimiser.checker.breach import SOC
from optimiser.checker.curves import CurveTable
from optimiser.domain import ChargingSession, PlanRequest, Preconditioning, Site
from optimiser.plan import Plan, Segments, Tag
from optimiser.series import Floats, Instants, StepSeries
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE, iso_z

Index = NDArray[np.intp]
Flags = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, eq=False, slots=True)
class SessionColumns:
    """The planned sessions as columns, one entry per session.

    `begin_ms` is the later of arrival and now; `charging_since_ms` is long ago where nobody knows;
    `max_kw` is the least of vehicle, connector and station.
    Preconditioning is `warm_kw` from `warm_ms` to the departure, 0 where there is none.
    """

    begin_ms: Instants
    departure_ms: Instants
    charge_until_ms: Instants
    soc: Floats
    target_soc: Floats
    minimum_soc: Floats
    bulk_soc: Floats
    capacity_kwh: Floats
    max_kw: Floats
    min_kw: Floats
    pausable: Flags
    charging_now: Flags
    charging_since_ms: Instants
    frozen: Flags
    curved: Flags
    warm_ms: Instants
    warm_kw: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Facts:
    """Request, plan, and per segment (row): its session, hours, and what of it goes into the battery.

    `charge_kwh` is the rise of SoC times the capacity where preconditioning may take a share of the
    power, and all energy elsewhere. The plan's time is `[request.now_ms, end_ms)`.
    """

    request: PlanRequest
    plan: Plan
    columns: SessionColumns
    curves: CurveTable
    row_session: Index
    hours: Floats
    warm_hours: Floats
    charge_kwh: Floats
    charge_kw: Floats
    price: StepSeries
    carbon: StepSeries | None
    end_ms: int

    @property
    def segments(self) -> Segments:
        """The plan's segments."""
        return self.plan.segments

    @property
    def energy_kwh(self) -> Floats:
        """Energy of every row by its power and its time, whatever the plan says."""
        energy: Floats = self.segments.power_kw * self.hours
        return energy

    @property
    def same_session(self) -> Flags:
        """For every two neighbouring rows: do they belong to one session."""
        same: Flags = self.row_session[1:] == self.row_session[:-1]
        return same

    @property
    def warm_row(self) -> Flags:
        """Rows tagged as preconditioning."""
        return (self.segments.tags & np.uint8(Tag.PRECONDITIONING)) > 0

    def of_row(self, column: NDArray[Scalar]) -> NDArray[Scalar]:
        """A column of the sessions, spread over the rows."""
        return column[self.row_session]

    def name(self, session: int) -> str:
        """The schedule id of a session."""
        return self.plan.sessions[session].schedule_id

    def place(self, row: int) -> str:
        """Schedule id and start of a row."""
        return f"{self.name(int(self.row_session[row]))} at {iso_z(int(self.segments.start_ms[row]))}"


def gather(request: PlanRequest, plan: Plan) -> Facts:
    """Facts of a plan whose segments have passed `structure.check_structure`."""
    segments, columns = plan.segments, session_columns(request, plan.sessions)
    row_session = np.repeat(np.arange(len(plan.sessions)), np.diff(segments.first))
    hours = (segments.end_ms - segments.start_ms) / MS_PER_HOUR
    end_ms = planned_end_ms(request, plan.sessions)
    warm_hours = _warm_hours(columns, segments, row_session)
    charge_kwh = _charge_kwh(columns, segments, row_session, warm_hours)
    site = request.site
    return Facts(
        request=request,
        plan=plan,
        columns=columns,
        curves=CurveTable.of(plan.sessions),
        row_session=row_session,
        hours=hours,
        warm_hours=warm_hours,
        charge_kwh=charge_kwh,
        charge_kw=charge_kwh / hours,
        price=site.price_per_kwh.repeated_daily(end_ms),
        carbon=site.carbon_g_per_kwh.repeated_daily(end_ms) if site.carbon_g_per_kwh else None,
        end_ms=end_ms,
    )


def planned_end_ms(request: PlanRequest, sessions: tuple[ChargingSession, ...]) -> int:
    """The last departure; a plan is at least one slot long."""
    shortest = request.now_ms + request.slot_minutes * MS_PER_MINUTE
    return max([shortest, *(session.departure_ms for session in sessions)])


def session_columns(request: PlanRequest, sessions: tuple[ChargingSession, ...]) -> SessionColumns:
    """What the request says of these sessions, as columns."""
    limits = SupplyLimits(request.site)
    warm = [_warm_span(session) for session in sessions]
    whole = [
        (max(s.arrival_ms, request.now_ms), s.departure_ms, s.charge_until_ms, w[0], s.charging_since_ms or 0)
        for s, w in zip(sessions, warm, strict=True)
    ]
    real = [
        (s.soc, s.target_soc, s.minimum_soc, s.bulk_soc, *_powers(s, limits), w[1])
        for s, w in zip(sessions, warm, strict=True)
    ]
    flag = [
        (s.vehicle.pausable, s.charging_now, s.frozen is not None, s.vehicle.charging_curve is not None)
        for s in sessions
    ]
    begin, departure, until, warm_ms, since = _transposed(whole, 5, np.int64)
    soc, target, minimum, bulk, capacity, most, least, warm_kw = _transposed(real, 8, np.float64)
    pausable, charging_now, frozen, curved = _transposed(flag, 4, np.bool_)
    return SessionColumns(
        begin_ms=begin,
        departure_ms=departure,
        charge_until_ms=until,
        soc=soc,
        target_soc=target,
        minimum_soc=minimum,
        bulk_soc=bulk,
        capacity_kwh=capacity,
        max_kw=most,
        min_kw=least,
        pausable=pausable,
        charging_now=charging_now,
        charging_since_ms=since,
        frozen=frozen,
        curved=curved,
        warm_ms=warm_ms,
        warm_kw=warm_kw,
    )


class SupplyLimits:
    """The largest power of a session: the least that vehicle, connector and station allow."""

    def __init__(self, site: Site) -> None:
        self._stations = {station.station_id: station for station in site.stations}

    def of(self, session: ChargingSession) -> float:
        """Largest power [kW] of a session."""
        station = self._stations.get(session.station_id or "")
        if station is None:
            return session.vehicle.max_power_kw
        connector_kw = station.connector_max_power_kw.get(session.connector_id or "", np.inf)
        station_kw = np.inf if station.max_power_kw is None else station.max_power_kw
        return min(session.vehicle.max_power_kw, connector_kw, station_kw)


def _powers(session: ChargingSession, limits: SupplyLimits) -> tuple[float, float, float]:
    vehicle = session.vehicle
    return vehicle.battery_capacity_kwh, limits.of(session), vehicle.min_power_kw


def _transposed(rows: Sequence[tuple[object, ...]], width: int, dtype: type) -> list[np.ndarray]:
    return list(np.array(rows, dtype=dtype).reshape(-1, width).T)


def _warm_span(session: ChargingSession) -> tuple[int, float]:
    """When preconditioning begins, and its power: not below its least power, so rather shorter."""
    wish = session.preconditioning or Preconditioning(0.0, 0)
    hours = wish.duration_ms / MS_PER_HOUR
    power_kw = max(wish.energy_kwh / hours if hours > 0 else 0.0, wish.min_power_kw)
    if wish.energy_kwh <= 0.0 or power_kw <= 0.0:
        return session.departure_ms, 0.0
    return session.departure_ms - round(wish.energy_kwh / power_kw * MS_PER_HOUR), power_kw


def _warm_hours(columns: SessionColumns, segments: Segments, row_session: Index) -> Floats:
    """Hours of each row that lie in its session's time of preconditioning."""
    overlap_ms = segments.end_ms - np.maximum(segments.start_ms, columns.warm_ms[row_session])
    return np.where(columns.warm_kw[row_session] > 0, np.maximum(overlap_ms, 0), 0) / MS_PER_HOUR


def _charge_kwh(
    columns: SessionColumns, segments: Segments, row_session: Index, warm_hours: Floats
) -> Floats:
    tagged = (segments.tags & np.uint8(Tag.PRECONDITIONING)) > 0
    shared = tagged | (columns.frozen[row_session] & (warm_hours > 0))
    capacity = columns.capacity_kwh[row_session]
    stored = (segments.end_soc - segments.start_soc) * capacity
    stored = np.where(np.abs(stored) <= SOC * capacity, 0.0, stored)
    drawn = segments.power_kw * ((segments.end_ms - segments.start_ms) / MS_PER_HOUR)
    return np.where(shared, np.clip(stored, 0.0, np.maximum(drawn, 0.0)), drawn)
