"""A site's JSON as the planner's site: series without gaps, and groups that form a tree."""

from collections import Counter
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from adapters.chargeye.sources import Path
from api.schemas import DemandChargeBody, GroupBody, SiteBody, StationBody, Step
from optimiser.domain import DemandCharge, Group, Site, Station, Window
from optimiser.exceptions import Fault
from optimiser.series import StepSeries
from optimiser.units import to_ms

_NOTHING = StepSeries.constant(0.0)


def read_site(body: SiteBody, now_ms: int, path: Path = ("site",)) -> tuple[Site, list[Fault]]:
    """The site and all that is wrong with it; without faults only is the site fit for planning."""
    faults: list[Fault] = []

    def series(value: float | Sequence[Step], *name: str | int) -> StepSeries:
        return read_series(value, (*path, *name), now_ms, faults)

    faults += _station_faults(body.stations, (*path, "stations"))
    faults += _group_faults(body, (*path, "groups"))
    caps = [series(group.power_cap_kw, "groups", i, "powerCapKw") for i, group in enumerate(body.groups)]
    site = Site(
        location_uid=body.location_uid,
        time_zone=ZoneInfo(body.time_zone),
        currency=body.currency,
        power_cap_kw=series(body.power_cap_kw, "powerCapKw"),
        base_load_kw=series(body.base_load_kw, "baseLoadKw"),
        ac_dc_power_ratio=body.ac_dc_power_ratio,
        price_per_kwh=series(body.prices, "prices") if body.prices else _NOTHING,
        carbon_g_per_kwh=series(body.carbon_intensity, "carbonIntensity") if body.carbon_intensity else None,
        demand_charge=read_demand_charge(body.demand_charge, (*path, "demandCharge"), faults),
        groups=tuple(_to_group(group, cap) for group, cap in zip(body.groups, caps, strict=True)),
        stations=_to_stations(body),
    )
    return site, faults


def read_series(value: float | Sequence[Step], path: Path, now_ms: int, faults: list[Fault]) -> StepSeries:
    """A number for ever, or entries in any order that must join without gap or overlap and begin by now."""
    if isinstance(value, int | float):
        return StepSeries.constant(value)
    spans = sorted((to_ms(step.from_at), to_ms(step.to_at), index) for index, step in enumerate(value))
    faults += _span_faults(spans, path, now_ms)
    return StepSeries(
        np.array([start for start, _, _ in spans], dtype=np.int64),
        np.array([value[index].value for _, _, index in spans], dtype=np.float64),
        spans[-1][1],
    )


def _span_faults(spans: list[tuple[int, int, int]], path: Path, now_ms: int) -> Iterator[Fault]:
    first_start_ms, _, first = spans[0]
    if first_start_ms > now_ms:
        yield Fault((*path, first, "from"), "the series must begin by now")
    previous_end_ms = first_start_ms
    for start_ms, end_ms, index in spans:
        if end_ms <= start_ms:
            yield Fault((*path, index, "to"), "must be after from")
        if start_ms != previous_end_ms:
            fault = (
                "a gap before this entry" if start_ms > previous_end_ms else "overlaps the entry before it"
            )
            yield Fault((*path, index, "from"), fault)
        previous_end_ms = max(previous_end_ms, end_ms)


def read_demand_charge(body: DemandChargeBody | None, path: Path, faults: list[Fault]) -> DemandCharge | None:
    """The demand charge; windows that do not end after they begin are added to the faults."""
    if body is None:
        return None
    windows = tuple(Window(to_ms(window.from_at), to_ms(window.to_at)) for window in body.windows)
    for index, window in enumerate(windows):
        if window.end_ms <= window.start_ms:
            faults.append(Fault((*path, "windows", index, "to"), "must be after from"))
    return DemandCharge(body.price_per_kw, body.billed_peak_kw, windows)


def _to_group(body: GroupBody, cap: StepSeries) -> Group:
    return Group(body.id, body.parent_id, cap, tuple(body.station_ids))


def _to_stations(body: SiteBody) -> tuple[Station, ...]:
    """The stations described, and those that only a group names: these have no limit of their own."""
    described = [
        Station(
            station.station_id,
            station.max_power_kw,
            {connector.connector_id: connector.max_power_kw for connector in station.connectors},
        )
        for station in body.stations
    ]
    known = {station.station_id for station in described}
    named = dict.fromkeys(name for group in body.groups for name in group.station_ids)
    return (*described, *(Station(name, None, {}) for name in named if name not in known))


def _station_faults(stations: list[StationBody], path: Path) -> Iterator[Fault]:
    yield from _repeated([station.station_id for station in stations], path, "stationId")
    for index, station in enumerate(stations):
        names = [connector.connector_id for connector in station.connectors]
        yield from _repeated(names, (*path, index, "connectors"), "connectorId")


def _group_faults(body: SiteBody, path: Path) -> Iterator[Fault]:
    yield from _repeated([group.id for group in body.groups], path, "id")
    yield from _membership_faults(body, path)
    yield from _parent_faults(body.groups, path)


def _membership_faults(body: SiteBody, path: Path) -> Iterator[Fault]:
    """A station hangs on one group; where stations are described, a group names described ones only."""
    described = {station.station_id for station in body.stations}
    fed: set[str] = set()
    for index, group in enumerate(body.groups):
        for place, name in enumerate(group.station_ids):
            if name in fed:
                yield Fault((*path, index, "stationIds", place), "this station already hangs on a group")
            if described and name not in described:
                yield Fault((*path, index, "stationIds", place), "the site has no station with this id")
            fed.add(name)


def _parent_faults(groups: list[GroupBody], path: Path) -> Iterator[Fault]:
    parents = {group.id: group.parent_id for group in groups}
    for index, group in enumerate(groups):
        if group.parent_id is not None and group.parent_id not in parents:
            yield Fault((*path, index, "parentId"), "the site has no group with this id")
        elif _is_its_own_ancestor(group.id, parents):
            yield Fault((*path, index, "parentId"), "the group is its own ancestor")


def _is_its_own_ancestor(group_id: str, parents: dict[str, str | None]) -> bool:
    ancestor = parents[group_id]
    for _ in parents:
        if ancestor is None or ancestor == group_id:
            break
        ancestor = parents.get(ancestor)
    return ancestor == group_id


def _repeated(names: list[str], path: Path, key: str) -> Iterator[Fault]:
    counts = Counter(names)
    if len(counts) == len(names):
        return
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield Fault((*path, index, key), "is used twice")
        seen.add(name)
