"""Rule 2, first half: power is 0 or within what vehicle, connector and battery can do."""

import numpy as np

from optimiser.checker.breach import CURVE_KW, POWER_KW, REACHED_SOC, SOC, Breaches, breaches_at
from optimiser.checker.facts import Facts, Flags
from optimiser.series import Floats
from optimiser.units import PERCENT


def check_power(facts: Facts) -> Breaches:
    """Most, least, curve, and what the two flags say; frozen plans keep what they have."""
    ours = ~facts.of_row(facts.columns.frozen)
    charging = (facts.charge_kw > POWER_KW) & ours
    lowest, highest = _curve(facts, charging | facts.segments.unlimited)
    return (
        _negative(facts)
        + _over_most(facts, charging)
        + _over_curve(facts, charging, lowest)
        + _under_least(facts, charging)
        + _flags(facts, ours, charging, (lowest, highest))
    )


def _negative(facts: Facts) -> Breaches:
    power = facts.segments.power_kw
    return breaches_at("4.2 power", power < -POWER_KW, facts.place, lambda i: f"{power[i]:.4f} kW is below 0")


def _over_most(facts: Facts, charging: Flags) -> Breaches:
    most = facts.of_row(facts.columns.max_kw)
    return breaches_at(
        "4.2 power",
        charging & (facts.charge_kw > most + POWER_KW + _share_noise(facts)),
        facts.place,
        lambda i: f"{facts.charge_kw[i]:.4f} kW, the most here is {most[i]:.4f} kW",
    )


def _over_curve(facts: Facts, charging: Flags, lowest: Floats) -> Breaches:
    return breaches_at(
        "4.2 curve",
        charging & (facts.charge_kw > lowest + CURVE_KW),
        facts.place,
        lambda i: (
            f"{facts.charge_kw[i]:.4f} kW from {PERCENT * facts.segments.start_soc[i]:.3f} % to "
            f"{PERCENT * facts.segments.end_soc[i]:.3f} %, the curve allows {lowest[i]:.4f} kW"
        ),
    )


def _under_least(facts: Facts, charging: Flags) -> Breaches:
    rows = np.flatnonzero(charging & facts.of_row(facts.columns.curved))
    at_end = np.full(charging.size, np.inf)
    at_end[rows] = facts.curves.take(facts.row_session[rows]).at(facts.segments.end_soc[rows])
    least = np.minimum(facts.of_row(facts.columns.min_kw), at_end)
    tolerance = np.where(np.isfinite(at_end), CURVE_KW, POWER_KW) + _share_noise(facts)
    return breaches_at(
        "4.2 least power",
        charging & (facts.charge_kw < least - tolerance),
        facts.place,
        lambda i: f"{facts.charge_kw[i]:.4f} kW is neither 0 nor at least {least[i]:.4f} kW",
    )


def _share_noise(facts: Facts) -> Floats:
    """Where preconditioning shares the power, the battery's part is known by its SoC only."""
    noise = SOC * facts.of_row(facts.columns.capacity_kwh) / facts.hours
    return np.where(facts.warm_row, noise, 0.0)


def _curve(facts: Facts, asked: Flags) -> tuple[Floats, Floats]:
    """Least and largest power that the curve allows over a row's SoC; infinite where there is none."""
    rows = np.flatnonzero(asked & facts.of_row(facts.columns.curved))
    curves = facts.curves.take(facts.row_session[rows])
    start_soc, end_soc = facts.segments.start_soc[rows], facts.segments.end_soc[rows]
    lowest, highest = np.full(asked.size, np.inf), np.full(asked.size, np.inf)
    lowest[rows] = curves.least_between(start_soc, end_soc)
    highest[rows] = curves.most_between(start_soc, end_soc)
    return lowest, highest


def _flags(facts: Facts, ours: Flags, charging: Flags, curve: tuple[Floats, Floats]) -> Breaches:
    """Charging is either all that the vehicle can take, or limited; which, the power shows."""
    most = facts.of_row(facts.columns.max_kw)
    takes_least, takes_most = np.minimum(most, curve[0]), np.minimum(most, curve[1])
    limited, unlimited = facts.segments.limited, facts.segments.unlimited
    hungry = facts.segments.start_soc < facts.of_row(facts.columns.target_soc) - REACHED_SOC
    tolerance = np.where(facts.of_row(facts.columns.curved), CURVE_KW, POWER_KW) + _share_noise(facts)
    too_proud = unlimited & (facts.charge_kw < takes_least - tolerance) & (hungry | charging)
    too_modest = limited & charging & (facts.charge_kw >= takes_most - 1e-9)
    unsaid = charging & (limited == unlimited)
    wrong = ours & (too_proud | too_modest | unsaid | (limited & unlimited))
    return breaches_at(
        "4.2 flags",
        wrong,
        facts.place,
        lambda i: (
            f"{facts.charge_kw[i]:.4f} kW of {takes_least[i]:.4f} kW is said to be "
            f"limited: {bool(limited[i])}, unlimited: {bool(unlimited[i])}"
        ),
    )
