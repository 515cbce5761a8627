"""Preconditioning: energy for cabin and battery before departure, which comes before any charging.

Drawn evenly over the last part of a stay, whatever the margin; at no less than its least power, then
over a shorter time. Where caps leave no room for it, it is cut.
"""

from dataclasses import replace

import numpy as np

from optimiser.domain import ChargingSession
from optimiser.fixed_load import FixedLoad
from optimiser.limits import Limit
from optimiser.series import Floats
from optimiser.timegrid import TimeGrid
from optimiser.units import MS_PER_HOUR

CUT_KWH = 1e-3


def wanted_preconditioning(sessions: tuple[ChargingSession, ...], now_ms: int) -> tuple[FixedLoad, ...]:
    """What these sessions ask for from now on; frozen ones have it in their plan already."""
    loads = [_wanted(session, now_ms) for session in sessions if session.frozen is None]
    return tuple(load for load in loads if load is not None and load.end_ms > load.start_ms)


def _wanted(session: ChargingSession, now_ms: int) -> FixedLoad | None:
    wish = session.preconditioning
    if wish is None or wish.energy_kwh <= 0.0:
        return None
    evenly_kw = wish.energy_kwh * MS_PER_HOUR / wish.duration_ms if wish.duration_ms > 0 else 0.0
    power_kw = max(evenly_kw, wish.min_power_kw)
    if power_kw <= 0.0:
        return None
    start_ms = session.departure_ms - round(wish.energy_kwh / power_kw * MS_PER_HOUR)
    start_ms = max(start_ms, session.arrival_ms, now_ms)
    return FixedLoad(session, start_ms, session.departure_ms, power_kw, preconditioning=True)


def under_limits(
    wanted: tuple[FixedLoad, ...],
    sessions: tuple[ChargingSession, ...],
    limits: tuple[Limit, ...],
    supply_kw: Floats,
    grid: TimeGrid,
) -> tuple[FixedLoad, ...]:
    """What of it fits under the limits that other fixed load leaves, in the sessions' order.

    `supply_kw` is the most that each session's connector lets through.
    """
    rooms_kw = np.array([limit.room_kwh for limit in limits]) / grid.piece_hours
    index = {id(session): i for i, session in enumerate(sessions)}
    drawn = []
    for load in wanted:
        i = index[id(load.session)]
        below = [limit.members[i] for limit in limits]
        first, last = np.searchsorted(grid.piece_edges_ms, [load.start_ms, load.end_ms])
        room_kw = np.minimum(rooms_kw[below, first:last].min(axis=0), supply_kw[i])
        power_kw = np.minimum(room_kw, load.power_kw)
        rooms_kw[np.ix_(below, np.arange(first, last))] -= power_kw
        drawn += _in_pieces(load, power_kw, grid.piece_edges_ms[first : last + 1].tolist())
    return tuple(drawn)


def _in_pieces(load: FixedLoad, power_kw: Floats, edges_ms: list[int]) -> list[FixedLoad]:
    """One load per run of pieces with the same power."""
    change = np.flatnonzero(np.append(True, np.abs(np.diff(power_kw)) > 1e-9))
    ends = np.append(change[1:], power_kw.size)
    spans = zip(change.tolist(), ends.tolist(), strict=True)
    return [
        replace(load, start_ms=edges_ms[a], end_ms=edges_ms[b], power_kw=float(power_kw[a]))
        for a, b in spans
        if power_kw[a] > 0.0
    ]


def is_cut(wanted: tuple[FixedLoad, ...], drawn: tuple[FixedLoad, ...]) -> bool:
    """Whether less is drawn than was wanted."""
    return _energy_kwh(wanted) - _energy_kwh(drawn) > CUT_KWH


def _energy_kwh(loads: tuple[FixedLoad, ...]) -> float:
    return sum(load.power_kw * (load.end_ms - load.start_ms) / MS_PER_HOUR for load in loads)
