"""Rule 1, first half: the columns hold together, and the sessions are the request's own."""

import dataclasses
from collections import Counter
from itertools import pairwise

import numpy as np

from optimiser.checker.breach import SOC, Breach, Breaches, breaches_at
from optimiser.domain import ChargingSession, PlanRequest, RecurringSession
from optimiser.plan import Plan, Segments
from optimiser.units import from_ms, iso_z

_RULE = "4.1 sessions"
_OWN_OF_OCCURRENCE = (
    "schedule_id",
    "arrival_ms",
    "departure_ms",
    "charging_now",
    "charging_since_ms",
    "running_plan",
)
_FIELDS = tuple(field.name for field in dataclasses.fields(ChargingSession))
_SHARED_WITH_TEMPLATE = tuple(name for name in _FIELDS if name not in _OWN_OF_OCCURRENCE)


def check_structure(plan: Plan) -> Breaches:
    """Whether the segments can be read at all; with a breach here nothing else can be checked."""
    segments = plan.segments
    columns = [getattr(segments, field.name) for field in dataclasses.fields(Segments)[1:]]
    rows = segments.start_ms.size
    if {column.shape for column in columns} != {(rows,)}:
        return [Breach("4.1 structure", "segments", "the columns are not of one length")]
    first = segments.first
    if first.shape != (len(plan.sessions) + 1,) or first[0] != 0 or first[-1] != rows:
        return [Breach("4.1 structure", "segments", f"`first` does not share out {rows} rows")]
    if (np.diff(first) < 1).any():
        return [Breach("4.1 structure", "segments", "a session has no segment")]
    return _unreadable_rows(segments)


def _unreadable_rows(segments: Segments) -> Breaches:
    numbers = [segments.power_kw, segments.energy_kwh, segments.start_soc, segments.end_soc]
    broken = ~np.isfinite(numbers).all(axis=0) | (segments.end_ms <= segments.start_ms)
    return breaches_at(
        "4.1 structure", broken, lambda i: f"row {i}", lambda i: "not finite, or does not end after it starts"
    )


def check_sessions(request: PlanRequest, plan: Plan) -> Breaches:
    """Every session that is to be planned is there once, as given, and no other.

    Occurrences of recurring schedules are held against their template; which of them fall into the
    horizon is for whoever expands the rule (pass the expanded request to have that checked too).
    """
    dated = {session.schedule_id: session for session in request.sessions}
    templates = {rule.template.source: rule for rule in request.recurring}
    found: Breaches = _doubled(plan) + _missing(request, plan)
    for session in plan.sessions:
        given = dated.get(session.schedule_id)
        if given is not None:
            found += _differences(session, given, _FIELDS)
        else:
            found += _occurrence(session, templates.get(session.source))
        found += _not_to_be_planned(request, session)
    return found + _overlaps(plan)


def to_be_planned(request: PlanRequest, session: ChargingSession) -> bool:
    """Not over at now, and arriving before the horizon ends."""
    return session.departure_ms > request.now_ms and session.arrival_ms < request.horizon_end_ms


def _doubled(plan: Plan) -> Breaches:
    counts = Counter(session.schedule_id for session in plan.sessions)
    return [Breach(_RULE, name, f"planned {n} times") for name, n in counts.items() if n > 1]


def _missing(request: PlanRequest, plan: Plan) -> Breaches:
    planned = {session.schedule_id for session in plan.sessions}
    wanted = (s for s in request.sessions if to_be_planned(request, s) and s.vehicle.controllable)
    return [Breach(_RULE, s.schedule_id, "not planned") for s in wanted if s.schedule_id not in planned]


def _not_to_be_planned(request: PlanRequest, session: ChargingSession) -> Breaches:
    if not session.vehicle.controllable:
        return [Breach(_RULE, session.schedule_id, "planned, but its vehicle is not ours to steer")]
    if to_be_planned(request, session):
        return []
    stay = f"{iso_z(session.arrival_ms)} to {iso_z(session.departure_ms)}"
    return [Breach(_RULE, session.schedule_id, f"planned, but {stay} is over or beyond the horizon")]


def _occurrence(session: ChargingSession, rule: RecurringSession | None) -> Breaches:
    if rule is None:
        return [Breach(_RULE, session.schedule_id, "not in the request")]
    departure = from_ms(session.departure_ms).strftime("%Y%m%dT%H%M%SZ")
    expected = f"{rule.template.schedule_id}@{departure}"
    if session.schedule_id != expected:
        return [Breach(_RULE, session.schedule_id, f"this occurrence is {expected}")]
    return _differences(session, rule.template, _SHARED_WITH_TEMPLATE)


def _differences(session: ChargingSession, given: ChargingSession, fields: tuple[str, ...]) -> Breaches:
    if session is given:
        return []
    pairs = [(name, getattr(session, name), getattr(given, name)) for name in fields]
    changed = [f"{name} {old} became {new}" for name, new, old in pairs if not _same(new, old)]
    return [Breach(_RULE, session.schedule_id, "; ".join(changed))] if changed else []


def _same(new: object, old: object) -> bool:
    if isinstance(new, float) and isinstance(old, float):
        return abs(new - old) <= SOC
    return new == old


def _overlaps(plan: Plan) -> Breaches:
    """A vehicle stands in one place at a time."""
    stays = sorted(plan.sessions, key=lambda s: (s.vehicle.vehicle_id, s.arrival_ms))
    return [
        Breach(_RULE, later.schedule_id, f"overlaps {earlier.schedule_id} of the same vehicle")
        for earlier, later in pairwise(stays)
        if earlier.vehicle.vehicle_id == later.vehicle.vehicle_id and later.arrival_ms < earlier.departure_ms
    ]
