"""Random small depots with too little power for all, for whoever tests what is made of shortfalls."""

from dataclasses import replace

import numpy as np

from optimiser.domain import (
    ChargingCurve,
    ChargingSession,
    FixedSegment,
    Group,
    PlanRequest,
    Preconditioning,
    Station,
    Strategy,
)
from optimiser.plan import Plan
from optimiser.units import MS_PER_HOUR
from tests.optimiser.builders import a_request, a_session, a_site


def a_short_depot(random: np.random.Generator) -> PlanRequest:
    """Too little power for all, sometimes below one feeder and in shared stations."""
    hours = int(random.integers(4, 9))
    caps = [(float(h), float(random.uniform(5.0, 40.0))) for h in range(hours)]
    prices = [(float(h), float(random.uniform(-0.05, 0.4))) for h in range(hours)]
    site = a_site(caps, prices, base_kw=[(0.0, 3.0), (2.5, float(random.uniform(0.0, 12.0)))], ratio=0.9)
    if random.random() < 0.6:
        cap = replace(site.power_cap_kw, values=site.power_cap_kw.values * random.uniform(0.3, 0.9))
        stations = (
            Station("a", 15.0, {"1": 12.0}),
            Station("b", float(random.uniform(8.0, 30.0)), {"1": float(random.uniform(4.0, 20.0))}),
            Station("c", None, {}),
        )
        site = replace(site, groups=(Group("g", None, cap, ("a", "b")),), stations=stations)
    sessions = [_random_session(random, i, hours) for i in range(int(random.integers(3, 8)))]
    strategy = Strategy.COST if random.random() < 0.5 else Strategy.ASAP
    return a_request(*sessions, site=site, strategy=strategy)


def _random_session(random: np.random.Generator, i: int, hours: int) -> ChargingSession:
    arrives = round(float(random.uniform(-1.0, hours - 2.0)), 2)
    leaves = round(float(random.uniform(max(arrives, 0.0) + 0.5, hours)), 2)
    session = a_session(
        f"s{i}",
        arrives,
        leaves,
        need_kwh=float(random.uniform(5.0, 70.0)),
        max_kw=float(random.uniform(8.0, 25.0)),
        station_id=str(random.choice(["a", "b", "c"])),
        connector_id="1",
        priority=float(random.integers(0, 2)),
    )
    if random.random() < 0.15:
        session = replace(session, preconditioning=Preconditioning(2.0, MS_PER_HOUR // 2))
    return session


def with_rules(session: ChargingSession, random: np.random.Generator) -> ChargingSession:
    """A least power or none, and half of them in one run."""
    least_kw = float(random.choice([0.0, 3.0, 6.0]))
    pausable = bool(random.random() < 0.5)
    return replace(session, vehicle=replace(session.vehicle, min_power_kw=least_kw, pausable=pausable))


def with_curve(session: ChargingSession, random: np.random.Generator) -> ChargingSession:
    """Power that falls to a fifth from somewhere on."""
    most_kw = session.vehicle.max_power_kw
    curve = ChargingCurve((0.0, float(random.uniform(0.4, 0.8)), 1.0), (most_kw, most_kw, 0.2 * most_kw))
    return replace(session, vehicle=replace(session.vehicle, charging_curve=curve))


def others_frozen(request: PlanRequest, plan: Plan, i: int) -> PlanRequest:
    """All but session i with the plans that they have."""
    sessions = [
        session if place == i else replace(session, frozen=_fixed(plan, place))
        for place, session in enumerate(request.sessions)
    ]
    return replace(request, sessions=tuple(sessions))


def _fixed(plan: Plan, place: int) -> tuple[FixedSegment, ...]:
    rows, s = plan.segments.rows(place), plan.segments
    columns = s.start_ms[rows], s.end_ms[rows], s.power_kw[rows]
    return tuple(FixedSegment(int(a), int(b), float(kw)) for a, b, kw in zip(*columns, strict=True))
