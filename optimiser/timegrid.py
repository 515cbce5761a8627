"""Time cut into slots, which are clock aligned, and pieces, between which power may change."""

from dataclasses import dataclass

import numpy as np

from optimiser.domain import ChargingSession, PlanRequest, Site
from optimiser.fixed_load import FixedLoad
from optimiser.series import Floats, Instants, StepSeries
from optimiser.units import MS_PER_HOUR, MS_PER_MINUTE


@dataclass(frozen=True, eq=False, slots=True)
class TimeGrid:
    """Edges of slots and of pieces, both from now to the last departure, in epoch ms.

    Every slot edge is a piece edge, so a piece lies in one slot. The first slot begins at now, which
    need not be on the clock's grid.
    """

    slot_edges_ms: Instants
    piece_edges_ms: Instants

    @property
    def piece_starts_ms(self) -> Instants:
        """Start of each piece; length n_pieces."""
        return self.piece_edges_ms[:-1]

    @property
    def piece_hours(self) -> Floats:
        """Length of each piece in hours."""
        return np.diff(self.piece_edges_ms) / MS_PER_HOUR

    @property
    def first_piece_of_slot(self) -> Instants:
        """Index of the first piece of each slot."""
        return np.searchsorted(self.piece_edges_ms, self.slot_edges_ms[:-1])


def make_timegrid(
    request: PlanRequest, sessions: tuple[ChargingSession, ...], site: Site, fixed: tuple[FixedLoad, ...]
) -> TimeGrid:
    """The grid of the planned time: slots, and all instants at which power may change.

    `site` is the request's with its prices carried on to the last departure.
    """
    start_ms, end_ms = planned_time(request, sessions)
    slot_edges = _slot_edges(start_ms, end_ms, request.slot_minutes * MS_PER_MINUTE)
    marks = [slot_edges, _session_marks(sessions), _fixed_marks(fixed), _demand_window_marks(site)]
    marks += [series.edges_between(start_ms, end_ms) for series in site_series(site)]
    edges = np.unique(np.concatenate(marks))
    return TimeGrid(slot_edges, edges[(edges >= start_ms) & (edges <= end_ms)])


def planned_time(request: PlanRequest, sessions: tuple[ChargingSession, ...]) -> tuple[int, int]:
    """From now to the last departure; at least one slot long, so that arrays are never empty."""
    shortest = request.now_ms + request.slot_minutes * MS_PER_MINUTE
    return request.now_ms, max([shortest, *(session.departure_ms for session in sessions)])


def site_series(site: Site) -> list[StepSeries]:
    """Every series of a site whose steps may change what is best or allowed."""
    series = [site.power_cap_kw, site.base_load_kw, site.price_per_kwh]
    series += [site.carbon_g_per_kwh] if site.carbon_g_per_kwh else []
    return series + [group.power_cap_kw for group in site.groups]


def _slot_edges(start_ms: int, end_ms: int, slot_ms: int) -> Instants:
    first_on_clock = (start_ms // slot_ms + 1) * slot_ms
    inside = np.arange(first_on_clock, end_ms, slot_ms, dtype=np.int64)
    return np.concatenate([[start_ms], inside, [end_ms]]).astype(np.int64)


def _session_marks(sessions: tuple[ChargingSession, ...]) -> Instants:
    marks = [(s.arrival_ms, s.charge_until_ms) for s in sessions]
    return np.array(marks, dtype=np.int64).reshape(-1)


def _fixed_marks(fixed: tuple[FixedLoad, ...]) -> Instants:
    return np.array([edge for load in fixed for edge in (load.start_ms, load.end_ms)], dtype=np.int64)


def _demand_window_marks(site: Site) -> Instants:
    windows = site.demand_charge.windows if site.demand_charge else ()
    return np.array([edge for w in windows for edge in (w.start_ms, w.end_ms)], dtype=np.int64)
