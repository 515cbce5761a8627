"""ChargEye's schedules and vehicles as the planner's sessions: pure functions, no clock, no I/O.

Nearer sources win: vehicle entry, then the caller's settings, then the plan inside the schedule, then a
default. A plan that we wrote ourselves tells only of the transaction, the priority and preconditioning:
it was made from yesterday's settings, and they must not come back as today's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.chargeye import payloads
from adapters.chargeye.inner_plan import begun_ms, is_charging, is_frozen, last_past_segment, planned_segments
from adapters.chargeye.sources import (
    NO_EV,
    NO_SETTINGS,
    NO_TX,
    NOTHING_EMBEDDED,
    CallerSettings,
    Embedded,
    Path,
)
from adapters.chargeye.vehicle_mapping import VehicleSources, to_vehicle
from optimiser.domain import (
    ChargingSession,
    FixedSegment,
    Notice,
    PowerRule,
    Preconditioning,
    RecurringSession,
    Station,
    Vehicle,
)
from optimiser.units import MS_PER_MINUTE, PERCENT, to_ms

STRATEGY_VERSION_PREFIX = "depot-charging-planner/"

_DEFAULT_BULK_SOC = 0.8


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all schedules of one request share. `vehicles` gives an entry and its place by vehicle id.

    `known` holds the vehicles of which entry and settings tell all that is needed, by id: their stays
    share one object, unless the plan inside a schedule tells of the vehicle as well.
    """

    now_ms: int
    settings: CallerSettings
    vehicles: dict[str, tuple[payloads.Vehicle, Path]]
    stations: dict[str, Station]
    known: dict[str, Vehicle] = field(default_factory=dict)


class Stay(NamedTuple):
    """A schedule beside what the mapping reads from it again and again."""

    schedule: payloads.EvSchedule
    source: tuple[str, int]
    embedded: Embedded
    arrival_ms: int
    departure_ms: int

    @classmethod
    def of(cls, schedule: payloads.EvSchedule, source: tuple[str, int]) -> "Stay":
        """Arrival is rounded up and departure down to the millisecond: never longer than the stay is."""
        return cls(
            schedule=schedule,
            source=source,
            embedded=embedded_in(schedule),
            arrival_ms=to_ms(schedule.planned_arrival_time, round_up=True),
            departure_ms=to_ms(schedule.planned_departure_time),
        )

    def under_way(self, now_ms: int) -> bool:
        """Whether the vehicle should stand at the site at this instant."""
        return self.arrival_ms <= now_ms < self.departure_ms


def is_our_plan(schedule: payloads.EvSchedule) -> bool:
    """Whether the plan inside was written by this planner."""
    meta = schedule.plan_meta
    return meta is not None and (meta.strategy_version or "").startswith(STRATEGY_VERSION_PREFIX)


def embedded_in(schedule: payloads.EvSchedule) -> Embedded:
    """What counts of the schedule's `plan.schedule`."""
    inner = schedule.plan.schedule if schedule.plan else None
    if inner is None:
        return NOTHING_EMBEDDED
    ours = is_our_plan(schedule)
    ev = inner.ev or NO_EV
    return Embedded(
        ev=NO_EV if ours else ev,
        settings=NO_SETTINGS if ours else inner.settings or NO_SETTINGS,
        tx=inner.tx or NO_TX,
        priority=inner.priority or 0.0,
        preconditioning_ev=ev,
    )


def place_limit_kw(schedule: payloads.EvSchedule, stations: dict[str, Station]) -> float | None:
    """The largest power of the schedule's connector and station, None where none is known."""
    station = stations.get(schedule.station_id or "")
    if station is None:
        return None
    limits = (station.max_power_kw, station.connector_max_power_kw.get(schedule.connector_id or ""))
    return min((limit for limit in limits if limit is not None), default=None)


def vehicle_sources(stay: Stay, around: Surroundings) -> VehicleSources:
    """All that the request says about the vehicle of this stay."""
    entry, path = around.vehicles.get(stay.schedule.ev_id, (None, ()))
    return VehicleSources(entry, path, around.settings, stay.embedded, stay.source)


def known_vehicle(stay: Stay, around: Surroundings) -> Vehicle | None:
    """The vehicle as its entry and the settings tell it, None where that is not all there is to it."""
    return None if stay.embedded.tells_of_vehicle else around.known.get(stay.schedule.ev_id)


def to_session(stay: Stay, around: Surroundings) -> ChargingSession:
    """The dated session of a stay without faults, as it stands at `now`."""
    now_ms, schedule, tx = around.now_ms, stay.schedule, stay.embedded.tx
    under_way = stay.under_way(now_ms)
    frozen = is_frozen(schedule)
    segments = planned_segments(schedule, now_ms, stay.departure_ms)
    return _session(
        stay,
        around,
        soc=known_soc(stay, now_ms),
        charging_now=(charging := under_way and is_charging(tx, now_ms)),
        charging_since_ms=begun_ms(tx) if charging else None,
        frozen=segments if frozen else None,
        running_plan=() if frozen else segments,
    )


def to_recurring(stay: Stay, around: Surroundings) -> RecurringSession:
    """The rule of a recurring schedule and its first stay, which lends no plan to the later ones."""
    template = _session(stay, around, soc=stay.schedule.start_soc)
    return RecurringSession(template, (stay.schedule.recurrence_rule or "").strip())


def _session(
    stay: Stay,
    around: Surroundings,
    *,
    soc: float | None,
    charging_now: bool = False,
    charging_since_ms: int | None = None,
    frozen: tuple[FixedSegment, ...] | None = None,
    running_plan: tuple[FixedSegment, ...] = (),
) -> ChargingSession:
    schedule, settings, inner = stay.schedule, around.settings, stay.embedded.settings
    target = schedule.target_soc
    return ChargingSession(
        schedule_id=schedule.id,
        vehicle=_vehicle(stay, around),
        arrival_ms=stay.arrival_ms,
        departure_ms=stay.departure_ms,
        soc=settings.assumed_start_soc if soc is None else soc / PERCENT,
        target_soc=settings.assumed_target_soc if target is None else target / PERCENT,
        minimum_soc=_fraction(settings.minimum_soc, inner.minimum_soc, 0.0),
        bulk_soc=_fraction(settings.bulk_soc, inner.bulk_soc, _DEFAULT_BULK_SOC),
        margin_ms=_margin_ms(settings, inner),
        priority=stay.embedded.priority,
        charging_now=charging_now,
        charging_since_ms=charging_since_ms,
        station_id=schedule.station_id if schedule.station_id in around.stations else None,
        connector_id=schedule.connector_id if schedule.station_id in around.stations else None,
        preconditioning=_preconditioning(stay, around),
        power_rules=to_power_rules(inner.power_rules)
        if settings.power_rules is None
        else settings.power_rules,
        frozen=frozen,
        running_plan=running_plan,
        source=stay.source,
    )


def _fraction(wanted: float | None, embedded_percent: float | None, default: float) -> float:
    if wanted is not None:
        return wanted
    return default if embedded_percent is None else embedded_percent / PERCENT


def _margin_ms(settings: CallerSettings, inner: payloads.PlanSettings) -> int:
    if settings.margin_ms is not None:
        return settings.margin_ms
    return round((inner.departure_margin_minutes or 0.0) * MS_PER_MINUTE)


def _vehicle(stay: Stay, around: Surroundings) -> Vehicle:
    """The shared one where it says all; a plan inside, or a connector's limit, makes one of its own."""
    known = known_vehicle(stay, around)
    if known is not None:
        return known
    limit_kw = place_limit_kw(stay.schedule, around.stations)
    return to_vehicle(stay.schedule.ev_id, vehicle_sources(stay, around), limit_kw)


def known_soc(stay: Stay, now_ms: int) -> float | None:
    """The SoC in percent at the later of arrival and now, None where nothing tells of it."""
    schedule = stay.schedule
    if stay.under_way(now_ms):
        if schedule.current_soc is not None:
            return schedule.current_soc
        past = last_past_segment(schedule)
        if past is not None:
            return past[1].end_soc
    return schedule.start_soc


def to_power_rules(rules: Sequence[payloads.PowerRule] | None) -> tuple[PowerRule, ...]:
    """The rules that say both a tag and a power; the platform also sends empty ones."""
    return tuple(
        PowerRule(rule.tag, rule.ideal_power_kw)
        for rule in rules or ()
        if rule.tag is not None and rule.ideal_power_kw is not None
    )


def _preconditioning(stay: Stay, around: Surroundings) -> Preconditioning | None:
    wish = stay.embedded.preconditioning_ev.preconditioning
    energy_kwh = wish.vehicle_preconditioning_energy_kwh if wish else None
    duration_ms = int(wish.vehicle_preconditioning_time_ms or 0) if wish else 0
    if not energy_kwh or not duration_ms:
        return None
    entry, _ = around.vehicles.get(stay.schedule.ev_id, (None, ()))
    least_kw = entry.min_preconditioning_power_kw if entry else None
    return Preconditioning(energy_kwh, duration_ms, least_kw or 0.0)


def assumptions(stay: Stay, around: Surroundings, *, recurring: bool = False) -> Iterator[Notice]:
    """What was assumed because the schedule does not say it: one notice each."""
    schedule, settings = stay.schedule, around.settings
    soc = schedule.start_soc if recurring else known_soc(stay, around.now_ms)
    if soc is None:
        yield _assumed(schedule, "startSoC", settings.assumed_start_soc)
    if schedule.target_soc is None:
        yield _assumed(schedule, "targetSoC", settings.assumed_target_soc)
    wish = stay.embedded.preconditioning_ev.preconditioning
    if wish and wish.vehicle_preconditioning_energy_kwh and not wish.vehicle_preconditioning_time_ms:
        message = "preconditioning is left out: its energy is given without a time"
        yield Notice("preconditioning-without-time", message, schedule.id)


def _assumed(schedule: payloads.EvSchedule, name: str, soc: float) -> Notice:
    code = "assumed-start-soc" if name == "startSoC" else "assumed-target-soc"
    return Notice(code, f"{name} is missing: {soc * PERCENT:g} % is assumed", schedule.id)
