"""The plan response as models: the description in OpenAPI, and the strict reader of `depot check`.

Answers are not built through these (that would cost more than planning a small depot); they are the
promise that the answers keep.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from optimiser.units import to_ms


def _instant_ms(value: object) -> int:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    if instant is None or instant.tzinfo is None:
        raise ValueError("must be a time in ISO 8601 with an offset")
    return to_ms(instant)


InstantMs = Annotated[
    int, BeforeValidator(_instant_ms), WithJsonSchema({"type": "string", "format": "date-time"})
]
JsonObject = dict[str, Any]


class _Document(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="allow", frozen=True, allow_inf_nan=False, alias_generator=to_camel
    )


class SlotDocument(_Document):
    """The site within one clock slot; powers are AC kW, `capValuePerKw` is currency per kW or null."""

    start_ms: InstantMs = Field(alias="from")
    end_ms: InstantMs = Field(alias="to")
    load_kw: float
    base_load_kw: float
    power_cap_kw: float
    price_per_kwh: float
    cap_value_per_kw: float | None


class SiteDocument(_Document):
    """The site over the planned time: key figures of the charging, and the slots."""

    peak_kw: float
    energy_kwh: float
    energy_cost: float
    demand_cost: float
    carbon_kg: float | None
    slots: list[SlotDocument]


class ReasonDocument(_Document):
    """Why energy is missing, and when."""

    code: str
    start_ms: InstantMs = Field(alias="from")
    end_ms: InstantMs = Field(alias="to")


class RepairDocument(_Document):
    """A smallest change that would make the shortfall vanish; its amounts depend on the kind."""

    kind: str
    start_ms: InstantMs | None = Field(default=None, alias="from")
    end_ms: InstantMs | None = Field(default=None, alias="to")
    __pydantic_extra__: dict[str, float]


class ShortfallDocument(_Document):
    """A vehicle that leaves below its target. SoC in percent."""

    schedule_id: str
    ev_id: str
    shortfall_kwh: float
    planned_soc: float = Field(alias="plannedSoC")
    target_soc: float = Field(alias="targetSoC")
    below_minimum_soc: bool = Field(alias="belowMinimumSoC")
    reasons: list[ReasonDocument]
    repairs: list[RepairDocument]


class WarningDocument(_Document):
    """Something to know although the plan was made."""

    code: str
    message: str
    schedule_id: str | None = None


class RejectedDocument(_Document):
    """An entry that was left out of the plan, and why."""

    pointer: str
    message: str
    id: str | None = None


class StageDocument(_Document):
    """One want in its order: value, proven bound, and their relative distance."""

    name: str
    value: float
    bound: float
    gap: float


class SolverDocument(_Document):
    """How the plan was found and how good it is proven to be."""

    engine: str
    status: Literal["optimal", "feasible"]
    objective: float
    bound: float
    gap: float
    churn: float
    stages: Annotated[list[StageDocument], Field(min_length=1)]
    certificate: JsonObject
    phases_ms: dict[str, float]


class PlanResponse(_Document):
    """A plan for one depot. `schedules` are the EvSchedules as they came, with plan and planMeta filled."""

    plan_id: str
    created_at_ms: InstantMs = Field(alias="createdAt")
    strategy: Literal["cost", "peak-supression", "asap", "carbon"]
    schedules: list[JsonObject]
    site: SiteDocument
    shortfalls: list[ShortfallDocument]
    warnings: list[WarningDocument]
    rejected: list[RejectedDocument]
    solver: SolverDocument
