"""What the planner plans: a site, vehicles, and the sessions in which they stand at it.

Everything here is frozen and validated before it is made. Instants are epoch milliseconds in UTC
(`_ms`), SoC is a fraction from 0 to 1, power is kW and energy kWh on the vehicle's (DC) side unless
the name says AC.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from optimiser.series import StepSeries


class Strategy(StrEnum):
    """What the third want of a plan is; the first two are always the energy needed."""

    COST = "cost"
    PEAK_SUPPRESSION = "peak-supression"  # the vendor's spelling is the wire value
    ASAP = "asap"
    CARBON = "carbon"


class ShortfallPolicy(StrEnum):
    """Who goes short among equals, where not everybody can be served."""

    FAIR = "fair"
    FEWEST = "fewest"


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time `[start_ms, end_ms)`."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class DemandCharge:
    """Money for every kW by which the site's AC peak rises over the peak already billed.

    With `windows`, only the load inside them counts.
    """

    price_per_kw: float
    billed_peak_kw: float = 0.0
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A feeder or transformer: an AC power cap over the stations below it."""

    group_id: str
    parent_id: str | None
    power_cap_kw: StepSeries
    station_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Station:
    """A power unit shared by its connectors; both limits are DC, None where there is none."""

    station_id: str
    max_power_kw: float | None
    connector_max_power_kw: dict[str, float]

    def supply_limit_kw(self, connector_id: str | None) -> float:
        """The most [kW, DC] that it and a connector let through; infinite where nothing is said."""
        own_kw = math.inf if self.max_power_kw is None else self.max_power_kw
        return min(own_kw, self.connector_max_power_kw.get(connector_id or "", math.inf))


@dataclass(frozen=True, slots=True)
class Site:
    """The depot behind one grid connection. Caps and prices are on the AC side."""

    location_uid: str
    time_zone: ZoneInfo
    currency: str
    power_cap_kw: StepSeries
    base_load_kw: StepSeries
    ac_dc_power_ratio: float
    price_per_kwh: StepSeries
    carbon_g_per_kwh: StepSeries | None = None
    demand_charge: DemandCharge | None = None
    groups: tuple[Group, ...] = ()
    stations: tuple[Station, ...] = ()

    def supply_limit_kw(self, station_id: str | None, connector_id: str | None) -> float:
        """The most [kW, DC] that a station and its connector let through; infinite where nothing is said."""
        own = (each for each in self.stations if each.station_id == station_id)
        return min((station.supply_limit_kw(connector_id) for station in own), default=math.inf)


@dataclass(frozen=True, slots=True)
class ChargingCurve:
    """The most a battery takes against its SoC: straight lines between points, held outside them."""

    soc: tuple[float, ...]
    power_kw: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Preconditioning:
    """Energy for cabin and battery, drawn over the last `duration_ms` before departure."""

    energy_kwh: float
    duration_ms: int
    min_power_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class PowerRule:
    """Above this power a segment with this tag is charged only where nothing else helps."""

    tag: str
    ideal_power_kw: float


@dataclass(frozen=True, slots=True)
class FixedSegment:
    """A stretch of power that is given, not planned: of a frozen, a running or a past plan."""

    start_ms: int
    end_ms: int
    power_kw: float


@dataclass(frozen=True, slots=True)
class Vehicle:
    """What one vehicle can do. `max_power_kw` is its own limit, before any connector's."""

    vehicle_id: str
    battery_capacity_kwh: float
    max_power_kw: float
    min_power_kw: float = 0.0
    pausable: bool = False
    controllable: bool = True
    charging_curve: ChargingCurve | None = None


@dataclass(frozen=True, slots=True)
class ChargingSession:
    """One dated stay of a vehicle, the planner's unit. Presence is `[arrival_ms, departure_ms)`.

    `soc` is the state of charge at the later of arrival and now. `source` is the place of the
    EvSchedule that it came from in the request, so that the answer can be joined to it.
    `charging_since_ms` is when the run that is under way began, None where nobody knows.
    """

    schedule_id: str
    vehicle: Vehicle
    arrival_ms: int
    departure_ms: int
    soc: float
    target_soc: float
    minimum_soc: float = 0.0
    bulk_soc: float = 0.8
    margin_ms: int = 0
    priority: float = 0.0
    charging_now: bool = False
    charging_since_ms: int | None = None
    station_id: str | None = None
    connector_id: str | None = None
    preconditioning: Preconditioning | None = None
    power_rules: tuple[PowerRule, ...] = ()
    frozen: tuple[FixedSegment, ...] | None = None
    running_plan: tuple[FixedSegment, ...] = ()
    source: tuple[str, int] = ("schedules", 0)

    @property
    def charge_until_ms(self) -> int:
        """No charging after this: departure less the margin."""
        return self.departure_ms - self.margin_ms

    @property
    def energy_need_kwh(self) -> float:
        """Energy from `soc` to the target; 0 where the target is already passed."""
        return max(0.0, self.target_soc - self.soc) * self.vehicle.battery_capacity_kwh

    @property
    def minimum_need_kwh(self) -> float:
        """The part of the need that lies below the minimum SoC (and below the target)."""
        floor = min(self.minimum_soc, self.target_soc)
        return max(0.0, floor - self.soc) * self.vehicle.battery_capacity_kwh


@dataclass(frozen=True, slots=True)
class RecurringSession:
    """A stay that recurs: the first occurrence as a template, and its RFC 5545 rule."""

    template: ChargingSession
    recurrence_rule: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the caller should know although the plan was made: shown under `warnings`."""

    code: str
    message: str
    schedule_id: str | None = None


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """One depot's question. `sessions` are dated as given; `recurring` are still rules.

    A run that ends short of the target lasts `min_run_minutes` or more; `max_pauses` between the runs of
    one session, None for any number.
    """

    now_ms: int
    horizon_ms: int
    slot_minutes: int
    strategy: Strategy
    site: Site
    sessions: tuple[ChargingSession, ...]
    recurring: tuple[RecurringSession, ...] = ()
    shortfall_policy: ShortfallPolicy = ShortfallPolicy.FAIR
    min_run_minutes: float = 0.0
    max_pauses: int | None = None
    notices: tuple[Notice, ...] = field(default=())

    @property
    def horizon_end_ms(self) -> int:
        """Sessions that arrive at or after this instant are left unplanned."""
        return self.now_ms + self.horizon_ms
