"""The site's slots and key figures of a solved problem."""

import numpy as np

from optimiser.domain import Strategy
from optimiser.plan import Segments, SiteSlots, SiteTotals
from optimiser.problem import PlanningProblem
from optimiser.segments import charging_of_cells
from optimiser.series import Floats
from optimiser.units import MS_PER_HOUR


def piece_loads_kw(problem: PlanningProblem, energy_kwh: Floats) -> Floats:
    """The largest AC load within every piece: a run that ends early still draws its power until then."""
    charging = charging_of_cells(problem, energy_kwh)
    piece = problem.cells.piece[charging.cell]
    drawn_kw = np.bincount(piece, charging.power_kw, minlength=problem.n_pieces)
    loads_kw: Floats = problem.immovable_kw + drawn_kw * problem.ac_per_dc
    return loads_kw


def planned_kwh(problem: PlanningProblem, energy_kwh: Floats) -> Floats:
    """Energy [kWh, DC] in every piece of all sessions that get a plan, frozen ones included."""
    charged = problem.by_piece(energy_kwh)
    return charged + fixed_kwh(problem)


def fixed_kwh(problem: PlanningProblem) -> Floats:
    """Energy [kWh, DC] in every piece of frozen plans; vehicles that are not ours to steer have no plan."""
    energy = np.zeros(problem.n_pieces)
    starts = problem.grid.piece_starts_ms
    for load in problem.fixed:
        if load.session.vehicle.controllable:
            inside = (starts >= load.start_ms) & (starts < load.end_ms)
            energy += np.where(inside, load.power_kw * problem.hours, 0.0)
    return energy


def site_totals(problem: PlanningProblem, energy_kwh: Floats, loads_kw: Floats) -> SiteTotals:
    """Peak, energy, money and carbon over the planned time; energy and money are the charging's alone."""
    planned = planned_kwh(problem, energy_kwh)
    carbon = float(planned @ problem.carbon_kg_per_kwh) if problem.site.carbon_g_per_kwh else None
    return SiteTotals(
        peak_kw=float(loads_kw.max()),
        energy_kwh=float(planned.sum()) * problem.ac_per_dc,
        energy_cost=float(planned @ problem.price_per_kwh),
        demand_cost=demand_cost(problem, loads_kw),
        carbon_kg=carbon,
    )


def demand_cost(problem: PlanningProblem, loads_kw: Floats) -> float:
    """Money for the rise of the peak over the one already billed."""
    demand = problem.demand
    if demand is None or not demand.counts.any():
        return 0.0
    return demand.price_per_kw * max(0.0, float(loads_kw[demand.counts].max()) - demand.floor_kw)


def strategy_value(
    problem: PlanningProblem, strategy: Strategy, segments: Segments, totals: SiteTotals
) -> float:
    """What the strategy's own stage is worth: currency, kW, kWh x h, or kg."""
    match strategy:
        case Strategy.COST:
            return totals.energy_cost + totals.demand_cost
        case Strategy.PEAK_SUPPRESSION:
            return totals.peak_kw
        case Strategy.ASAP:
            middle_ms = (segments.start_ms + segments.end_ms) / 2 - problem.grid.piece_edges_ms[0]
            return float(segments.energy_kwh @ middle_ms) / MS_PER_HOUR
        case Strategy.CARBON:
            return totals.carbon_kg or 0.0


def site_slots(problem: PlanningProblem, loads_kw: Floats, cap_value_per_kw: Floats | None) -> SiteSlots:
    """One row per clock slot. `cap_value_per_kw` is what a kW of site cap is worth in each slot, if known.

    Base load, cap and price of a slot in which they change are those at its start.
    """
    grid, site = problem.grid, problem.site
    first = grid.first_piece_of_slot
    starts = grid.slot_edges_ms[:-1]
    return SiteSlots(
        start_ms=starts,
        end_ms=grid.slot_edges_ms[1:],
        load_kw=np.maximum.reduceat(loads_kw, first),
        base_load_kw=site.base_load_kw.at(starts),
        power_cap_kw=site.power_cap_kw.at(starts),
        price_per_kwh=site.price_per_kwh.at(starts),
        cap_value_per_kw=np.full(starts.size, np.nan) if cap_value_per_kw is None else cap_value_per_kw,
    )


def churn(problem: PlanningProblem, energy_kwh: Floats) -> float:
    """Energy moved between slots against the running plans, over all energy planned.

    What is only more or less than before, because a need has changed, is not moved.
    """
    running = problem.running_kwh
    if running is None:
        return 0.0
    rows = np.flatnonzero(np.isfinite(running))
    slot_of_piece = (
        np.searchsorted(problem.grid.first_piece_of_slot, np.arange(problem.n_pieces), "right") - 1
    )
    n_slots = problem.grid.slot_edges_ms.size - 1
    place = problem.cell_session[rows] * n_slots + slot_of_piece[problem.cells.piece[rows]]
    places, at = np.unique(place, return_inverse=True)
    change = np.bincount(at, energy_kwh[rows] - running[rows], minlength=places.size)
    session = places // n_slots
    more = np.bincount(session, np.maximum(change, 0.0), minlength=problem.n_sessions)
    less = np.bincount(session, np.maximum(-change, 0.0), minlength=problem.n_sessions)
    planned = float(energy_kwh.sum())
    return float(np.minimum(more, less).sum()) / planned if planned > 0.0 else 0.0
