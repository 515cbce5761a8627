"""Load that the planner cannot move: frozen plans, preconditioning, vehicles that are not ours to steer."""

import math
from dataclasses import dataclass

from optimiser.charging_curve import hours_to_charge
from optimiser.domain import ChargingSession, FixedSegment, PlanRequest
from optimiser.units import MS_PER_HOUR


@dataclass(frozen=True, slots=True)
class FixedLoad:
    """Power [kW, DC] that one session draws over `[start_ms, end_ms)`, whatever the plan.

    `preconditioning` is drawn beside any charging and does not go into the battery.
    """

    session: ChargingSession
    start_ms: int
    end_ms: int
    power_kw: float
    preconditioning: bool = False


def fixed_loads(request: PlanRequest, sessions: tuple[ChargingSession, ...]) -> tuple[FixedLoad, ...]:
    """All fixed load of the request's dated sessions from now on, in their order."""
    return tuple(
        FixedLoad(session, segment.start_ms, segment.end_ms, segment.power_kw)
        for session in sessions
        for segment in fixed_segments(request, session)
        if segment.power_kw > 0.0 and segment.end_ms > segment.start_ms
    )


def fixed_segments(request: PlanRequest, session: ChargingSession) -> tuple[FixedSegment, ...]:
    """The part of a session's power that is given: frozen to the letter, or uncontrolled, or neither."""
    if session.frozen is not None:
        return tuple(_cut(segment, request.now_ms, session.departure_ms) for segment in session.frozen)
    if not session.vehicle.controllable:
        return (_uncontrolled(request, session),)
    return ()


def _cut(segment: FixedSegment, start_ms: int, end_ms: int) -> FixedSegment:
    start = max(segment.start_ms, start_ms)
    return FixedSegment(start, max(start, min(segment.end_ms, end_ms)), segment.power_kw)


def _uncontrolled(request: PlanRequest, session: ChargingSession) -> FixedSegment:
    """At its largest power from arrival until its target: what a charger does on its own."""
    start_ms = max(session.arrival_ms, request.now_ms)
    supply_kw = request.site.supply_limit_kw(session.station_id, session.connector_id)
    power_kw = min(session.vehicle.max_power_kw, supply_kw)
    hours = _hours_to_target(session, power_kw)
    full_ms = start_ms + round(hours * MS_PER_HOUR) if math.isfinite(hours) else session.departure_ms
    return FixedSegment(start_ms, min(full_ms, session.departure_ms), power_kw)


def _hours_to_target(session: ChargingSession, power_kw: float) -> float:
    """Hours at this power; its charging curve makes them longer, though it counts in full until then."""
    vehicle = session.vehicle
    if vehicle.charging_curve is None or session.energy_need_kwh == 0.0:
        return session.energy_need_kwh / power_kw
    return hours_to_charge(
        vehicle.charging_curve, session.soc, session.target_soc, power_kw, vehicle.battery_capacity_kwh
    )
