"""A plan in ChargEye's words: `plan` and `planMeta` of an EvSchedule.

Spelling is ChargEye's to the letter (`energyKwh` beside `energykWh`, `startSoC` beside `startSoc`).
SoC is percent here and a fraction inside; instants are epoch milliseconds on both sides. What came
with a schedule and is not ours to say goes out again untouched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimiser.domain import ChargingSession, Preconditioning
from optimiser.plan import Segments, Tag
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE, PERCENT, iso_z

Json = dict[str, Any]

DECIMALS = 9  # fine enough to re-verify 0.001 kW, coarse enough to hide the last bits of a float
_REACHED_SOC = 0.0005  # "reached" means within 0.05 SoC points of the target

_TAG_NAMES = {
    Tag.MINIMUM: "minimum",
    Tag.BULK: "bulk",
    Tag.TARGET: "target",
    Tag.PRECONDITIONING: "preconditioning",
}
TAG_BITS = {name: int(tag) for tag, name in _TAG_NAMES.items()}
# One list per combination, shared by all segments: a list of its own for each costs a fifth of the rendering.
_TAG_LISTS = [[name for tag, name in _TAG_NAMES.items() if bits & tag] for bits in range(16)]


@dataclass(frozen=True, slots=True)
class PlanStamp:
    """Who made a plan, when and why: the content of `planMeta`."""

    timestamp: str
    strategy: str
    strategy_version: str
    trigger: str
    trigger_description: str


def rounded(values: NDArray[np.float64]) -> list[float]:
    """A column as plain floats of nine decimals; never a negative zero."""
    plain: list[float] = (np.round(values, DECIMALS) + 0.0).tolist()
    return plain


def segment_payloads(segments: Segments) -> list[Json]:
    """Every segment as ChargEye's object, in the order of the columns."""
    columns = zip(
        (segments.end_ms - segments.start_ms).tolist(),
        rounded(segments.end_soc * PERCENT),
        rounded(segments.energy_kwh),
        segments.start_ms.tolist(),
        (segments.power_kw <= 0.0).tolist(),
        segments.limited.tolist(),
        segments.unlimited.tolist(),
        rounded(segments.power_kw),
        rounded(segments.start_soc * PERCENT),
        segments.tags.tolist(),
        segments.end_ms.tolist(),
        strict=True,
    )
    return [
        {
            "durationMs": duration,
            "endSoc": end_soc,
            "energykWh": energy,
            "from": start,
            "paused": paused,
            "powerIsBeingLimited": limited,
            "powerUnlimited": free,
            "powerkW": power,
            "startSoc": start_soc,
            "tag": _TAG_LISTS[tag],
            "to": end,
        }
        for duration, end_soc, energy, start, paused, limited, free, power, start_soc, tag, end in columns
    ]


def filled_schedule(
    schedule: Mapping[str, Any], session: ChargingSession, rows: list[Json], stamp: PlanStamp
) -> Json:
    """The EvSchedule as it came, with `plan` and `planMeta` filled from this session's segments."""
    came_plan, came_meta = schedule.get("plan") or {}, schedule.get("planMeta") or {}
    if session.frozen is not None:
        rows = frozen_rows(came_plan.get("segments") or [], rows)
    return {
        **schedule,
        "plan": _plan_payload(came_plan, session, rows, schedule.get("startSoC")),
        "planMeta": _meta_payload(came_meta, stamp),
    }


def frozen_rows(came: Sequence[Mapping[str, Any]], rows: list[Json]) -> list[Json]:
    """A frozen plan's own segments, cut to the time of `rows`; `rows` where those have a gap.

    They are kept to the letter, but for their SoC, which goes on from what the vehicle has now.
    """
    begin, end, soc = rows[0]["from"], rows[-1]["to"], rows[0]["startSoc"]
    kept: list[Json] = []
    for segment in came:
        start, stop = max(int(segment["from"]), begin), min(int(segment["to"]), end)
        if stop > start:
            share = (stop - start) / (int(segment["to"]) - int(segment["from"]))
            kept.append(_cut_segment(segment, start, stop, share, soc))
            soc = kept[-1]["endSoc"]
    edges = [begin, *(row["to"] for row in kept)]
    whole = [row["from"] for row in kept] == edges[:-1] and edges[-1] == end
    return kept if whole else rows


def _cut_segment(segment: Mapping[str, Any], start: int, stop: int, share: float, soc: float) -> Json:
    rise = (float(segment["endSoc"]) - float(segment["startSoc"])) * share
    return {
        **segment,
        "from": start,
        "to": stop,
        "durationMs": stop - start,
        "energykWh": round(float(segment["powerkW"]) * (stop - start) / MS_PER_HOUR, DECIMALS),
        "startSoc": soc,
        "endSoc": round(soc + rise, DECIMALS),
    }


def occurrence_schedule(recurring: Mapping[str, Any], session: ChargingSession) -> Json:
    """A dated EvSchedule for one occurrence: the recurring one without its rule, past and stamp."""
    kept = {name: value for name, value in recurring.items() if name not in ("recurrenceRule", "planMeta")}
    embedded = {**(recurring.get("plan") or {}), "pastSegments": []}
    return {
        **kept,
        "id": session.schedule_id,
        "plannedArrivalTime": iso_z(session.arrival_ms),
        "plannedDepartureTime": iso_z(session.departure_ms),
        "plan": embedded,
    }


def _plan_payload(
    came: Mapping[str, Any], session: ChargingSession, rows: list[Json], start_soc: float | None
) -> Json:
    end_soc = rows[-1]["endSoc"]
    return {
        **came,
        "departureMarginMs": session.margin_ms,
        "endSoc": end_soc,
        "endTime": charging_end_ms(rows),
        "energyKwh": round(sum(row["energykWh"] for row in rows), DECIMALS),
        "pastSegments": came.get("pastSegments") or [],
        "reachedTargetSocInSchedule": reached(end_soc / PERCENT, session.target_soc),
        "schedule": inputs_payload(came.get("schedule") or {}, session, start_soc),
        "segments": rows,
    }


def charging_end_ms(rows: Sequence[Mapping[str, Any]]) -> int:
    """When the last power ends; the start of the plan where there is none."""
    ends = (row["to"] for row in reversed(rows) if not row["paused"])
    return int(next(ends, rows[0]["from"]))


def reached(end_soc: float, target_soc: float) -> bool:
    """Whether a departure SoC counts as the target (both are fractions)."""
    return end_soc >= target_soc - _REACHED_SOC - 1e-12


def inputs_payload(came: Mapping[str, Any], session: ChargingSession, start_soc: float | None) -> Json:
    """`plan.schedule`: what the planner went by, over whatever else came there (`tx` among it)."""
    return {
        **came,
        "ev": _ev_payload(came.get("ev") or {}, session),
        "from": session.arrival_ms,
        "id": session.schedule_id,
        "priority": session.priority,
        "settings": _settings_payload(came.get("settings") or {}, session),
        "startSoc": _percent(session.soc) if start_soc is None else start_soc,
        "targetSoc": _percent(session.target_soc),
        "to": session.departure_ms,
    }


def _ev_payload(came: Mapping[str, Any], session: ChargingSession) -> Json:
    vehicle, need_kwh = session.vehicle, session.energy_need_kwh
    extra_kwh = session.preconditioning.energy_kwh if session.preconditioning else 0.0
    return {
        **came,
        "batteryEnergyNeedkWh": round(need_kwh, DECIMALS),
        "batterySizekWh": vehicle.battery_capacity_kwh,
        "energyNeedkWh": round(need_kwh + extra_kwh, DECIMALS),
        "maxPowerkW": vehicle.max_power_kw,
        "preconditioning": _preconditioning_payload(
            came.get("preconditioning") or {}, session.preconditioning
        ),
        "supportsPausing": vehicle.pausable,
    }


def _preconditioning_payload(came: Mapping[str, Any], used: Preconditioning | None) -> Json:
    none_of_it = {"batteryPreconditioningTimeMs": 0}
    return {
        **none_of_it,
        **came,
        "vehiclePreconditioningEnergykWh": used.energy_kwh if used else 0.0,
        "vehiclePreconditioningTimeMs": used.duration_ms if used else 0,
    }


def _settings_payload(came: Mapping[str, Any], session: ChargingSession) -> Json:
    vehicle = session.vehicle
    return {
        **came,
        "bulkSoC": _percent(session.bulk_soc),
        "departureMarginMinutes": session.margin_ms / MS_PER_MINUTE,
        "evMaxPowerkW": vehicle.max_power_kw,
        "evMinPowerkW": vehicle.min_power_kw,
        "minimumSoC": _percent(session.minimum_soc),
        "powerRules": [
            {"idealPowerkW": rule.ideal_power_kw, "tag": rule.tag} for rule in session.power_rules
        ],
    }


def _meta_payload(came: Mapping[str, Any], stamp: PlanStamp) -> Json:
    return {
        **came,
        "frozen": bool(came.get("frozen", False)),
        "strategy": stamp.strategy,
        "strategyVersion": stamp.strategy_version,
        "timestamp": stamp.timestamp,
        "trigger": stamp.trigger,
        "triggerDescription": stamp.trigger_description,
    }


def _percent(fraction: float) -> float:
    return round(fraction * PERCENT, DECIMALS)
