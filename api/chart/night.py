"""What is drawn, read once from the two documents: stays, their charging, the site's slots.

SoC in percent and power in DC kW, as the documents have them; the site's powers are AC kW. Instants
are epoch milliseconds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from api.chart.clock import SiteClock
from optimiser.series import Floats, Instants
from optimiser.units import to_ms

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Charging:
    """One stretch of power above 0; `past` where it had happened before the plan was made."""

    start_ms: int
    end_ms: int
    power_kw: float
    energy_kwh: float
    start_soc: float | None
    end_soc: float | None
    tags: tuple[str, ...]
    past: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """A vehicle at the site. Not `planned` means: it came back as it came, and has no charging here."""

    schedule_id: str
    ev_id: str
    arrival_ms: int
    departure_ms: int
    margin_ms: int
    start_soc: float | None
    end_soc: float | None
    target_soc: float | None
    planned: bool
    charging: tuple[Charging, ...] = ()
    shortfall: Json | None = None

    @property
    def energy_kwh(self) -> float:
        """DC energy that is still to be charged."""
        return sum(stretch.energy_kwh for stretch in self.charging if not stretch.past)

    @property
    def largest_kw(self) -> float:
        """The most DC power of the stay, 0 where nothing is charged."""
        return max((stretch.power_kw for stretch in self.charging), default=0.0)


@dataclass(frozen=True, eq=False, slots=True)
class Slots:
    """Columns of `site.slots`; `cap_value_per_kw` is NaN where it is null."""

    start_ms: Instants
    end_ms: Instants
    load_kw: Floats
    base_load_kw: Floats
    power_cap_kw: Floats
    price_per_kwh: Floats
    cap_value_per_kw: Floats

    def __len__(self) -> int:
        return len(self.start_ms)


@dataclass(frozen=True, eq=False, slots=True)
class Night:
    """One plan of one site. `stays` are sorted by departure; `elsewhere` counts those out of sight."""

    location_uid: str
    currency: str
    clock: SiteClock
    ac_dc_power_ratio: float
    now_ms: int
    start_ms: int
    end_ms: int
    slots: Slots
    stays: tuple[Stay, ...]
    elsewhere: int
    plan: Json

    @property
    def planned(self) -> tuple[Stay, ...]:
        """The stays that this plan is about."""
        return tuple(stay for stay in self.stays if stay.planned)

    @property
    def short(self) -> tuple[Stay, ...]:
        """The stays that end below their target."""
        return tuple(stay for stay in self.stays if stay.shortfall is not None)


def read_night(request_document: Json, plan_document: Json) -> Night:
    """Joins a plan request and its response, both valid by the contract, for drawing."""
    site = request_document["site"]
    slots = _slots(plan_document["site"]["slots"])
    created_ms = instant_ms(plan_document["createdAt"])
    now_ms = instant_ms(request_document.get("now") or plan_document["createdAt"])
    every = sorted(_stays(plan_document), key=lambda stay: (stay.departure_ms, stay.ev_id, stay.schedule_id))
    ends = [int(slots.end_ms[-1])] if len(slots) else [stay.departure_ms for stay in every if stay.planned]
    start_ms = int(slots.start_ms[0]) if len(slots) else min(now_ms, created_ms)
    end_ms = max(ends, default=start_ms)
    seen = tuple(s for s in every if s.planned or (s.departure_ms > now_ms and s.arrival_ms < end_ms))
    return Night(
        location_uid=str(site["locationUid"]),
        currency=site.get("currency") or "EUR",
        clock=SiteClock(ZoneInfo(site.get("timeZone") or "UTC")),
        ac_dc_power_ratio=site.get("acDcPowerRatio") or 1.0,
        now_ms=now_ms,
        start_ms=start_ms,
        end_ms=end_ms,
        slots=slots,
        stays=seen,
        elsewhere=len(every) - len(seen),
        plan=plan_document,
    )


def instant_ms(value: str | float) -> int:
    """Epoch milliseconds of an ISO 8601 time with an offset, or of epoch milliseconds."""
    return to_ms(datetime.fromisoformat(value)) if isinstance(value, str) else int(value)


def _slots(rows: list[Json]) -> Slots:
    def numbers(name: str) -> Floats:
        return np.array([np.nan if row.get(name) is None else row[name] for row in rows], dtype=np.float64)

    return Slots(
        start_ms=np.array([instant_ms(row["from"]) for row in rows], dtype=np.int64),
        end_ms=np.array([instant_ms(row["to"]) for row in rows], dtype=np.int64),
        load_kw=numbers("loadKw"),
        base_load_kw=numbers("baseLoadKw"),
        power_cap_kw=numbers("powerCapKw"),
        price_per_kwh=numbers("pricePerKwh"),
        cap_value_per_kw=numbers("capValuePerKw"),
    )


def _stays(plan_document: Json) -> Iterator[Stay]:
    """Dated schedules; a rule itself is no stay, its occurrences are there beside it.

    What was rejected came back as it came, and may be anything.
    """
    rejected = {
        entry["pointer"].split("/")[2] for entry in plan_document.get("rejected") or () if _is_stay(entry)
    }
    shortfalls = {entry["scheduleId"]: entry for entry in plan_document["shortfalls"]}
    for place, schedule in enumerate(plan_document["schedules"]):
        if str(place) not in rejected and not schedule.get("recurrenceRule"):
            yield _stay(schedule, plan_document["createdAt"], shortfalls.get(schedule["id"]))


def _is_stay(rejected: Json) -> bool:
    return str(rejected["pointer"]).startswith("/schedules/")


def _stay(schedule: Json, created_at: str, shortfall: Json | None) -> Stay:
    """A plan counts as this answer's where its stamp has the answer's time; an older one came with it."""
    stamp = (schedule.get("planMeta") or {}).get("timestamp")
    planned = stamp is not None and instant_ms(stamp) == instant_ms(created_at)
    plan: Json = (schedule.get("plan") or {}) if planned else {}
    inputs: Json = plan.get("schedule") or {}
    return Stay(
        schedule_id=schedule["id"],
        ev_id=str(schedule["evId"]),
        arrival_ms=instant_ms(schedule["plannedArrivalTime"]),
        departure_ms=instant_ms(schedule["plannedDepartureTime"]),
        margin_ms=int(plan.get("departureMarginMs") or 0),
        start_soc=_first(schedule.get("startSoC"), inputs.get("startSoc")),
        end_soc=plan.get("endSoc"),
        target_soc=_first(schedule.get("targetSoC"), inputs.get("targetSoc")),
        planned=planned,
        charging=tuple(_charging(plan)),
        shortfall=shortfall,
    )


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)


def _charging(plan: Json) -> Iterator[Charging]:
    for name in ("pastSegments", "segments"):
        for segment in plan.get(name) or []:
            if not segment.get("paused") and segment["powerkW"] > 0.0:
                yield _stretch(segment, past=name == "pastSegments")


def _stretch(segment: Json, *, past: bool) -> Charging:
    return Charging(
        start_ms=instant_ms(segment["from"]),
        end_ms=instant_ms(segment["to"]),
        power_kw=segment["powerkW"],
        energy_kwh=segment.get("energykWh") or 0.0,
        start_soc=segment.get("startSoc"),
        end_soc=segment.get("endSoc"),
        tags=tuple(segment.get("tag") or ()),
        past=past,
    )
