"""What ChargEye knows of a depot's electricity, as the `site` of a plan request: caps, groups, stations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from adapters.chargeye.neighbours import PowerGroup, Station
from api.exceptions import UnknownSiteError

JsonObject = dict[str, Any]

_W_PER_KW = 1000.0


@dataclass(frozen=True, slots=True)
class Grid:
    """How amperes become kW: sqrt(3) x line voltage [V] x power factor, three phases."""

    line_voltage: float = 400.0
    power_factor: float = 1.0

    def power_kw(self, current_a: float) -> float:
        """AC kW of a current in every phase."""
        return sqrt(3.0) * self.line_voltage * self.power_factor * current_a / _W_PER_KW


def electricity(
    location_uid: str, stations: Sequence[Station], groups: Sequence[PowerGroup], grid: Grid
) -> JsonObject:
    """`powerCapKw`, `acDcPowerRatio`, `groups` of a site, from the groups above its stations.

    Raises UnknownSiteError where no group tells the limit of the whole site.
    """
    ratio = _ratio(stations)
    caps = {group.group_id: _cap_kw(group, grid, ratio) for group in groups}
    paths = {station.station_id: tuple(station.power_group_parent_path or ()) for station in stations}
    roots = {path[0] for path in paths.values() if path}
    root_caps = [caps.get(root) for root in roots]
    known = [cap for cap in root_caps if cap is not None]
    if not known or len(known) < len(root_caps):
        raise UnknownSiteError(
            f"{location_uid}: no site settings are stored, and no power group of ChargEye tells its limit"
        )
    above = roots if len(roots) == 1 else set()
    limits = {name: cap for name, cap in caps.items() if cap is not None and name not in above}
    return {"powerCapKw": sum(known), "acDcPowerRatio": ratio, "groups": list(_groups(paths, limits))}


def _ratio(stations: Sequence[Station]) -> float:
    """The least of the stations': one number must do for the site, and this one overloads nothing."""
    told = [station.ac_dc_power_ratio for station in stations if station.ac_dc_power_ratio]
    return min(told, default=1.0)


def _cap_kw(group: PowerGroup, grid: Grid, ratio: float) -> float | None:
    """AC kW: amperes are input, kilowatts are output."""
    limits = []
    if group.max_current_a is not None:
        limits.append(grid.power_kw(group.max_current_a))
    if group.max_power_kw is not None:
        limits.append(group.max_power_kw / ratio)
    return min(limits, default=None)


def _groups(paths: Mapping[str, tuple[str, ...]], limits: Mapping[str, float]) -> Iterator[JsonObject]:
    """The groups with a limit on the way to any station; one without is passed over."""
    ways = {station: [name for name in path if name in limits] for station, path in paths.items()}
    parents = {name: way[i - 1] if i else None for way in ways.values() for i, name in enumerate(way)}
    for name, parent in parents.items():
        below = [station for station, way in ways.items() if way and way[-1] == name]
        yield {"id": name, "parentId": parent, "powerCapKw": limits[name], "stationIds": below}


def station_limits(stations: Sequence[Station]) -> list[JsonObject]:
    """`stations` of a site."""
    return [
        {
            "stationId": station.station_id,
            "maxPowerKw": station.power_limit_kw,
            "connectors": [
                {"connectorId": connector.connector_id, "maxPowerKw": connector.max_power_kw}
                for connector in station.connectors
                if connector.max_power_kw
            ],
        }
        for station in stations
    ]
