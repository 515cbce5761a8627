"""Shared power caps as room for energy: the site, its groups, its stations."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from optimiser.domain import ChargingSession, Group, Site, Station
from optimiser.fixed_load import FixedLoad
from optimiser.series import Floats
from optimiser.timegrid import TimeGrid

Flags = NDArray[np.bool_]
Item = TypeVar("Item")

SITE = "site"
OVERLOAD_KW = 1e-3


@dataclass(frozen=True, eq=False, slots=True)
class Limit:
    """A power cap shared by several sessions, as room for energy [kWh, DC] in each piece.

    `limit_id` is `site`, `group:<id>` or `station:<id>`; `members` flags the sessions below it, which is
    everybody for the site.
    `overloaded` flags the pieces in which load that cannot be moved is over the cap on its own.
    """

    limit_id: str
    room_kwh: Floats
    members: Flags
    overloaded: Flags


def make_limits(
    sessions: tuple[ChargingSession, ...], site: Site, grid: TimeGrid, fixed: tuple[FixedLoad, ...]
) -> tuple[Limit, ...]:
    """The site, then groups, then stations that have a limit. AC caps become DC room, never below 0."""
    maker = _Maker(sessions, site, grid, fixed)
    shared = [station for station in site.stations if station.max_power_kw is not None]
    groups = [maker.of_group(group) for group in site.groups]
    return (maker.of_site(), *groups, *(maker.of_station(station) for station in shared))


def laid_out(fixed: tuple[FixedLoad, ...], grid: TimeGrid) -> Floats:
    """Sum of fixed power [kW, DC] in each piece; their edges are piece edges."""
    change = np.zeros(grid.piece_edges_ms.size)
    last = change.size - 1  # a vehicle that is not ours may stay longer than the planned time
    for load in fixed:
        change[min(last, int(np.searchsorted(grid.piece_edges_ms, load.start_ms)))] += load.power_kw
        change[min(last, int(np.searchsorted(grid.piece_edges_ms, load.end_ms)))] -= load.power_kw
    power: Floats = np.cumsum(change)[:-1]
    return power


class _Maker:
    """What the limits of one problem have in common."""

    def __init__(
        self, sessions: tuple[ChargingSession, ...], site: Site, grid: TimeGrid, fixed: tuple[FixedLoad, ...]
    ) -> None:
        self.site = site
        self.grid = grid
        self.hours = grid.piece_hours
        self.fixed = fixed
        self.n_sessions = len(sessions)
        self.sessions_at = _by_name((session.station_id, i) for i, session in enumerate(sessions))
        self.fixed_at = _by_name((load.session.station_id, load) for load in fixed)
        self.groups_below = _by_name((group.parent_id, group) for group in site.groups)

    def of_site(self) -> Limit:
        starts = self.grid.piece_starts_ms
        head_kw = self.site.power_cap_kw.at(starts) - self.site.base_load_kw.at(starts)
        everybody = np.ones(self.n_sessions, dtype=bool)
        return self._limit(SITE, self.site.ac_dc_power_ratio * head_kw, self.fixed, everybody)

    def of_group(self, group: Group) -> Limit:
        head_kw = self.site.ac_dc_power_ratio * group.power_cap_kw.at(self.grid.piece_starts_ms)
        return self._below(f"group:{group.group_id}", head_kw, self._stations_of(group))

    def of_station(self, station: Station) -> Limit:
        head_kw = np.full(self.hours.size, station.max_power_kw, dtype=np.float64)
        return self._below(f"station:{station.station_id}", head_kw, (station.station_id,))

    def _below(self, limit_id: str, head_kw: Floats, station_ids: Iterable[str]) -> Limit:
        own = tuple(load for station_id in station_ids for load in self.fixed_at.get(station_id, ()))
        members = np.zeros(self.n_sessions, dtype=bool)
        members[[i for station_id in station_ids for i in self.sessions_at.get(station_id, ())]] = True
        return self._limit(limit_id, head_kw, own, members)

    def _limit(self, limit_id: str, head_kw: Floats, fixed: tuple[FixedLoad, ...], members: Flags) -> Limit:
        left_kw = head_kw - laid_out(fixed, self.grid)
        # Steps that sum to the cap and go down again leave some 1e-13 kW of rounding behind.
        overloaded = left_kw < -OVERLOAD_KW
        return Limit(limit_id, np.maximum(left_kw, 0.0) * self.hours, members, overloaded)

    def _stations_of(self, group: Group) -> dict[str, None]:
        """Stations of a group and of all groups under it, each once, always in the same order."""
        below = dict.fromkeys(group.station_ids)
        for child in self.groups_below.get(group.group_id, ()):
            below |= self._stations_of(child)
        return below


def _by_name(named: Iterable[tuple[str | None, Item]]) -> dict[str | None, list[Item]]:
    """Items by the name that each comes with, in their order."""
    found: dict[str | None, list[Item]] = {}
    for name, item in named:
        found.setdefault(name, []).append(item)
    return found
