"""Seeded depots that strain an engine: trees of limits, ties, empty windows, no room, pieces of 1 ms."""

from dataclasses import replace

import numpy as np

from optimiser.domain import ChargingSession, Group, Site, Station
from optimiser.problem import PlanningProblem
from optimiser.series import StepSeries
from optimiser.units import MS_PER_HOUR
from tests.optimiser.builders import a_problem, a_session, a_site

LAST_H = 8
STATIONS = ("north-1", "north-2", "south-1", None)


def a_depot(
    seed: int,
    n_sessions: int,
    *,
    slack: float = 1.2,
    tree: bool = False,
    ties: bool = False,
    odd_ms: bool = False,
) -> PlanningProblem:
    """`slack`: room over mean need; `ties`: few different prices and powers; `odd_ms`: pieces of 1 ms."""
    rng = np.random.default_rng(seed)
    sessions = [_session(rng, f"s{i}", ties=ties, odd_ms=odd_ms) for i in range(n_sessions)]
    need_kwh = sum(session.energy_need_kwh for session in sessions)
    cap_kw = slack * need_kwh / LAST_H
    hours = range(LAST_H)
    caps = [(h, 0.0 if rng.random() < 0.1 else cap_kw * rng.uniform(0.7, 1.6)) for h in hours]
    prices = [(h, _price(rng, ties=ties)) for h in np.arange(0, LAST_H, 0.5)]
    site = a_site(caps, prices, base_kw=[(h, rng.uniform(0.0, 0.1 * cap_kw)) for h in hours], ratio=0.94)
    return a_problem(*sessions, site=_with_groups(site, rng, cap_kw) if tree else site)


def _price(rng: np.random.Generator, *, ties: bool) -> float:
    return float(rng.choice([-0.05, 0.1, 0.1, 0.2]) if ties else rng.normal(0.1, 0.1))


def _session(rng: np.random.Generator, name: str, *, ties: bool, odd_ms: bool) -> ChargingSession:
    """Stays of a quarter of an hour and more; one in ten asks for nothing, one in ten has no time."""
    arrives_h = float(rng.integers(0, 4 * (LAST_H - 1))) / 4
    leaves_h = min(float(LAST_H), arrives_h + float(rng.integers(1, 25)) / 4)
    max_kw = float(rng.choice([11.0, 22.0, 50.0]) if ties else rng.uniform(5.0, 60.0))
    fill = float(rng.choice([0.0, 0.3, 0.7, 0.9, 1.0], p=[0.1, 0.4, 0.3, 0.1, 0.1]))
    need_kwh = min(80.0, fill * max_kw * (leaves_h - arrives_h))
    session = a_session(
        name, arrives_h, leaves_h, need_kwh=need_kwh, max_kw=max_kw, station_id=STATIONS[rng.integers(4)]
    )
    if odd_ms and rng.random() < 0.4:
        session = replace(session, arrival_ms=session.arrival_ms + 1)
    if rng.random() < 0.1:
        session = replace(session, margin_ms=LAST_H * MS_PER_HOUR)
    return session


def _with_groups(site: Site, rng: np.random.Generator, cap_kw: float) -> Site:
    """A feeder inside a feeder, one beside them, and two power units."""
    caps = cap_kw * rng.uniform(0.2, 0.9, 3)
    groups = (
        Group("north", None, StepSeries.constant(caps[0]), ("north-1",)),
        Group("inner", "north", StepSeries.constant(caps[1]), ("north-2",)),
        Group("south", None, StepSeries.constant(caps[2]), ("south-1",)),
    )
    units = (Station("north-2", 0.3 * cap_kw, {}), Station("south-1", 0.5 * cap_kw, {}))
    return replace(site, groups=groups, stations=units)
