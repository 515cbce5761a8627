"""What-if questions as they travel: a plan request with changes of it.

A change is one object with a `kind`. Power is kW, energy kWh, SoC percent, times ISO 8601 with an offset,
all as in a plan request. A number for a cap, the base load or the prices holds always, or inside `window`;
a series holds over its own span, and outside of it the request's values stay.
"""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from adapters.chargeye.payloads import (
    Amount,
    EvSchedule,
    Flag,
    Identifier,
    Instant,
    Number,
    SocPercent,
    Vehicle,
)
from api.example_what_if import EXAMPLE_WHAT_IF
from api.schemas import (
    BaseLoad,
    DemandChargeBody,
    OwnObject,
    PlanRequestBody,
    PowerCap,
    PriceStep,
    StrategyName,
    WindowBody,
)
from optimiser.amendments import AMOUNTS_OF, BY_KW, BY_MINUTES, RAISE_GROUP_CAP, TIMED, TO_KW, TO_SOC

MAX_CHANGES = 1_000
MAX_DRAWS = 10_000
_MOST_MINUTES = 100_000  # some ten weeks: longer than any planned time

REPAIR_PATTERN = (
    "^(" + "|".join(f"{kind}:.+" if kind == RAISE_GROUP_CAP else kind for kind in AMOUNTS_OF) + ")$"
)

Minutes = Annotated[Number, Field(ge=-_MOST_MINUTES, le=_MOST_MINUTES)]
PositiveMinutes = Annotated[Number, Field(gt=0, le=_MOST_MINUTES)]
Price = Annotated[Number, Field(ge=-1e6, le=1e6), Tag("number")]
PriceSeries = Annotated[list[PriceStep], Field(min_length=1), Tag("series")]
Prices = Annotated[
    Price | PriceSeries, Discriminator(lambda v: "series" if isinstance(v, list) else "number")
]


class ChangeBody(OwnObject):
    """Base of every change."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="What the answer calls it; default: its kind."
    )


class PowerCapChange(ChangeBody):
    """Another cap on the site, or on one of its groups."""

    kind: Literal["power-cap"]
    power_cap_kw: PowerCap = Field(alias="powerCapKw", description="AC kW: a number, or a series.")
    group_id: Identifier | None = Field(None, alias="groupId", description="The group; none: the site.")
    window: WindowBody | None = None


class BaseLoadChange(ChangeBody):
    """Another load that is not planned."""

    kind: Literal["base-load"]
    base_load_kw: BaseLoad = Field(alias="baseLoadKw", description="AC kW: a number, or a series.")
    window: WindowBody | None = None


class EnergyPriceChange(ChangeBody):
    """Other energy prices."""

    kind: Literal["energy-price"]
    prices: Prices = Field(description="Currency per AC kWh: a number, or a series as in the request.")
    window: WindowBody | None = None


class DemandChargeChange(ChangeBody):
    """Another demand charge; null takes it away."""

    kind: Literal["demand-charge"]
    demand_charge: DemandChargeBody | None = Field(alias="demandCharge")


class StrategyChange(ChangeBody):
    """Another strategy."""

    kind: Literal["other-strategy"]
    strategy: StrategyName


class StayChangeBody(ChangeBody):
    """Base of changes of stays: those of one schedule, or every planned one of a vehicle."""

    schedule_id: Identifier | None = Field(
        None, alias="scheduleId", description="A schedule, or one occurrence; a recurring one: all of them."
    )
    ev_id: Identifier | None = Field(None, alias="evId", description="In place of scheduleId.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "StayChangeBody":
        if (self.schedule_id is None) == (self.ev_id is None):
            raise ValueError("needs either scheduleId or evId")
        return self


class LateArrivalChange(StayChangeBody):
    """A vehicle comes late, with the SoC and the departure that it would have had."""

    kind: Literal["late-arrival"]
    by_minutes: PositiveMinutes = Field(alias="byMinutes")


class DepartureChange(StayChangeBody):
    """A vehicle leaves earlier or later."""

    kind: Literal["other-departure"]
    by_minutes: Minutes = Field(alias="byMinutes", description="Later; below 0: earlier.")


class SocChange(StayChangeBody):
    """A vehicle comes with another SoC, or is to leave with another, or both."""

    kind: Literal["other-soc"]
    start_soc: SocPercent | None = Field(
        None, alias="startSoC", description="Percent at arrival; of a stay under way, at now."
    )
    target_soc: SocPercent | None = Field(None, alias="targetSoC", description="Percent.")

    @model_validator(mode="after")
    def _any_soc(self) -> "SocChange":
        if self.start_soc is None and self.target_soc is None:
            raise ValueError("needs startSoC, targetSoC or both")
        return self


class AwayChange(StayChangeBody):
    """A vehicle does not come."""

    kind: Literal["away"]


class OneMoreChange(ChangeBody):
    """One more vehicle with its schedule, or one more schedule of a vehicle that the request has."""

    kind: Literal["one-more"]
    schedule: EvSchedule
    vehicle: Vehicle | None = Field(None, description="The vehicle, unless the request has it.")


class RepairBody(OwnObject):
    """A repair as a plan's shortfall names it."""

    kind: Annotated[str, Field(pattern=REPAIR_PATTERN)]
    by_kw: Amount | None = Field(None, alias="byKw")
    by_minutes: PositiveMinutes | None = Field(None, alias="byMinutes")
    to_soc: SocPercent | None = Field(None, alias="toSoC")
    to_kw: Amount | None = Field(None, alias="toKw")
    from_at: Instant | None = Field(None, alias="from")
    to_at: Instant | None = Field(None, alias="to")

    @property
    def amounts(self) -> dict[str, float]:
        """What is given, by its name in a plan."""
        named = {BY_KW: self.by_kw, BY_MINUTES: self.by_minutes, TO_SOC: self.to_soc, TO_KW: self.to_kw}
        return {name: amount for name, amount in named.items() if amount is not None}

    @model_validator(mode="after")
    def _whole(self) -> "RepairBody":
        kind = self.kind.partition(":")[0]
        if set(self.amounts) != AMOUNTS_OF[kind]:
            raise ValueError(f"{kind} needs {' '.join(AMOUNTS_OF[kind]) or 'no amount'}, and no other")
        timed = self.from_at is not None and self.to_at is not None
        if timed != (kind in TIMED) or (self.from_at is None) != (self.to_at is None):
            raise ValueError(f"{kind} needs {'from and to' if kind in TIMED else 'neither from nor to'}")
        return self


class RepairChange(ChangeBody):
    """A repair that a plan names for a shortfall, done; then everybody is planned anew."""

    kind: Literal["repair"]
    schedule_id: Identifier = Field(
        alias="scheduleId", description="The schedule or occurrence that is short."
    )
    repair: RepairBody


class RandomLateness(ChangeBody):
    """Draws in which every vehicle that is still to come is late at random.

    In each draw each stay is late with probability `shareLate`, on its own, by an exponentially
    distributed time of `meanMinutes`, at most `maxMinutes`, in whole minutes. It hangs on the seed, the
    number of the draw and the schedule's id alone. Departures stay; who would come after the own
    departure leaves without having charged.
    """

    kind: Literal["random-lateness"]
    draws: Annotated[int, Field(strict=True, ge=1, le=MAX_DRAWS)]
    seed: Annotated[int, Field(strict=True, ge=0, le=2**63 - 1)] = 1
    share_late: Annotated[Number, Field(ge=0, le=1)] = Field(0.3, alias="shareLate")
    mean_minutes: Amount = Field(15.0, alias="meanMinutes", description="Mean of those late, before the cap.")
    max_minutes: Annotated[Number, Field(ge=0, le=_MOST_MINUTES)] = Field(60.0, alias="maxMinutes")


OneChange = (
    PowerCapChange
    | BaseLoadChange
    | EnergyPriceChange
    | DemandChargeChange
    | StrategyChange
    | LateArrivalChange
    | DepartureChange
    | SocChange
    | AwayChange
    | OneMoreChange
    | RepairChange
)


class TogetherChange(ChangeBody):
    """Several changes at once, one after the other."""

    kind: Literal["together"]
    changes: Annotated[
        list[Annotated[OneChange, Field(discriminator="kind")]], Field(min_length=1, max_length=MAX_CHANGES)
    ]


AnyChange = Annotated[OneChange | TogetherChange | RandomLateness, Field(discriminator="kind")]


class WhatIfFrame(OwnObject):
    """The request around a plan request and its changes, which are read one by one."""

    request: Any
    changes: Annotated[list[Any], Field(min_length=1, max_length=MAX_CHANGES)]
    include_plans: Flag = Field(
        False, alias="includePlans", description="Give back every plan, but for those of random draws."
    )
    include_charts: Flag = Field(
        False, alias="includeCharts", description="Give back every such plan as figures."
    )


class WhatIfBody(WhatIfFrame):
    """What if a depot's night were different? At most 10,000 random draws in all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE_WHAT_IF]})

    request: PlanRequestBody
    changes: Annotated[list[AnyChange], Field(min_length=1, max_length=MAX_CHANGES)]
