"""ChargEye's objects as they travel, with its own spelling of every field.

The vendor's capitals follow no rule (`maxPowerKw` but `powerkW`, `startSoC` but `startSoc`), so each alias
is written out. Fields that we do not know are kept, and enums are plain strings, because the vendor adds to
both without notice. Only what the planner reads is held to a range.

Units: `kW`, `kWh`, SoC percent 0 to 100, instants either ISO 8601 text with an offset or epoch milliseconds.
"""

from datetime import datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

LARGEST = 1e9  # kW or kWh; beyond it a number is a mistake, and it would spoil the solver's scaling
_LAST_MS = 253_370_764_800_000  # 9999-01-01: every instant must fit a calendar after a day is added


def _iso_text(value: object) -> object:
    """Refuse the numbers and digit strings that pydantic would read as seconds since 1970."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or value[4:5] != "-":
        raise ValueError("must be text like 2026-03-09T18:00:00+02:00")
    return value


def _within_calendar(instant: datetime) -> datetime:
    if not 1970 <= instant.year < 9999:
        raise ValueError("must lie between the years 1970 and 9998")
    return instant


def _finite(value: object) -> object:
    """Refuse NaN and infinities anywhere inside a value of unknown shape."""
    unseen = [value]
    while unseen:
        item = unseen.pop()
        if isinstance(item, float) and not isfinite(item):
            raise ValueError("must hold finite numbers only")
        if isinstance(item, dict | list):
            unseen.extend(item.values() if isinstance(item, dict) else item)
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_iso_text), AfterValidator(_within_calendar)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Amount = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=LARGEST)]
PositiveAmount = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=LARGEST)]
SocPercent = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=100)]
EpochMs = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=_LAST_MS)]
Flag = Annotated[bool, Field(strict=True)]
Anything = Annotated[Any, AfterValidator(_finite)]
Identifier = Annotated[str, Field(min_length=1)]


class VendorObject(BaseModel):
    """Base of every ChargEye object: unknown fields are kept in `model_extra`."""

    __pydantic_extra__: dict[str, Anything] = Field(init=False)

    model_config = ConfigDict(extra="allow", frozen=True)


class Segment(VendorObject):
    """A stretch of equal power in a plan, `[from, to)`."""

    from_ms: EpochMs | None = Field(None, alias="from")
    to_ms: EpochMs | None = Field(None, alias="to")
    duration_ms: Number | None = Field(None, alias="durationMs")
    power_kw: Number | None = Field(None, alias="powerkW")
    energy_kwh: Number | None = Field(None, alias="energykWh")
    start_soc: Number | None = Field(None, alias="startSoc")
    end_soc: Number | None = Field(None, alias="endSoc")
    paused: Flag | None = None
    power_is_being_limited: Flag | None = Field(None, alias="powerIsBeingLimited")
    power_unlimited: Flag | None = Field(None, alias="powerUnlimited")
    tag: list[str] | None = None


class PlanPreconditioning(VendorObject):
    """What the vehicle draws for its cabin and battery before it leaves."""

    battery_preconditioning_time_ms: Amount | None = Field(None, alias="batteryPreconditioningTimeMs")
    vehicle_preconditioning_energy_kwh: Amount | None = Field(None, alias="vehiclePreconditioningEnergykWh")
    vehicle_preconditioning_time_ms: Amount | None = Field(None, alias="vehiclePreconditioningTimeMs")


class PlanEv(VendorObject):
    """The vehicle as the platform's planner knew it. A size or power of 0 means that it is not known."""

    battery_size_kwh: Amount | None = Field(None, alias="batterySizekWh")
    battery_energy_need_kwh: Number | None = Field(None, alias="batteryEnergyNeedkWh")
    energy_need_kwh: Number | None = Field(None, alias="energyNeedkWh")
    max_power_kw: Amount | None = Field(None, alias="maxPowerkW")
    supports_pausing: Flag | None = Field(None, alias="supportsPausing")
    preconditioning: PlanPreconditioning | None = None


class PowerRule(VendorObject):
    """The power above which a segment with this tag should not go without need."""

    tag: str | None = None
    ideal_power_kw: Amount | None = Field(None, alias="idealPowerkW")


class PlanSettings(VendorObject):
    """The settings that the platform's planner used for this vehicle."""

    bulk_soc: SocPercent | None = Field(None, alias="bulkSoC")
    minimum_soc: SocPercent | None = Field(None, alias="minimumSoC")
    departure_margin_minutes: Amount | None = Field(None, alias="departureMarginMinutes")
    ev_max_power_kw: Amount | None = Field(None, alias="evMaxPowerkW")
    ev_min_power_kw: Amount | None = Field(None, alias="evMinPowerkW")
    power_rules: list[PowerRule] | None = Field(None, alias="powerRules")


class Tx(VendorObject):
    """When the transaction's charging began and ended."""

    charging_start_time: Instant | None = Field(None, alias="chargingStartTime")
    charging_end_time: Instant | None = Field(None, alias="chargingEndTime")


class PlanSchedule(VendorObject):
    """The input of the plan in which it is embedded."""

    id: str | None = None
    from_ms: EpochMs | None = Field(None, alias="from")
    to_ms: EpochMs | None = Field(None, alias="to")
    priority: Number | None = None
    start_soc: Number | None = Field(None, alias="startSoc")
    target_soc: Number | None = Field(None, alias="targetSoc")
    ev: PlanEv | None = None
    settings: PlanSettings | None = None
    tx: Tx | None = None


class Plan(VendorObject):
    """The plan of one vehicle for one schedule."""

    departure_margin_ms: Number | None = Field(None, alias="departureMarginMs")
    end_soc: Number | None = Field(None, alias="endSoc")
    end_time_ms: Number | None = Field(None, alias="endTime")
    energy_kwh: Number | None = Field(None, alias="energyKwh")
    reached_target_soc_in_schedule: Flag | None = Field(None, alias="reachedTargetSocInSchedule")
    segments: list[Segment] | None = None
    past_segments: list[Segment] | None = Field(None, alias="pastSegments")
    schedule: PlanSchedule | None = None


class PlanMeta(VendorObject):
    """How and when a plan was made."""

    frozen: Flag | None = None
    strategy: str | None = None
    strategy_version: str | None = Field(None, alias="strategyVersion")
    timestamp: str | None = None
    trigger: str | None = None
    trigger_description: str | None = Field(None, alias="triggerDescription")


class EvSchedule(VendorObject):
    """A stay of a vehicle at a location, dated or recurring.

    `currentSoC`, `stationId` and `connectorId` are ours: the platform has no place for them.
    """

    id: Identifier
    ev_id: Identifier = Field(alias="evId")
    location_uid: str | None = Field(None, alias="locationUid")
    planned_arrival_time: Instant = Field(alias="plannedArrivalTime")
    planned_departure_time: Instant = Field(alias="plannedDepartureTime")
    start_soc: SocPercent | None = Field(None, alias="startSoC")
    target_soc: SocPercent | None = Field(None, alias="targetSoC")
    recurrence_rule: str | None = Field(None, alias="recurrenceRule")
    plan: Plan | None = None
    plan_meta: PlanMeta | None = Field(None, alias="planMeta")
    current_soc: SocPercent | None = Field(None, alias="currentSoC")
    station_id: Identifier | None = Field(None, alias="stationId")
    connector_id: Identifier | None = Field(None, alias="connectorId")


class ChargingPort(VendorObject):
    """A port of a vehicle; stations recognise the vehicle by its MAC address."""

    mac_address: str | None = Field(None, alias="macAddress")
    type: str | None = None
    inactive: Flag | None = None


class CurvePoint(VendorObject):
    """The most that a battery takes at one SoC."""

    soc: SocPercent
    power_kw: PositiveAmount = Field(alias="powerKw")


class V2icpParameters(VendorObject):
    """What a vehicle wants done before departure, as set on the platform."""

    ambient_temp: Number | None = Field(None, alias="ambientTemp")
    interior_hvac: str | None = Field(None, alias="interiorHvac")
    preconditioning: Flag | None = None


class Vehicle(VendorObject):
    """One bus or truck of the registry. `chargingCurve` is ours: the platform has no place for it."""

    id: Identifier
    charging_ports: list[ChargingPort] | None = Field(None, alias="chargingPorts")
    ev_mac_address: str | None = Field(None, alias="evMacAddress")
    name: str | None = None
    ev_model: str | None = Field(None, alias="evModel")
    license_plate: str | None = Field(None, alias="licensePlate")
    notes: str | None = None
    location_uid: list[str] | str | None = Field(None, alias="locationUid")
    full_charge_energy_kwh: PositiveAmount | None = Field(None, alias="fullChargeEnergykWh")
    max_charge_power_kw: PositiveAmount | None = Field(None, alias="maxChargePowerkW")
    min_charge_power_kw: Amount | None = Field(None, alias="minChargePowerkW")
    min_preconditioning_power_kw: Amount | None = Field(None, alias="minPreconditioningPowerkW")
    consumption_wh_per_km: Number | None = Field(None, alias="consumption")
    enable_charge_scheduling: Flag | None = Field(None, alias="enableChargeScheduling")
    supports_pause_resume: Flag | None = Field(None, alias="supportsPauseResume")
    v2icp_parameters: V2icpParameters | None = Field(None, alias="v2icpParameters")
    v2icp: Anything = None
    vin: str | None = None
    charging_curve: Annotated[list[CurvePoint], Field(min_length=1)] | None = Field(
        None, alias="chargingCurve"
    )
