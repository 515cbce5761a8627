"""Section 3: the site's slots and totals are those that the segments give."""

import numpy as np

from optimiser.checker.breach import POWER_KW, Breach, Breaches, breaches_at, figure_breach, span
from optimiser.checker.facts import Facts, Flags
from optimiser.checker.loads import SITE, Loads
from optimiser.checker.steps import integral_over
from optimiser.domain import Window
from optimiser.plan import SiteTotals
from optimiser.series import Floats, Instants, StepSeries
from optimiser.units import MS_PER_MINUTE

GRAMS_PER_KG = 1000.0


def true_totals(facts: Facts, loads: Loads) -> SiteTotals:
    """The key figures, from the segments: energy and money are for the plan's own segments."""
    ac_kw = facts.segments.power_kw / facts.request.site.ac_dc_power_ratio
    return SiteTotals(
        peak_kw=peak_kw(facts, loads, ()),
        energy_kwh=float((ac_kw * facts.hours).sum()),
        energy_cost=_valued(facts, facts.price, ac_kw),
        demand_cost=demand_cost(facts, loads),
        carbon_kg=_valued(facts, facts.carbon, ac_kw) / GRAMS_PER_KG if facts.carbon else None,
    )


def _valued(facts: Facts, per_kwh: StepSeries, ac_kw: Floats) -> float:
    areas = integral_over(per_kwh, facts.segments.start_ms, facts.segments.end_ms)
    return float(np.dot(ac_kw, areas))


def peak_kw(facts: Facts, loads: Loads, windows: tuple[Window, ...]) -> float:
    """Largest AC load of the planned time, or of the windows' part of it (0 where there is none)."""
    rows = loads.of(SITE)
    start, end = loads.start_ms[rows], loads.end_ms[rows]
    counted = _planned(facts, start, end)
    if windows:
        inside = [(start < w.end_ms) & (end > w.start_ms) for w in windows]
        counted &= np.any(inside, axis=0)
    return float(loads.total_kw[rows][counted].max(initial=0.0))


def _planned(facts: Facts, start_ms: Instants, end_ms: Instants) -> Flags:
    inside: Flags = (start_ms >= facts.request.now_ms) & (end_ms <= facts.end_ms)
    return inside


def demand_cost(facts: Facts, loads: Loads) -> float:
    """Price per kW times the rise of the peak over what is billed already."""
    charge = facts.request.site.demand_charge
    if charge is None:
        return 0.0
    return charge.price_per_kw * max(0.0, peak_kw(facts, loads, charge.windows) - charge.billed_peak_kw)


def demand_slack(facts: Facts) -> float:
    """What a peak that is off by 0.001 kW costs."""
    charge = facts.request.site.demand_charge
    return POWER_KW * charge.price_per_kw if charge else 0.0


def check_totals(facts: Facts, loads: Loads) -> Breaches:
    """Peak, energy, money and carbon of the whole plan."""
    said, found = facts.plan.totals, true_totals(facts, loads)
    names = ("peak_kw", "energy_kwh", "energy_cost", "demand_cost")
    slack = {"peak_kw": POWER_KW, "demand_cost": demand_slack(facts)}
    breaches = [
        b
        for name in names
        for b in figure_breach(
            "3 totals", name, getattr(said, name), getattr(found, name), slack.get(name, 0.0)
        )
    ]
    if said.carbon_kg is None or found.carbon_kg is None:
        same = said.carbon_kg is found.carbon_kg
        message = f"says {said.carbon_kg}, the segments give {found.carbon_kg}"
        return breaches + ([] if same else [Breach("3 totals", "carbon_kg", message)])
    return breaches + figure_breach("3 totals", "carbon_kg", said.carbon_kg, found.carbon_kg)


def check_slots(facts: Facts, loads: Loads) -> Breaches:
    """Slots follow the clock from now to the last departure, and show what holds in them."""
    slots = facts.plan.slots
    edges = _slot_edges(facts)
    if not (np.array_equal(slots.start_ms, edges[:-1]) and np.array_equal(slots.end_ms, edges[1:])):
        message = f"{slots.start_ms.size} slots, not the {edges.size - 1} clock slots of the planned time"
        return [Breach("3 slots", span(edges[0], edges[-1]), message)]
    site = facts.request.site
    return (
        _check_loads(facts, loads, edges)
        + _check_series(facts, "baseLoadKw", site.base_load_kw, slots.base_load_kw)
        + _check_series(facts, "powerCapKw", site.power_cap_kw, slots.power_cap_kw)
        + _check_series(facts, "pricePerKwh", facts.price, slots.price_per_kwh)
    )


def _slot_edges(facts: Facts) -> Instants:
    start, end = facts.request.now_ms, facts.end_ms
    slot_ms = facts.request.slot_minutes * MS_PER_MINUTE
    inside = np.arange((start // slot_ms + 1) * slot_ms, end, slot_ms, dtype=np.int64)
    return np.concatenate([[start], inside, [end]]).astype(np.int64)


def _check_loads(facts: Facts, loads: Loads, edges: Instants) -> Breaches:
    rows = loads.of(SITE)
    counted = _planned(facts, loads.start_ms[rows], loads.end_ms[rows])
    first = np.searchsorted(loads.start_ms[rows][counted], edges[:-1])
    found = np.maximum.reduceat(loads.total_kw[rows][counted], first)
    said = facts.plan.slots.load_kw
    return breaches_at(
        "3 slots",
        ~(np.abs(said - found) <= POWER_KW),
        lambda i: span(edges[i], edges[i + 1]),
        lambda i: f"loadKw says {said[i]:.4f}, the segments give {found[i]:.4f}",
    )


def _check_series(facts: Facts, name: str, series: StepSeries, said: Floats) -> Breaches:
    """Where a series changes inside a slot, any value that it has there will do."""
    start, end = facts.plan.slots.start_ms, facts.plan.slots.end_ms
    inside = series.edges_between(int(start[0]), int(end[-1]))
    at = np.concatenate([start, inside])
    slot = np.searchsorted(start, at, side="right") - 1
    low, high = np.full(start.size, np.inf), np.full(start.size, -np.inf)
    np.minimum.at(low, slot, series.at(at))
    np.maximum.at(high, slot, series.at(at))
    return breaches_at(
        "3 slots",
        ~((said >= low - POWER_KW) & (said <= high + POWER_KW)),
        lambda i: span(start[i], end[i]),
        lambda i: f"{name} says {said[i]:.4f}, given {low[i]:.4f} to {high[i]:.4f}",
    )
