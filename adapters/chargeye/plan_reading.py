"""The way back: a `plan` in ChargEye's words as columns of segments, read strictly.

Whoever checks a plan must not guess at it, so a missing field, a number in quotes or an unknown tag is
an error here, with its place. A field that we do not know is nobody's mistake and passes.
"""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from adapters.chargeye.plan_payload import TAG_BITS
from optimiser.plan import Segments
from optimiser.units import PERCENT

EpochMs = Annotated[
    int, Field(ge=0, le=253_402_300_799_999, description="epoch milliseconds, up to the year 9999")
]


class StrictDocument(BaseModel):
    """Every number is a finite number, every flag a flag; a field that we do not know may stand there."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)


class SegmentDocument(StrictDocument):
    """One segment of a plan, all fields there."""

    duration_ms: int = Field(alias="durationMs")
    end_soc: float = Field(alias="endSoc")
    energy_kwh: float = Field(alias="energykWh")
    start_ms: EpochMs = Field(alias="from")
    paused: bool
    limited: bool = Field(alias="powerIsBeingLimited")
    unlimited: bool = Field(alias="powerUnlimited")
    power_kw: float = Field(alias="powerkW")
    start_soc: float = Field(alias="startSoc")
    tag: list[str]
    end_ms: EpochMs = Field(alias="to")


class PlanDocument(StrictDocument):
    """The `plan` of an EvSchedule that we planned."""

    departure_margin_ms: int = Field(alias="departureMarginMs")
    end_soc: float = Field(alias="endSoc")
    end_ms: EpochMs = Field(alias="endTime")
    energy_kwh: float = Field(alias="energyKwh")
    past_segments: list[dict[str, Any]] = Field(alias="pastSegments")
    reached_target: bool = Field(alias="reachedTargetSocInSchedule")
    inputs: dict[str, Any] = Field(alias="schedule")
    segments: Annotated[list[SegmentDocument], Field(min_length=1)]


class PlanMetaDocument(StrictDocument):
    """The `planMeta` of an EvSchedule that we planned."""

    frozen: bool
    strategy: str
    strategy_version: str = Field(alias="strategyVersion")
    timestamp: str
    trigger: str
    trigger_description: str = Field(alias="triggerDescription")


def segment_columns(plans: Sequence[PlanDocument]) -> Segments:
    """The segments of these plans as columns, session i being plan i; SoC as fractions."""
    rows = [segment for plan in plans for segment in plan.segments]
    floats = np.array([(s.power_kw, s.energy_kwh, s.start_soc, s.end_soc) for s in rows], dtype=np.float64)
    instants = np.array([(s.start_ms, s.end_ms) for s in rows], dtype=np.int64)
    power, energy, start_soc, end_soc = floats.reshape(-1, 4).T
    start_ms, end_ms = instants.reshape(-1, 2).T
    return Segments(
        first=np.cumsum([0, *(len(plan.segments) for plan in plans)], dtype=np.int64),
        start_ms=start_ms,
        end_ms=end_ms,
        power_kw=power,
        energy_kwh=energy,
        start_soc=start_soc / PERCENT,
        end_soc=end_soc / PERCENT,
        tags=np.array([sum(TAG_BITS.get(name, 0) for name in set(s.tag)) for s in rows], dtype=np.uint8),
        limited=np.array([s.limited for s in rows], dtype=np.bool_),
        unlimited=np.array([s.unlimited for s in rows], dtype=np.bool_),
    )
