"""The site's AC power as layers over time, each exact at every instant."""

from dataclasses import dataclass

import numpy as np

from api.chart.night import Night, Stay
from optimiser.series import Floats, Instants

NOTHING_KW = 0.001  # the tolerance of a plan's power limits
_MOST_BANDS = 240  # one band per stay up to here; browsers draw some 10,000 bars without a pause


@dataclass(frozen=True, eq=False, slots=True)
class Band:
    """One layer: AC `power_kw` on every piece."""

    name: str
    departure_ms: int
    power_kw: Floats


@dataclass(frozen=True, eq=False, slots=True)
class LoadStack:
    """Layers over pieces: piece i is `[edges_ms[i], edges_ms[i + 1])`, within slot `slot[i]`.

    `unsteered_kw` is what a slot's load has beyond base load and plans: vehicles that are not ours to
    steer. `free_kw` is what is left under the cap, below 0 where the load is over it.
    """

    edges_ms: Instants
    slot: Instants
    base_kw: Floats
    unsteered_kw: Floats
    bands: tuple[Band, ...]
    free_kw: Floats

    @property
    def has_unsteered(self) -> bool:
        """Whether some load is neither base load nor in any plan."""
        return bool(self.unsteered_kw.max() > NOTHING_KW)


def stack_loads(night: Night) -> LoadStack:
    """The layers of a night that has slots."""
    edges_ms = _piece_edges(night)
    slot = np.searchsorted(night.slots.start_ms, edges_ms[:-1], side="right") - 1
    bands = _bands(night, edges_ms)
    base_kw = night.slots.base_load_kw[slot]
    planned_kw = base_kw + np.sum([band.power_kw for band in bands], axis=0)
    unsteered_kw = _unsteered(night, slot, planned_kw)
    free_kw = night.slots.power_cap_kw[slot] - planned_kw - unsteered_kw
    return LoadStack(edges_ms, slot, base_kw, unsteered_kw, tuple(bands), free_kw)


def _piece_edges(night: Night) -> Instants:
    """Every instant at which the load may change, first and last slot edge included."""
    stretches = [stretch for stay in night.stays for stretch in stay.charging]
    edges = [night.slots.start_ms, night.slots.end_ms]
    edges.append(np.array([(s.start_ms, s.end_ms) for s in stretches], dtype=np.int64).ravel())
    joined = np.unique(np.concatenate(edges))
    return joined[(joined >= night.start_ms) & (joined <= night.end_ms)]


def _bands(night: Night, edges_ms: Instants) -> list[Band]:
    """One band per stay, or where they are too many one per hour of departure; first to leave first."""
    charged = [stay for stay in night.stays if stay.charging]
    if len(charged) <= _MOST_BANDS:
        return [Band(s.ev_id, s.departure_ms, _ac_power(night, edges_ms, [s])) for s in charged]
    hours: dict[str, list[Stay]] = {}
    for stay in charged:
        hours.setdefault(f"{night.clock.local(stay.departure_ms):%d %H}", []).append(stay)
    return [
        Band(f"{len(stays)} stays", stays[0].departure_ms, _ac_power(night, edges_ms, stays))
        for stays in hours.values()
    ]


def _ac_power(night: Night, edges_ms: Instants, stays: list[Stay]) -> Floats:
    power_kw = np.zeros(len(edges_ms) - 1)
    for stay in stays:
        for stretch in stay.charging:
            first, last = np.searchsorted(edges_ms, (stretch.start_ms, stretch.end_ms))
            power_kw[first:last] += stretch.power_kw / night.ac_dc_power_ratio
    return power_kw


def _unsteered(night: Night, slot: Instants, planned_kw: Floats) -> Floats:
    """A slot tells its largest load only, so this is that load less the largest stack in the slot."""
    largest_kw = np.zeros(len(night.slots))
    np.maximum.at(largest_kw, slot, planned_kw)
    unsteered_kw: Floats = np.maximum(0.0, night.slots.load_kw - largest_kw)[slot]
    return unsteered_kw
