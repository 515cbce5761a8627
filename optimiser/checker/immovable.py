"""Load that nobody can move: vehicles that are not ours to steer."""

import math
from dataclasses import dataclass

import numpy as np

from optimiser.checker.curves import hours_to_charge
from optimiser.checker.facts import SupplyLimits
from optimiser.checker.structure import to_be_planned
from optimiser.domain import ChargingSession, PlanRequest
from optimiser.series import Floats, Instants
from optimiser.units import MS_PER_HOUR


@dataclass(frozen=True, eq=False, slots=True)
class UncontrolledLoads:
    """One entry per vehicle not ours to steer that draws power: where, when, how much (DC)."""

    station_ids: tuple[str | None, ...]
    start_ms: Instants
    end_ms: Instants
    power_kw: Floats


def uncontrolled_loads(request: PlanRequest) -> UncontrolledLoads:
    """Largest power from the later of arrival and now until the target, at the latest departure."""
    limits = SupplyLimits(request.site)
    loads = [
        (session.station_id, *_stretch(request, session, limits.of(session)), limits.of(session))
        for session in request.sessions
        if not session.vehicle.controllable and to_be_planned(request, session)
    ]
    drawing = [load for load in loads if load[2] > load[1]]
    return UncontrolledLoads(
        tuple(load[0] for load in drawing),
        np.array([load[1] for load in drawing], dtype=np.int64),
        np.array([load[2] for load in drawing], dtype=np.int64),
        np.array([load[3] for load in drawing], dtype=np.float64),
    )


def _stretch(request: PlanRequest, session: ChargingSession, power_kw: float) -> tuple[int, int]:
    start_ms = max(session.arrival_ms, request.now_ms)
    hours = hours_to_charge(session, power_kw)
    if math.isinf(hours):
        return start_ms, session.departure_ms
    return start_ms, min(session.departure_ms, start_ms + round(hours * MS_PER_HOUR))
