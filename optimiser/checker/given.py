"""Rules 6 and 7: what is given and not decided: frozen plans to the letter, and preconditioning."""

import numpy as np

from optimiser.checker.breach import POWER_KW, SOC, TIME_MS, Breach, Breaches, breaches_at
from optimiser.checker.facts import Facts, Flags
from optimiser.checker.loads import Loads, within
from optimiser.domain import FixedSegment
from optimiser.series import Floats, Instants
from optimiser.units import MS_PER_HOUR, iso_z

CUT_NOTICE = "preconditioning-cut"


def check_frozen(facts: Facts) -> Breaches:
    """A frozen session draws at every instant what its segments say, and nothing between them."""
    return [
        breach
        for session in np.flatnonzero(facts.columns.frozen)
        for breach in _check_frozen_session(facts, int(session))
    ]


def _check_frozen_session(facts: Facts, session: int) -> Breaches:
    segments, rows = facts.segments, facts.segments.rows(session)
    given = facts.plan.sessions[session].frozen or ()
    begin, end = int(facts.columns.begin_ms[session]), int(facts.columns.departure_ms[session])
    marks = [[s.start_ms, s.end_ms] for s in given] + [[begin, end]]
    edges = np.unique(np.concatenate([np.ravel(marks), segments.start_ms[rows], segments.end_ms[rows]]))
    edges = edges[(edges >= begin) & (edges <= end)].astype(np.int64)
    at, lasting = edges[:-1], np.diff(edges) > TIME_MS
    planned = _planned_at(segments.start_ms[rows], segments.power_kw[rows], at)
    expected = _given_at(given, at)
    return breaches_at(
        "4.6 frozen",
        lasting & (np.abs(planned - expected) > POWER_KW),
        lambda i: f"{facts.name(session)} at {iso_z(int(at[i]))}",
        lambda i: f"frozen at {expected[i]:.4f} kW, planned {planned[i]:.4f} kW",
    )


def _planned_at(start_ms: Instants, power_kw: Floats, at_ms: Instants) -> Floats:
    row = np.searchsorted(start_ms, at_ms, side="right") - 1
    planned: Floats = power_kw[row.clip(min=0)]
    return planned


def _given_at(given: tuple[FixedSegment, ...], at_ms: Instants) -> Floats:
    power = np.zeros(at_ms.size)
    for segment in given:
        power[(at_ms >= segment.start_ms) & (at_ms < segment.end_ms)] = segment.power_kw
    return power


def check_preconditioning(facts: Facts, loads: Loads) -> Breaches:
    """Drawn evenly over its time before departure, tagged there and only there, cut by caps alone."""
    ours = ~facts.of_row(facts.columns.frozen)
    wished = facts.of_row(facts.columns.warm_kw) * facts.warm_hours
    drawn = np.where(facts.warm_row, facts.energy_kwh - facts.charge_kwh, 0.0)
    tolerance = _tolerance_kwh(facts)
    cut = ours & (drawn < wished - tolerance)
    return (
        _misplaced_tags(facts, ours)
        + breaches_at(
            "4.7 preconditioning",
            ours & (drawn > wished + tolerance),
            facts.place,
            lambda i: f"draws {drawn[i]:.5f} kWh, asked {wished[i]:.5f} kWh",
        )
        + breaches_at(
            "4.7 preconditioning",
            cut & ~_justified(facts, loads, cut),
            facts.place,
            lambda i: f"draws {drawn[i]:.5f} of {wished[i]:.5f} kWh, although it could have more",
        )
        + _unsaid(facts, cut)
    )


def _tolerance_kwh(facts: Facts) -> Floats:
    """0.001 kW, 1 ms at each end, and the noise of SoC, by which the battery's part is known."""
    two_ms = 2 * TIME_MS / MS_PER_HOUR * facts.of_row(facts.columns.warm_kw)
    noise: Floats = POWER_KW * facts.hours + SOC * facts.of_row(facts.columns.capacity_kwh)
    return noise + two_ms


def _misplaced_tags(facts: Facts, ours: Flags) -> Breaches:
    """A row is wholly in the time of preconditioning or wholly out of it, to 1 ms."""
    slack = 1.5 * TIME_MS / MS_PER_HOUR
    inside, outside = facts.warm_hours > facts.hours - slack, facts.warm_hours < slack
    wrong = np.where(facts.warm_row, ~inside, ~outside & (facts.segments.power_kw > POWER_KW))
    return breaches_at(
        "4.7 preconditioning",
        ours & wrong,
        facts.place,
        lambda i: (
            f"{facts.warm_hours[i]:.5f} h of {facts.hours[i]:.5f} h lie in its time, "
            f"tagged: {bool(facts.warm_row[i])}"
        ),
    )


def _unsaid(facts: Facts, cut: Flags) -> Breaches:
    if not cut.any() or any(notice.code == CUT_NOTICE for notice in facts.plan.notices):
        return []
    place = facts.place(int(np.flatnonzero(cut)[0]))
    return [Breach("4.7 preconditioning", place, "cut, and no notice says so")]


def _justified(facts: Facts, loads: Loads, cut: Flags) -> Flags:
    justified = np.zeros_like(cut)
    for row in np.flatnonzero(cut):
        justified[row] = _no_charging(facts, int(row)) and _full_throughout(facts, loads, int(row))
    return justified


def _no_charging(facts: Facts, row: int) -> bool:
    return bool(facts.charge_kw[row] <= POWER_KW)


def _full_throughout(facts: Facts, loads: Loads, row: int) -> bool:
    """At every instant the connector is full, or a limit is with nothing but what cannot wait."""
    session, power_kw = int(facts.row_session[row]), facts.segments.power_kw[row]
    if power_kw >= facts.columns.max_kw[session] - POWER_KW:
        return True
    start_ms = max(int(facts.segments.start_ms[row]), int(facts.columns.warm_ms[session]))
    end_ms = int(facts.segments.end_ms[row])
    open_ms = [(start_ms, end_ms)]
    for limit in loads.limits.path(facts.plan.sessions[session].station_id):
        open_ms = _without(open_ms, _full_stretches(loads, limit, start_ms, end_ms))
    return all(end - start <= TIME_MS for start, end in open_ms)


def _full_stretches(loads: Loads, limit: int, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    rows = loads.of(limit)
    full = (loads.over[rows] >= -POWER_KW) & (loads.charging_kw[rows] <= POWER_KW)
    full &= within(loads, limit, start_ms, end_ms)
    return list(zip(loads.start_ms[rows][full], loads.end_ms[rows][full], strict=True))


def _without(spans: list[tuple[int, int]], taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of these spans of time when others are taken away."""
    for start, end in taken:
        left = [(a, min(b, start)) for a, b in spans] + [(max(a, end), b) for a, b in spans]
        spans = [(a, b) for a, b in left if a < b]
    return spans
