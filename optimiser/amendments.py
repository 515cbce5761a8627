"""A repair applied: the request as it would be with it.

| kind | amounts | what changes |
| --- | --- | --- |
| `raise-site-cap` | `byKw`, window | the site's cap is that much higher throughout the window |
| `raise-group-cap:<id>` | `byKw`, window | the same for one group |
| `raise-connector` | `byKw` | the session's connector and its station both let that much more through |
| `delay-departure` | `byMinutes` | the session departs later; its margin stays |
| `lower-target` | `toSoC` [percent] | the session's target |
| `lower-min-power` | `toKw` | the least power of the session's vehicle |
| `allow-pausing` | | the session may pause and go on |
| `unfreeze` | | the session's plan is made anew |

Powers of caps are AC, of connectors and vehicles DC.
"""

from dataclasses import replace

import numpy as np

from optimiser.domain import ChargingSession, Group, PlanRequest, Site, Station
from optimiser.plan import Repair
from optimiser.series import Floats, Instants, StepSeries
from optimiser.units import MS_PER_MINUTE, PERCENT

RAISE_SITE_CAP = "raise-site-cap"
RAISE_GROUP_CAP = "raise-group-cap"
RAISE_CONNECTOR = "raise-connector"
DELAY_DEPARTURE = "delay-departure"
LOWER_TARGET = "lower-target"
LOWER_MIN_POWER = "lower-min-power"
ALLOW_PAUSING = "allow-pausing"
UNFREEZE = "unfreeze"

BY_KW = "byKw"
BY_MINUTES = "byMinutes"
TO_SOC = "toSoC"
TO_KW = "toKw"

AMOUNTS_OF: dict[str, set[str]] = {
    RAISE_SITE_CAP: {BY_KW},
    RAISE_GROUP_CAP: {BY_KW},
    RAISE_CONNECTOR: {BY_KW},
    DELAY_DEPARTURE: {BY_MINUTES},
    LOWER_TARGET: {TO_SOC},
    LOWER_MIN_POWER: {TO_KW},
    ALLOW_PAUSING: set(),
    UNFREEZE: set(),
}
"""Every kind with the amounts that it needs; that of a group's cap goes by the group's name after a colon."""

TIMED = (RAISE_SITE_CAP, RAISE_GROUP_CAP)
"""The kinds that hold within a window."""

SITE_KINDS = (RAISE_SITE_CAP, RAISE_GROUP_CAP, RAISE_CONNECTOR)


def amended(request: PlanRequest, session: ChargingSession, repair: Repair) -> PlanRequest:
    """The request with a repair for one of its dated sessions (which is recognised by identity)."""
    kind, _, name = repair.kind.partition(":")
    if kind in SITE_KINDS:
        return replace(request, site=_amended_site(request.site, session, repair, kind, name))
    after = _amended_session(session, repair, kind)
    sessions = tuple(after if other is session else other for other in request.sessions)
    return replace(request, sessions=sessions)


def _amended_site(site: Site, session: ChargingSession, repair: Repair, kind: str, name: str) -> Site:
    by_kw = repair.amounts[BY_KW]
    if kind == RAISE_CONNECTOR:
        stations = tuple(_raised_station(station, session, by_kw) for station in site.stations)
        return replace(site, stations=stations)
    if kind == RAISE_GROUP_CAP:
        groups = tuple(
            _raised_group(group, repair) if group.group_id == name else group for group in site.groups
        )
        return replace(site, groups=groups)
    return replace(site, power_cap_kw=_raised(site.power_cap_kw, repair))


def _raised_group(group: Group, repair: Repair) -> Group:
    return replace(group, power_cap_kw=_raised(group.power_cap_kw, repair))


def _raised(cap_kw: StepSeries, repair: Repair) -> StepSeries:
    if repair.window is None:
        raise ValueError(f"{repair.kind} has no window")
    return raised_between(cap_kw, *repair.window, repair.amounts[BY_KW])


def raised_between(series: StepSeries, start_ms: int, end_ms: int, by: float) -> StepSeries:
    """The series with `by` more over `[start_ms, end_ms)`."""
    starts: Instants = np.unique(np.concatenate([series.starts_ms, [start_ms, end_ms]]))
    inside = (starts >= start_ms) & (starts < end_ms)
    values: Floats = series.at(starts) + np.where(inside, by, 0.0)
    return StepSeries(starts, values, series.end_ms)


def _raised_station(station: Station, session: ChargingSession, by_kw: float) -> Station:
    if station.station_id != session.station_id:
        return station
    connectors = {
        name: power_kw + by_kw if name == session.connector_id else power_kw
        for name, power_kw in station.connector_max_power_kw.items()
    }
    shared_kw = None if station.max_power_kw is None else station.max_power_kw + by_kw
    return replace(station, max_power_kw=shared_kw, connector_max_power_kw=connectors)


def _amended_session(session: ChargingSession, repair: Repair, kind: str) -> ChargingSession:
    amounts, vehicle = repair.amounts, session.vehicle
    if kind == DELAY_DEPARTURE:
        later_ms = round(amounts[BY_MINUTES] * MS_PER_MINUTE)
        return replace(session, departure_ms=session.departure_ms + later_ms)
    if kind == LOWER_TARGET:
        return replace(session, target_soc=amounts[TO_SOC] / PERCENT)
    if kind == LOWER_MIN_POWER:
        return replace(session, vehicle=replace(vehicle, min_power_kw=amounts[TO_KW]))
    if kind == ALLOW_PAUSING:
        return replace(session, vehicle=replace(vehicle, pausable=True))
    if kind == UNFREEZE:
        return replace(session, frozen=None)
    raise ValueError(f"unknown kind of repair {kind!r}")
