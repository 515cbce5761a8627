"""Rule 1, second half: segments cover the stay, energy is power times time, SoC follows the energy."""

import numpy as np

from optimiser.checker.breach import POWER_KW, SOC, TIME_MS, Breaches, breaches_at, span
from optimiser.checker.facts import Facts
from optimiser.series import Floats
from optimiser.units import MS_PER_HOUR, PERCENT, iso_z


def check_coverage(facts: Facts) -> Breaches:
    """`[max(arrival, now), departure)` is covered with no gap and no overlap."""
    segments, columns = facts.segments, facts.columns
    first_start = segments.start_ms[segments.first[:-1]]
    last_end = segments.end_ms[segments.first[1:] - 1]
    gap_ms = segments.start_ms[1:] - segments.end_ms[:-1]
    return (
        breaches_at(
            "4.1 coverage",
            first_start != columns.begin_ms,
            facts.name,
            lambda i: f"begins {iso_z(int(first_start[i]))}, the stay {iso_z(int(columns.begin_ms[i]))}",
        )
        + breaches_at(
            "4.1 coverage",
            last_end != columns.departure_ms,
            facts.name,
            lambda i: f"ends {iso_z(int(last_end[i]))}, the stay {iso_z(int(columns.departure_ms[i]))}",
        )
        + breaches_at(
            "4.1 coverage",
            facts.same_session & (gap_ms != 0),
            lambda i: facts.place(i + 1),
            lambda i: f"{'gap' if gap_ms[i] > 0 else 'overlap'} of {abs(int(gap_ms[i]))} ms",
        )
    )


def check_energy(facts: Facts) -> Breaches:
    """The energy of every segment is its power times its hours."""
    segments = facts.segments
    expected = facts.energy_kwh
    return breaches_at(
        "4.1 energy",
        np.abs(segments.energy_kwh - expected) > POWER_KW * facts.hours,
        facts.place,
        lambda i: f"{segments.energy_kwh[i]:.6f} kWh said, {expected[i]:.6f} kWh by power and time",
    )


def check_soc(facts: Facts) -> Breaches:
    """SoC begins as given, is continuous, rises by energy / capacity, and stays under the target."""
    return _first_soc(facts) + _continuity(facts) + _rise(facts) + _over_target(facts)


def _first_soc(facts: Facts) -> Breaches:
    found = facts.segments.start_soc[facts.segments.first[:-1]]
    given = facts.columns.soc
    return breaches_at(
        "4.1 soc",
        np.abs(found - given) > SOC,
        facts.name,
        lambda i: f"starts at {PERCENT * found[i]:.4f} %, given {PERCENT * given[i]:.4f} %",
    )


def _continuity(facts: Facts) -> Breaches:
    jump = facts.segments.start_soc[1:] - facts.segments.end_soc[:-1]
    return breaches_at(
        "4.1 soc",
        facts.same_session & (np.abs(jump) > SOC),
        lambda i: facts.place(i + 1),
        lambda i: f"jumps by {PERCENT * jump[i]:.4f} points",
    )


def _rise(facts: Facts) -> Breaches:
    rise = facts.segments.end_soc - facts.segments.start_soc
    expected = facts.charge_kwh / facts.of_row(facts.columns.capacity_kwh)
    frozen_and_full = facts.of_row(facts.columns.frozen) & (facts.segments.end_soc >= 1.0) & (rise >= 0)
    return breaches_at(
        "4.1 soc",
        (np.abs(rise - expected) > SOC + _noise(facts)) & ~frozen_and_full,
        facts.place,
        lambda i: f"moves by {PERCENT * rise[i]:.4f} points, energy gives {PERCENT * expected[i]:.4f}",
    )


def _noise(facts: Facts) -> Floats:
    """What 0.001 kW is worth in SoC over the row, since power may be off by that."""
    noise: Floats = POWER_KW * facts.hours / facts.of_row(facts.columns.capacity_kwh)
    return noise


def _over_target(facts: Facts) -> Breaches:
    """Frozen plans are not ours to cut, so theirs may."""
    columns, end_soc = facts.columns, facts.segments.end_soc
    ceiling = facts.of_row(np.maximum(columns.target_soc, columns.soc))
    one_ms = facts.charge_kw * TIME_MS / MS_PER_HOUR / facts.of_row(columns.capacity_kwh)
    return breaches_at(
        "4.1 target",
        (end_soc > ceiling + SOC + one_ms + _noise(facts)) & ~facts.of_row(columns.frozen),
        facts.place,
        lambda i: f"reaches {PERCENT * end_soc[i]:.4f} %, over {PERCENT * ceiling[i]:.4f} %",
    )


def check_window(facts: Facts) -> Breaches:
    """Rule 3: no charging after departure less margin; rule 1 keeps it after arrival and now."""
    until = facts.of_row(facts.columns.charge_until_ms)
    late_ms = facts.segments.end_ms - until
    charging = (facts.charge_kw > POWER_KW) & ~facts.of_row(facts.columns.frozen)
    return breaches_at(
        "4.3 window",
        charging & (late_ms > TIME_MS),
        facts.place,
        lambda i: (
            f"charges in {span(facts.segments.start_ms[i], facts.segments.end_ms[i])}, "
            f"{int(late_ms[i])} ms past departure less margin"
        ),
    )
