"""What can be wrong with one schedule, each fault with its place in the request."""

from collections.abc import Iterator

from adapters.chargeye import payloads
from adapters.chargeye.inner_plan import is_frozen, last_past_segment
from adapters.chargeye.mapping import (
    Stay,
    Surroundings,
    known_vehicle,
    place_limit_kw,
    vehicle_sources,
)
from adapters.chargeye.sources import Path
from adapters.chargeye.vehicle_mapping import missing_facts, to_vehicle, vehicle_faults
from optimiser.domain import Station
from optimiser.exceptions import Fault
from optimiser.units import PERCENT


def stay_faults(stay: Stay, around: Surroundings) -> Iterator[Fault]:
    """Every fault of one stay; its vehicle's entry alone is checked elsewhere, once."""
    if stay.departure_ms <= stay.arrival_ms:
        yield Fault((*stay.source, "plannedDepartureTime"), "must be after plannedArrivalTime")
    yield from _place_faults(stay, around.stations)
    if stay.schedule.plan is not None:
        yield from _plan_faults(stay.schedule, (*stay.source, "plan"))
    if known_vehicle(stay, around) is None:
        sources = vehicle_sources(stay, around)
        yield from vehicle_faults(to_vehicle(stay.schedule.ev_id, sources, None), sources)
        yield from missing_facts(sources, place_limit_kw(stay.schedule, around.stations))


def _place_faults(stay: Stay, stations: dict[str, Station]) -> Iterator[Fault]:
    """A site that describes no stations cannot tell a wrong name, and need not."""
    schedule = stay.schedule
    if schedule.station_id is None:
        if schedule.connector_id is not None:
            yield Fault((*stay.source, "connectorId"), "needs a stationId: connectors are named per station")
        return
    if not stations:
        return
    station = stations.get(schedule.station_id)
    if station is None:
        yield Fault((*stay.source, "stationId"), "the site has no station with this id")
        return
    known = station.connector_max_power_kw
    if schedule.connector_id is not None and known and schedule.connector_id not in known:
        yield Fault((*stay.source, "connectorId"), "the station has no connector with this id")


def _plan_faults(schedule: payloads.EvSchedule, path: Path) -> Iterator[Fault]:
    past = last_past_segment(schedule)
    if past is not None and not 0 <= (past[1].end_soc or 0.0) <= PERCENT:
        yield Fault((*path, "pastSegments", past[0], "endSoc"), "must be between 0 and 100")
    if is_frozen(schedule) and schedule.plan:
        yield from _frozen_faults(schedule.plan.segments or [], (*path, "segments"))


def _frozen_faults(segments: list[payloads.Segment], path: Path) -> Iterator[Fault]:
    """A frozen plan is kept to the letter, so each letter must be readable."""
    end_ms = float("-inf")
    for index, segment in enumerate(segments):
        if segment.from_ms is None or segment.to_ms is None or segment.power_kw is None:
            yield Fault((*path, index), "a segment of a frozen plan needs from, to and powerkW")
            continue
        if segment.power_kw < 0:
            yield Fault((*path, index, "powerkW"), "must not be negative")
        if segment.to_ms < segment.from_ms:
            yield Fault((*path, index, "to"), "must not be before from")
        if segment.from_ms < end_ms:
            yield Fault((*path, index, "from"), "overlaps the segment before it")
        end_ms = max(end_ms, segment.to_ms)
