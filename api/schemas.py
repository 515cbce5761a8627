"""A plan request as it travels: our own objects, around the vendor's schedules and vehicles.

Our own objects refuse fields that they do not know; the vendor's (`adapters.chargeye.payloads`) keep them.
Power is kW, energy kWh, SoC percent 0 to 100, times ISO 8601 with an offset. Numbers are JSON numbers:
no text, no booleans, no NaN, no infinities.
"""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from adapters.chargeye.payloads import (
    Amount,
    EvSchedule,
    Identifier,
    Instant,
    Number,
    PositiveAmount,
    PowerRule,
    SocPercent,
    Vehicle,
)
from api.example_request import EXAMPLE_REQUEST

MAX_HORIZON_HOURS = 1100

StrategyName = Literal["cost", "peak-supression", "peak-suppression", "asap", "carbon"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("must be a zone of the IANA time zone database, like Europe/Helsinki") from error
    return name


def _no_flag(value: object) -> object:
    """`True == 1`, so a list of allowed numbers would let it pass."""
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


class OwnObject(BaseModel):
    """Base of the objects that we define: a field that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class Step(OwnObject):
    """One entry of a series: a value that holds over `[from, to)`."""

    from_at: Instant = Field(alias="from", description="Start, ISO 8601 with an offset.")
    to_at: Instant = Field(alias="to", description="End, ISO 8601 with an offset; not part of the entry.")
    value: float


class PowerCapStep(Step):
    """A cap over a span of time."""

    value: Amount = Field(alias="powerCapKw", description="Largest power, kW on the AC side.")


class BaseLoadStep(Step):
    """Consumption of the site over a span of time."""

    value: Amount = Field(alias="baseLoadKw", description="Load that is not planned, kW on the AC side.")


class PriceStep(Step):
    """A price over a span of time."""

    value: Number = Field(
        alias="pricePerKwh", ge=-1e6, le=1e6, description="Currency per AC kWh; may be negative."
    )


class CarbonStep(Step):
    """Carbon intensity over a span of time."""

    value: Number = Field(alias="carbonIntensity", ge=-1e6, le=1e6, description="Grams of CO2 per AC kWh.")


class WindowBody(OwnObject):
    """A span of time, `[from, to)`."""

    from_at: Instant = Field(alias="from", description="Start, ISO 8601 with an offset.")
    to_at: Instant = Field(alias="to", description="End, ISO 8601 with an offset; not part of the window.")


class DemandChargeBody(OwnObject):
    """Money for the rise of the site's peak over the peak that is billed already."""

    price_per_kw: Amount = Field(alias="pricePerKw", description="Currency per AC kW of rise.")
    billed_peak_kw: Amount = Field(0.0, alias="billedPeakKw", description="Peak billed so far, AC kW.")
    windows: list[WindowBody] = Field(
        default_factory=list, description="Only load inside these counts; none given: all load counts."
    )


def _shape(value: object) -> str:
    return "series" if isinstance(value, list) else "number"


Constant = Annotated[Amount, Tag("number")]
CapSeries = Annotated[list[PowerCapStep], Field(min_length=1), Tag("series")]
LoadSeries = Annotated[list[BaseLoadStep], Field(min_length=1), Tag("series")]
PowerCap = Annotated[Constant | CapSeries, Discriminator(_shape)]
BaseLoad = Annotated[Constant | LoadSeries, Discriminator(_shape)]


class GroupBody(OwnObject):
    """A feeder or transformer: a cap over the stations and groups below it, base load not counted."""

    id: Identifier
    parent_id: Identifier | None = Field(None, alias="parentId", description="The group above, or null.")
    power_cap_kw: PowerCap = Field(alias="powerCapKw", description="AC kW: a number, or a series.")
    station_ids: list[Identifier] = Field(
        default_factory=list, alias="stationIds", description="Stations fed by this group directly."
    )


class ConnectorBody(OwnObject):
    """A plug of a station."""

    connector_id: Identifier = Field(alias="connectorId", description="Unique within its station.")
    max_power_kw: PositiveAmount = Field(alias="maxPowerKw", description="DC kW.")


class StationBody(OwnObject):
    """A power unit shared by its connectors."""

    station_id: Identifier = Field(alias="stationId")
    max_power_kw: PositiveAmount | None = Field(
        None, alias="maxPowerKw", description="DC kW for all its connectors together; null: no limit."
    )
    connectors: list[ConnectorBody] = Field(default_factory=list)


class SiteBody(OwnObject):
    """The depot behind one grid connection. Also the form in which site settings are stored."""

    location_uid: Identifier = Field(alias="locationUid", description="ChargEye's id of the location.")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", alias="timeZone", description="IANA zone in which recurring schedules keep their wall time."
    )
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217 code of all prices.")
    power_cap_kw: PowerCap = Field(
        alias="powerCapKw", description="Grid limit, AC kW: a number, or a series that begins by now."
    )
    base_load_kw: BaseLoad = Field(
        0.0, alias="baseLoadKw", description="Other consumption, AC kW: a number, or a series."
    )
    ac_dc_power_ratio: PositiveAmount = Field(
        1.0, alias="acDcPowerRatio", description="DC power out per AC power in."
    )
    prices: list[PriceStep] = Field(
        default_factory=list, description="Energy prices without gaps, beginning by now; none: 0."
    )
    carbon_intensity: list[CarbonStep] = Field(
        default_factory=list,
        alias="carbonIntensity",
        description="Grams of CO2 per AC kWh without gaps, beginning by now; none: 0.",
    )
    demand_charge: DemandChargeBody | None = Field(None, alias="demandCharge")
    groups: list[GroupBody] = Field(default_factory=list)
    stations: list[StationBody] = Field(default_factory=list)


class PowerRuleBody(PowerRule):
    """The power, DC kW, above which a segment with this tag is charged only where nothing else helps."""

    model_config = ConfigDict(extra="forbid")


class SettingsBody(OwnObject):
    """What holds for every schedule, unless its vehicle's entry says otherwise."""

    departure_margin_minutes: Amount | None = Field(
        None, alias="departureMarginMinutes", description="Minutes kept free before departure; default 0."
    )
    minimum_soc: SocPercent | None = Field(
        None, alias="minimumSoC", description="Percent that comes before any target; default 0."
    )
    bulk_soc: SocPercent | None = Field(
        None, alias="bulkSoC", description="Percent below which a segment is tagged bulk; default 80."
    )
    ev_min_power_kw: Amount | None = Field(
        None, alias="evMinPowerkW", description="Least power of every vehicle, DC kW; default 0."
    )
    ev_max_power_kw: PositiveAmount | None = Field(
        None, alias="evMaxPowerkW", description="Largest power of every vehicle, DC kW."
    )
    assumed_start_soc: SocPercent = Field(
        20.0, alias="assumedStartSoC", description="Percent, where a schedule has no startSoC."
    )
    assumed_target_soc: SocPercent = Field(
        100.0, alias="assumedTargetSoC", description="Percent, where a schedule has no targetSoC."
    )
    min_run_minutes: Amount = Field(
        0.0,
        alias="minRunMinutes",
        description="A run, once begun, lasts so long unless the target is met. "
        "One that is under way counts from tx.chargingStartTime.",
    )
    max_pauses: Annotated[int, Field(strict=True, ge=0)] | None = Field(
        None,
        alias="maxPauses",
        description="Most pauses between the runs of a schedule from now on; null: any number.",
    )
    shortfall_policy: Literal["fair", "fewest"] = Field("fair", alias="shortfallPolicy")
    power_rules: list[PowerRuleBody] | None = Field(None, alias="powerRules")


class PlanRequestBody(OwnObject):
    """One depot's question: when does every vehicle charge?"""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_REQUEST]})

    now: Instant | None = Field(None, description="The instant of planning; default: the clock.")
    horizon_hours: Annotated[Number, Field(gt=0, le=MAX_HORIZON_HOURS)] = Field(
        48.0, alias="horizonHours", description="Schedules that arrive within so many hours are planned."
    )
    slot_minutes: Annotated[Literal[1, 5, 10, 15, 30, 60], BeforeValidator(_no_flag)] = Field(
        15, alias="slotMinutes", description="Length of the clock-aligned slots, minutes."
    )
    strategy: StrategyName | None = Field(
        None, description="Default: cost where prices are given, else peak-supression."
    )
    site: SiteBody
    settings: SettingsBody = Field(default_factory=SettingsBody)
    vehicles: list[Vehicle] = Field(default_factory=list, description="ChargEye Vehicle objects.")
    schedules: list[EvSchedule] = Field(default_factory=list, description="Dated EvSchedule objects.")
    recurring_schedules: list[EvSchedule] = Field(
        default_factory=list, alias="recurringSchedules", description="EvSchedule objects with a rule."
    )
