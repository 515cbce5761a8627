"""Energies turned into segments."""

import numpy as np
import pytest

from optimiser.plan import Tag
from optimiser.segments import charging_of_cells, make_segments
from tests.optimiser.builders import NOW_MS, a_problem, a_session, a_site, at

BULK, TARGET, MINIMUM = int(Tag.BULK), int(Tag.TARGET), int(Tag.MINIMUM)


def laid_out(session, energy_kwh: list[float], **site) -> list[tuple[float, float, float, int]]:
    """(start, end) in hours, kW and tags of one session's segments."""
    segments = make_segments(a_problem(session, site=a_site(**site)), np.array(energy_kwh), NOW_MS)
    return [
        (
            round((int(segments.start_ms[row]) - NOW_MS) / 3_600_000, 6),
            round((int(segments.end_ms[row]) - NOW_MS) / 3_600_000, 6),
            round(float(segments.power_kw[row]), 6),
            int(segments.tags[row]),
        )
        for row in range(segments.start_ms.size)
    ]


@pytest.mark.parametrize(
    ("session", "energy", "expected"),
    [
        # equal power is one segment, and the stay goes on to the departure
        (a_session(leaves_h=3, margin_ms=3_600_000), [20, 20], [(0, 2, 20, BULK), (2, 3, 0, BULK)]),
        # a pause is a segment, and so is the time before the first charging
        (a_session(leaves_h=3), [0, 20, 0], [(0, 1, 0, BULK), (1, 2, 20, BULK), (2, 3, 0, BULK)]),
        # nothing to charge: one paused segment
        (a_session(arrives_h=0.5, leaves_h=3, need_kwh=0.0), [], [(0.5, 3, 0, BULK)]),
        # at 5 kW at least, 2 kWh take 24 minutes
        (a_session(leaves_h=1, need_kwh=2.0, min_kw=5.0), [2], [(0, 0.4, 5, BULK), (0.4, 1, 0, BULK)]),
        # a start above the target stays there, and above the bulk SoC
        (a_session(leaves_h=1, need_kwh=-10.0, soc=0.9), [], [(0, 1, 0, TARGET)]),
    ],
)
def test_strokes_become_segments(session, energy, expected) -> None:
    """They cover the stay and break where the power changes."""
    assert laid_out(session, energy) == expected


def test_segments_break_where_the_tag_changes() -> None:
    """From 20 %: below 25 % minimum, from 30 % on target, at 20 kW a quarter and a half of an hour."""
    session = a_session(leaves_h=1, need_kwh=20.0, minimum_soc=0.25, bulk_soc=0.3)
    assert laid_out(session, [20]) == [
        (0, 0.25, 20, BULK | MINIMUM),
        (0.25, 0.5, 20, BULK),
        (0.5, 1, 20, TARGET),
    ]


def test_soc_is_continuous_and_energy_is_power_times_hours() -> None:
    """The last segment ends at the target."""
    problem = a_problem(a_session(leaves_h=4, minimum_soc=0.3, bulk_soc=0.5))
    segments = make_segments(problem, np.array([7.0, 13.0, 0.0, 20.0]), NOW_MS)
    assert segments.start_soc[1:] == pytest.approx(segments.end_soc[:-1])
    assert segments.end_soc[-1] == pytest.approx(0.6)
    hours = (segments.end_ms - segments.start_ms) / 3_600_000
    assert segments.energy_kwh == pytest.approx(segments.power_kw * hours)


def test_flags_tell_all_from_less() -> None:
    """At its most: unlimited; below it, and paused while hungry: limited; full: neither."""
    problem = a_problem(a_session(leaves_h=4))
    segments = make_segments(problem, np.array([0.0, 20.0, 15.0, 5.0]), NOW_MS)
    assert segments.unlimited.tolist() == [False, True, False, False]
    assert segments.limited.tolist() == [True, False, True, True]
    full = make_segments(problem, np.array([20.0, 20.0, 0.0, 0.0]), NOW_MS)
    assert (full.limited.tolist(), full.unlimited.tolist()) == ([False, False], [True, False])


def test_every_session_has_its_own_rows() -> None:
    """In the order of the sessions, whatever the order of time."""
    problem = a_problem(a_session("late", 2, 3, need_kwh=5.0), a_session("early", -1, 2, need_kwh=5.0))
    segments = make_segments(problem, np.array([5.0, 0.0, 5.0]), NOW_MS)
    assert segments.first.tolist() == [0, 1, 3]
    assert segments.start_ms[segments.rows(0)].tolist() == [at(2)]
    assert segments.start_ms[segments.rows(1)].tolist() == [at(0), at(1)]


def test_an_early_end_is_rounded_up_to_a_millisecond() -> None:
    """So the power never rises above the least that the run has."""
    problem = a_problem(a_session(leaves_h=1, need_kwh=7.0, max_kw=18.0, min_kw=18.0))
    charging = charging_of_cells(problem, np.array([7.0]))
    assert int(charging.end_ms[0]) - NOW_MS == 1_400_000
    charging = charging_of_cells(problem, np.array([7.000001]))
    assert int(charging.end_ms[0]) - NOW_MS == 1_400_001
    assert 17.9995 < charging.power_kw[0] <= 18.0
