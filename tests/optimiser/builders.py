"""Short makers of domain objects for the planner's tests: times in hours from `NOW_MS`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from optimiser.domain import ChargingSession, PlanRequest, Site, Strategy, Vehicle
from optimiser.fixed_load import fixed_loads
from optimiser.plan import Plan
from optimiser.planner import carried_on
from optimiser.problem import PlanningProblem, build_problem
from optimiser.series import FOREVER_MS, StepSeries
from optimiser.sessions import dated_sessions
from optimiser.units import MS_PER_HOUR

NOW_MS = 1_773_072_000_000  # 2026-03-09T16:00:00Z
Steps = float | Sequence[tuple[float, float]]


def at(hours_from_now: float) -> int:
    """Epoch milliseconds of so many hours after now."""
    return NOW_MS + round(hours_from_now * MS_PER_HOUR)


def a_series(steps: Steps, end_h: float | None = None) -> StepSeries:
    """One value for ever, or values from these hours on."""
    if not isinstance(steps, Sequence):
        return StepSeries.constant(float(steps))
    starts = np.array([at(hour) for hour, _ in steps], dtype=np.int64)
    values = np.array([value for _, value in steps], dtype=np.float64)
    return StepSeries(starts, values, FOREVER_MS if end_h is None else at(end_h))


def a_session(
    name: str = "bus",
    arrives_h: float = 0.0,
    leaves_h: float = 4.0,
    *,
    need_kwh: float = 40.0,
    max_kw: float = 20.0,
    min_kw: float = 0.0,
    pausable: bool = True,
    controllable: bool = True,
    **changes: Any,
) -> ChargingSession:
    """A bus of 100 kWh at 20 %, so that a kWh is an SoC point; its target follows from its need."""
    vehicle = Vehicle(f"ev-{name}", 100.0, max_kw, min_kw, pausable, controllable)
    session = ChargingSession(name, vehicle, at(arrives_h), at(leaves_h), 0.2, 0.2 + need_kwh / 100.0)
    return replace(session, **changes)


def a_site(
    cap_kw: Steps = 1000.0, price: Steps = 0.1, *, base_kw: Steps = 0.0, ratio: float = 1.0, **changes: Any
) -> Site:
    """A site without losses, so that AC and DC are the same unless the test is about that."""
    series = a_series(cap_kw), a_series(base_kw), ratio, a_series(price)
    return replace(Site("depot", ZoneInfo("Europe/Helsinki"), "EUR", *series), **changes)


def a_request(
    *sessions: ChargingSession, site: Site | None = None, strategy: Strategy = Strategy.COST, **changes: Any
) -> PlanRequest:
    """A question at `NOW_MS`, in slots of an hour, about these sessions (one bus if none)."""
    request = PlanRequest(
        NOW_MS, 48 * MS_PER_HOUR, 60, strategy, site or a_site(), sessions or (a_session(),)
    )
    return replace(request, **changes)


def a_problem(*sessions: ChargingSession, site: Site | None = None, **changes: Any) -> PlanningProblem:
    """The arrays of such a question, its series carried on as the planner does."""
    return problem_of(a_request(*sessions, site=site, **changes))


def problem_of(request: PlanRequest) -> PlanningProblem:
    """The arrays of a question, as the planner makes them."""
    sessions = dated_sessions(request)
    ours = tuple(session for session in sessions if session.vehicle.controllable)
    site, _ = carried_on(request, ours)
    return build_problem(request, ours, fixed_loads(request, sessions), site)


def segments_of(plan: Plan, session: int = 0) -> list[tuple[float, float, float]]:
    """A session's segments as (start in hours from now, end, kW), rounded for comparing by hand."""
    rows, s = plan.segments.rows(session), plan.segments
    hours = [(s.start_ms[rows] - NOW_MS) / MS_PER_HOUR, (s.end_ms[rows] - NOW_MS) / MS_PER_HOUR]
    return [
        (round(float(a), 6), round(float(b), 6), round(float(kw), 6))
        for a, b, kw in zip(*hours, s.power_kw[rows], strict=True)
    ]
