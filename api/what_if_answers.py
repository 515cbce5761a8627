"""What-if answers as models: their description in OpenAPI. Answers are not built through these."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from api.plan_schemas import JsonObject, WarningDocument
from api.resources import ChartView


class _Answer(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", allow_inf_nan=False, alias_generator=to_camel, populate_by_name=True
    )


class ShortDocument(_Answer):
    """A vehicle that leaves below its target. SoC in percent."""

    schedule_id: str
    ev_id: str
    shortfall_kwh: float
    planned_soc: float = Field(alias="plannedSoC")
    target_soc: float = Field(alias="targetSoC")


class FiguresDocument(_Answer):
    """One plan in numbers. `cost` is energyCost + demandCost; `gap` is how far from the best at most."""

    cost: float
    energy_cost: float
    demand_cost: float
    energy_kwh: float
    peak_kw: float
    carbon_kg: float | None
    missing_kwh: float
    short: list[ShortDocument]
    status: Literal["optimal", "feasible"]
    gap: float
    churn: float


class DifferenceDocument(_Answer):
    """The change's figures less the base's; who is short now and was not, and the other way round."""

    cost: float
    energy_cost: float
    demand_cost: float
    energy_kwh: float
    peak_kw: float
    carbon_kg: float | None
    missing_kwh: float
    newly_short: list[str]
    no_longer_short: list[str]


class ChangedDocument(_Answer):
    """What became of one change; where asked for, `plan` is a whole plan response and `chart` its figures."""

    name: str
    kind: str
    figures: FiguresDocument
    difference: DifferenceDocument
    warnings: list[WarningDocument]
    plan: JsonObject | None = None
    chart: ChartView | None = None


class SpreadDocument(_Answer):
    """How a figure spreads over the draws: mean, least, quantiles, most."""

    mean: float
    least: float
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    most: float


class RiskDocument(_Answer):
    """One stay over all draws: in how many it leaves under its target, and the energy missing then."""

    schedule_id: str
    ev_id: str
    short_draws: int
    probability_short: float
    expected_missing_kwh: float
    most_missing_kwh: float


class DrawsDocument(_Answer):
    """What became of the random draws. `gap` is the largest of their plans."""

    name: str
    kind: Literal["random-lateness"]
    draws: int
    seed: int
    share_late: float
    mean_minutes: float
    max_minutes: float
    cost: SpreadDocument
    energy_kwh: SpreadDocument
    peak_kw: SpreadDocument
    missing_kwh: SpreadDocument
    short_draws: int
    probability_short: float
    vehicles: list[RiskDocument]
    gap: float


class BaseDocument(_Answer):
    """The plan of the request as it came."""

    figures: FiguresDocument
    warnings: list[WarningDocument]
    plan: JsonObject | None = None
    chart: ChartView | None = None


class WhatIfResponse(_Answer):
    """Figures for the request as it came and for every change, in their order.

    Where plans are not asked for, the figures are those of plans as good as, but less tidy than, those
    that are pushed: what no want decides may differ from them, as the peak does where only energy costs.
    """

    now: str
    currency: str
    engine: str
    base: BaseDocument
    changes: list[ChangedDocument | DrawsDocument]
    phases_ms: dict[str, float]
