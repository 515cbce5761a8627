"""The load on every shared limit at every instant: the site, each group, each station."""

from dataclasses import dataclass

import numpy as np

from optimiser.checker.facts import Facts, Flags, Index
from optimiser.checker.immovable import UncontrolledLoads, uncontrolled_loads
from optimiser.domain import Site
from optimiser.series import Floats, Instants, StepSeries
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE

SITE = 0


class Limits:
    """Every shared limit by number: 0 is the site, then the groups, then the stations with a limit."""

    def __init__(self, site: Site) -> None:
        self.groups = site.groups
        self.stations = tuple(station for station in site.stations if station.max_power_kw is not None)
        self.count = 1 + len(self.groups) + len(self.stations)
        self._site = site
        self._paths: dict[str | None, tuple[int, ...]] = {None: (SITE,)}
        self._index()

    def path(self, station_id: str | None) -> tuple[int, ...]:
        """The limits that a station's power counts against."""
        if station_id not in self._paths:
            self._paths[station_id] = self._find_path(station_id)
        return self._paths[station_id]

    def name(self, limit: int) -> str:
        """What a breach calls it."""
        if limit == SITE:
            return "site"
        if limit <= len(self.groups):
            return f"group {self.groups[limit - 1].group_id}"
        return f"station {self.stations[limit - 1 - len(self.groups)].station_id}"

    def kind(self, limit: int) -> str:
        """`site-cap`, `group-cap` or `station`."""
        return "site-cap" if limit == SITE else "group-cap" if limit <= len(self.groups) else "station"

    @property
    def varying(self) -> list[StepSeries]:
        """Caps [kW AC] of the limits that may change with time: the site, then the groups."""
        return [self._site.power_cap_kw, *(group.power_cap_kw for group in self.groups)]

    @property
    def station_kw(self) -> Floats:
        """Caps [kW DC] of the stations, which come after the groups."""
        return np.array([station.max_power_kw for station in self.stations], dtype=np.float64)

    def per_dc_kw(self, limits: Index) -> Floats:
        """Load on a limit per kW at the connector: caps of site and groups are on the AC side."""
        return np.where(limits <= len(self.groups), 1.0 / self._site.ac_dc_power_ratio, 1.0)

    def _find_path(self, station_id: str | None) -> tuple[int, ...]:
        passed: dict[int, None] = {}
        for number in self._groups_of.get(station_id, ()):
            above: int | None = number
            while above is not None and above not in passed:
                passed[above] = None
                above = self._above[above]
        own = self._number_of.get(station_id)
        return (SITE, *passed, *(() if own is None else (own,)))

    def _index(self) -> None:
        """Groups by their stations, groups above groups, and stations by their ids."""
        numbers = {group.group_id: 1 + i for i, group in enumerate(self.groups)}
        self._above = {numbers[group.group_id]: numbers.get(group.parent_id or "") for group in self.groups}
        self._groups_of: dict[str | None, list[int]] = {}
        for group in self.groups:
            for station_id in group.station_ids:
                self._groups_of.setdefault(station_id, []).append(numbers[group.group_id])
        first = 1 + len(self.groups)
        self._number_of: dict[str | None, int] = {
            s.station_id: first + i for i, s in enumerate(self.stations)
        }


@dataclass(frozen=True, eq=False, slots=True)
class Loads:
    """Loads [kW] that hold over `[start_ms, end_ms)`; `of(limit)` gives the rows of one limit, in time.

    `total_kw` is everything, the site's base load included; `movable_kw` is what the plan decides
    (charging and preconditioning that are not frozen), `charging_kw` the charging in it.
    """

    limits: Limits
    first: Index
    start_ms: Instants
    end_ms: Instants
    total_kw: Floats
    movable_kw: Floats
    charging_kw: Floats
    cap_kw: Floats

    def of(self, limit: int) -> slice:
        """Rows of one limit."""
        return slice(int(self.first[limit]), int(self.first[limit + 1]))

    @property
    def limit(self) -> Index:
        """The limit of every row."""
        return np.repeat(np.arange(self.limits.count), np.diff(self.first))

    @property
    def over(self) -> Floats:
        """By how much [kW] each row is over its cap."""
        return self.total_kw - self.cap_kw


@dataclass(frozen=True, eq=False, slots=True)
class _Steps:
    """Changes of power [kW DC]: of the row's source, at an instant, in the three sums of `Loads`."""

    source: Index
    at_ms: Instants
    change_kw: Floats

    @classmethod
    def of(cls, source: Index, start_ms: Instants, end_ms: Instants, kw: Floats) -> "_Steps":
        """Up at each start, down at each end; where one row follows another, only the difference."""
        joined = (source[1:] == source[:-1]) & (start_ms[1:] == end_ms[:-1])
        before = np.zeros_like(kw)
        before[:, 1:] = np.where(joined, kw[:, :-1], 0.0)
        ends = np.append(~joined, np.ones(min(1, source.size), dtype=np.bool_))
        change = np.concatenate([kw - before, -kw[:, ends]], axis=1)
        instants = np.concatenate([start_ms, end_ms[ends]])
        sources = np.concatenate([source, source[ends]])
        real = (change != 0.0).any(axis=0)
        return cls(sources[real], instants[real], change[:, real])


def sum_loads(facts: Facts) -> Loads:
    """Every limit's load at every instant, from the segments and what cannot be moved."""
    limits, fixed = Limits(facts.request.site), uncontrolled_loads(facts.request)
    steps = _all_steps(facts, fixed)
    stations = [session.station_id for session in facts.plan.sessions] + list(fixed.station_ids)
    limit, step = _pairs(limits, stations, steps.source)
    edge_limit, edge_ms = _edges(facts, limits)
    limit_all = np.concatenate([limit, edge_limit])
    at_ms = np.concatenate([steps.at_ms[step], edge_ms])
    change = steps.change_kw[:, step] * limits.per_dc_kw(limit)
    change = np.concatenate([change, np.zeros((3, edge_ms.size))], axis=1)
    return _accumulate(facts, limits, limit_all, at_ms, change)


def _all_steps(facts: Facts, fixed: UncontrolledLoads) -> _Steps:
    segments, ours = facts.segments, ~facts.of_row(facts.columns.frozen)
    power = segments.power_kw
    planned = np.stack([power, np.where(ours, power, 0.0), np.where(ours, facts.charge_kw, 0.0)])
    given = np.zeros((3, fixed.power_kw.size))
    given[0] = fixed.power_kw
    return _Steps.of(
        np.concatenate([facts.row_session, len(facts.plan.sessions) + np.arange(fixed.power_kw.size)]),
        np.concatenate([segments.start_ms, fixed.start_ms]),
        np.concatenate([segments.end_ms, fixed.end_ms]),
        np.concatenate([planned, given], axis=1),
    )


def _pairs(limits: Limits, stations: list[str | None], source: Index) -> tuple[Index, Index]:
    """Every (limit, step) where the step's source counts against the limit."""
    paths = [limits.path(station) for station in stations]
    depth = max(map(len, paths), default=1)
    table = np.array([path + (-1,) * (depth - len(path)) for path in paths], dtype=np.intp)
    limit = table.reshape(-1, depth)[source]
    step, level = np.nonzero(limit >= 0)
    return limit[step, level], step


def _edges(facts: Facts, limits: Limits) -> tuple[Index, Instants]:
    """(limit, instant) at which a limit's row must break although no power changes."""
    start, end = facts.request.now_ms, facts.end_ms
    marks = [cap.edges_between(start, end) for cap in limits.varying]
    marks[SITE] = np.concatenate([marks[SITE], _site_edges(facts)])
    everyone = np.arange(limits.count)
    limit = np.repeat(everyone[: len(marks)], [mark.size for mark in marks])
    ends = np.repeat(np.array([start, end], dtype=np.int64), limits.count)
    return np.concatenate([limit, everyone, everyone]), np.concatenate([*marks, ends])


def _site_edges(facts: Facts) -> Instants:
    """Edges of slots, base load and demand windows, between which the figures of the site are read."""
    site, start, end = facts.request.site, facts.request.now_ms, facts.end_ms
    windows = site.demand_charge.windows if site.demand_charge else ()
    of_windows = np.array([edge for w in windows for edge in (w.start_ms, w.end_ms)], dtype=np.int64)
    slot_ms = facts.request.slot_minutes * MS_PER_MINUTE
    clock = np.arange(-(-start // slot_ms) * slot_ms, end, slot_ms, dtype=np.int64)
    return np.concatenate([clock, site.base_load_kw.edges_between(start, end), of_windows.clip(start, end)])


def _accumulate(facts: Facts, limits: Limits, limit: Index, at_ms: Instants, change: Floats) -> Loads:
    origin = int(at_ms.min())
    width_ms = int(at_ms.max()) - origin + 1
    key, place = np.unique(limit * width_ms + (at_ms - origin), return_inverse=True)
    level = np.stack([np.cumsum(np.bincount(place, row, minlength=key.size)) for row in change])
    of_key, time = key // width_ms, key % width_ms + origin
    last = np.append(of_key[1:] != of_key[:-1], True)
    keep = ~last
    limit_of, start, end = of_key[keep], time[:-1][keep[:-1]], time[1:][keep[:-1]]
    total = level[0][keep] + np.where(limit_of == SITE, facts.request.site.base_load_kw.at(start), 0.0)
    first = np.searchsorted(limit_of, np.arange(limits.count + 1))
    cap = _caps(limits, first, start)
    return Loads(limits, first, start, end, total, level[1][keep], level[2][keep], cap)


def _caps(limits: Limits, first: Index, start_ms: Instants) -> Floats:
    varying = [cap.at(start_ms[first[i] : first[i + 1]]) for i, cap in enumerate(limits.varying)]
    rows_of_station = np.diff(first[len(varying) :])
    return np.concatenate([*varying, np.repeat(limits.station_kw, rows_of_station)])


def room_kwh(loads: Loads, limit: int, edges_ms: Instants) -> Floats:
    """Energy [kWh, on the limit's side] that a limit leaves to charging between these edges."""
    rows = loads.of(limit)
    fixed = loads.total_kw[rows] - loads.charging_kw[rows]
    return energy_between(loads, limit, np.maximum(0.0, loads.cap_kw[rows] - fixed), edges_ms)


def energy_between(loads: Loads, limit: int, power_kw: Floats, edges_ms: Instants) -> Floats:
    """Integral of a power given on a limit's rows, between each two neighbouring edges."""
    rows = loads.of(limit)
    knots = np.append(loads.start_ms[rows], loads.end_ms[rows][-1:])
    hours = (loads.end_ms[rows] - loads.start_ms[rows]) / MS_PER_HOUR
    grown = np.concatenate([[0.0], np.cumsum(power_kw * hours)])
    return np.diff(np.interp(edges_ms, knots, grown))


def within(loads: Loads, limit: int, start_ms: int, end_ms: int) -> Flags:
    """Which of a limit's rows touch `[start_ms, end_ms)`."""
    rows = loads.of(limit)
    touched: Flags = (loads.start_ms[rows] < end_ms) & (loads.end_ms[rows] > start_ms)
    return touched
