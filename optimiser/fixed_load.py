"""Load that the planner cannot move: frozen plans, preconditioning, vehicles that are not ours to steer."""

from dataclasses import dataclass

from optimiser.domain import ChargingSession, FixedSegment
from optimiser.units import MS_PER_HOUR


@dataclass(frozen=True, slots=True)
class FixedLoad:
    """Power [kW, DC] that one session draws over `[start_ms, end_ms)`, whatever the plan."""

    session: ChargingSession
    start_ms: int
    end_ms: int
    power_kw: float


def fixed_loads(sessions: tuple[ChargingSession, ...], now_ms: int) -> tuple[FixedLoad, ...]:
    """All fixed load of these sessions from now on, in their order."""
    return tuple(
        FixedLoad(session, segment.start_ms, segment.end_ms, segment.power_kw)
        for session in sessions
        for segment in fixed_segments(session, now_ms)
        if segment.power_kw > 0.0 and segment.end_ms > segment.start_ms
    )


def fixed_segments(session: ChargingSession, now_ms: int) -> tuple[FixedSegment, ...]:
    """The part of a session's power that is given: frozen to the letter, or uncontrolled, or neither."""
    if session.frozen is not None:
        return tuple(_cut(segment, now_ms, session.departure_ms) for segment in session.frozen)
    if not session.vehicle.controllable:
        return (_uncontrolled(session, now_ms),)
    return ()


def _cut(segment: FixedSegment, start_ms: int, end_ms: int) -> FixedSegment:
    start = max(segment.start_ms, start_ms)
    return FixedSegment(start, max(start, min(segment.end_ms, end_ms)), segment.power_kw)


def _uncontrolled(session: ChargingSession, now_ms: int) -> FixedSegment:
    """At its largest power from arrival until its target: what a charger does on its own."""
    start_ms = max(session.arrival_ms, now_ms)
    full_ms = start_ms + round(session.energy_need_kwh / session.vehicle.max_power_kw * MS_PER_HOUR)
    return FixedSegment(start_ms, min(full_ms, session.departure_ms), session.vehicle.max_power_kw)
