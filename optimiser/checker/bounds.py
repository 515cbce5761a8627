"""The bound that prices prove, with every input taken from the request and the segments alone.

Notation of the docstrings: session i, piece j of h_j hours, energy e_ij on the DC side, prices lambda of
the shared limits and nu of the peak, r the AC/DC ratio.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Cells, cheapest_alone, fewest_short, least_missing
from optimiser.checker.breach import FIGURE, REACHED_SOC
from optimiser.checker.facts import Facts, Flags, Index
from optimiser.checker.figures import GRAMS_PER_KG
from optimiser.checker.loads import SITE, Loads, energy_between, room_kwh
from optimiser.checker.prices import CertificateError, Prices
from optimiser.checker.shortfalls import missing_kwh
from optimiser.checker.stages import (
    MISSING_MINIMUM,
    MISSING_TARGET,
    count_stages,
    hours_until_middle,
    missing_minimum_kwh,
)
from optimiser.checker.steps import integral_over
from optimiser.curve_rows import CurveRows, curve_lines
from optimiser.domain import Strategy
from optimiser.runs import unbroken_alone
from optimiser.series import Floats, Instants, StepSeries
from optimiser.units import MS_PER_HOUR


@dataclass(frozen=True, eq=False, slots=True)
class Peak:
    """What a kW of peak costs, above what, and which pieces it is measured in."""

    price_per_kw: float
    billed_kw: float
    counts: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Market:
    """One stage in its pieces: prices, neighbours with equal prices joined, since those decide alike."""

    edges_ms: Instants
    prices: Prices
    own_per_kwh: Floats

    @property
    def hours(self) -> Floats:
        """Length of each piece."""
        hours: Floats = np.diff(self.edges_ms) / MS_PER_HOUR
        return hours


def lower_bound(facts: Facts, loads: Loads, stage: str, edges_ms: Instants, prices: Prices) -> float:
    """The least that any plan can have for a stage, as far as these prices prove it."""
    if stage in (MISSING_MINIMUM, MISSING_TARGET):
        return _missing_bound(facts, loads, stage, edges_ms, prices)
    if stage in count_stages(facts):
        return _count_bound(facts, loads, count_stages(facts)[stage], edges_ms, prices)
    return _delivery_bound(facts, loads, stage, edges_ms, prices)


def _missing_bound(facts: Facts, loads: Loads, stage: str, edges_ms: Instants, prices: Prices) -> float:
    """Sum_i min over e of (need_i - sum_j e_ij + sum_j lambda_j e_ij) - sum_j lambda_j R_j."""
    columns = facts.columns
    floor = columns.target_soc
    floor = np.minimum(columns.minimum_soc, floor) if stage == MISSING_MINIMUM else floor
    need = np.maximum(0.0, floor - columns.soc) * columns.capacity_kwh
    given = missing_minimum_kwh(facts) if stage == MISSING_MINIMUM else missing_kwh(facts)
    nothing = np.zeros(edges_ms.size - 1)
    market = _market(edges_ms, Prices(prices.of_limit, nothing, prices.of_curves), nothing)
    cells = _cells(facts, market)
    rows = _curve_rows(facts, market, cells)
    alone = need
    if cells.piece.size:
        price = _path_price(facts, loads, market, cells) + _curve_cost(facts, market, cells, rows)
        alone = least_missing(cells, price, need)
    least = np.where(columns.frozen, given, alone).sum()
    return float(least - _value_of_room(facts, loads, market) - _value_of_curves(market, rows))


def _count_bound(facts: Facts, loads: Loads, short: list[int], edges_ms: Instants, prices: Prices) -> float:
    """Sum_i min over e of (1 - part of i served + sum_j lambda_j e_ij) - sum_j lambda_j R_j, rounded up.

    Among plans that give higher priorities what this one does, and everybody as much below the minimum.
    """
    columns = facts.columns
    priority = np.array([session.priority for session in facts.plan.sessions])
    own = priority[short[0]]
    floor = _kept_kwh(facts, priority > own)
    enough = (columns.target_soc - columns.soc - REACHED_SOC) * columns.capacity_kwh
    nothing = np.zeros(edges_ms.size - 1)
    market = _market(edges_ms, Prices(prices.of_limit, nothing), nothing)
    cells = _cells(facts, market)
    price = _path_price(facts, loads, market, cells) if cells.piece.size else np.zeros(0)
    counted = (priority == own) & (enough > floor) & ~columns.frozen
    alone = fewest_short(cells, price, counted, floor, enough)
    frozen = columns.frozen[short].sum()
    return float(np.ceil(alone.sum() + frozen - _value_of_room(facts, loads, market) - FIGURE))


def _kept_kwh(facts: Facts, higher: Flags) -> Floats:
    """What a count takes as given: all that higher ones get, what is below the minimum of the others."""
    columns = facts.columns
    ours = np.add.reduceat(_ours_kwh(facts), facts.segments.first[:-1])
    below = np.minimum(columns.minimum_soc, columns.target_soc) - columns.soc
    kept: Floats = np.where(higher, ours, np.minimum(ours, np.maximum(0.0, below) * columns.capacity_kwh))
    return kept


def _delivery_bound(facts: Facts, loads: Loads, stage: str, edges_ms: Instants, prices: Prices) -> float:
    """Sum_i min over e of sum_j (c_j + lambda_j + nu_j) e_ij - sum_j (lambda_j R_j + nu_j r P_j).

    Over e with sum_j e_ij as delivered; P_j is what the billed peak leaves in the piece. This holds
    while sum_j nu_j r h_j is at most the price of the peak, and nu is scaled down until it is.
    """
    peak = _peak(facts, stage, edges_ms)
    scaled = Prices(prices.of_limit, _scaled(facts, prices.peak, peak, edges_ms), prices.of_curves)
    market = _market(edges_ms, scaled, _own_per_kwh(facts, stage, edges_ms))
    cells = _cells(facts, market)
    energy = np.add.reduceat(_ours_kwh(facts), facts.segments.first[:-1])
    alone = 0.0
    if cells.piece.size:
        relaxed = cheapest_alone(cells, _per_kwh(facts, loads, stage, market, cells), energy)
        whole = Market(edges_ms, scaled, _own_per_kwh(facts, stage, edges_ms))
        alone = _raised_to_runs(facts, loads, stage, whole, energy, relaxed).sum()
    fixed = _cost_of_fixed(facts, stage)
    curves = _value_of_curves(market, _curve_rows(facts, market, cells))
    billed = _value_of_billed(facts, loads, market, peak)
    return float(fixed + alone - _value_of_room(facts, loads, market) - billed - curves)


def _per_kwh(facts: Facts, loads: Loads, stage: str, market: Market, cells: Cells) -> Floats:
    """What a DC kWh costs in each cell with all prices on it."""
    own = _own_cost(facts, stage, market, cells) + market.prices.peak[cells.piece]
    curves = _curve_cost(facts, market, cells, _curve_rows(facts, market, cells))
    per_kwh: Floats = own + _path_price(facts, loads, market, cells) + curves
    return per_kwh


def _curve_rows(facts: Facts, market: Market, cells: Cells) -> CurveRows | None:
    """The rows of charging curves that have a price: energy against what went in before (`CurveRows`)."""
    of_curves = market.prices.of_curves
    if of_curves.size == 0:
        return None
    session, line, piece = of_curves[:, :3].astype(np.intp).T
    first = cells.first_cell[session]
    cell = first + piece - cells.first_piece[session]
    lines = {int(i): curve_lines(facts.plan.sessions[i]) for i in np.unique(session)}
    known = [line[k] < len(lines[int(i)]) for k, i in enumerate(session)]
    if not all(known) or (cell < first).any() or (cell >= cells.first_cell[session + 1]).any():
        raise CertificateError("curves: a price outside its session's window or lines")
    limits = [lines[int(i)][line[k]] for k, i in enumerate(session)]
    return CurveRows(cell, line, np.array([s for _, s in limits]), np.array([kw for kw, _ in limits]))


def _curve_cost(facts: Facts, market: Market, cells: Cells, rows: CurveRows | None) -> Floats:
    if rows is None:
        return np.zeros(cells.piece.size)
    return rows.cost_of_cells(cells, market.hours[cells.piece], market.prices.of_curves[:, 3])


def _value_of_curves(market: Market, rows: CurveRows | None) -> float:
    return 0.0 if rows is None else float(market.prices.of_curves[:, 3] @ rows.limit_kw)


def _raised_to_runs(
    facts: Facts, loads: Loads, stage: str, market: Market, energy: Floats, relaxed: Floats
) -> Floats:
    """The relaxed cost of each session; of its cheapest unbroken run where it must not pause.

    Runs begin at pieces, so the market's pieces must be all of them.
    """
    columns = facts.columns
    one_run = ~columns.pausable | (facts.request.max_pauses == 0)
    unbroken = np.flatnonzero(one_run & ~columns.frozen & ~columns.curved & (energy > 0.0))
    if unbroken.size == 0:
        return relaxed
    cells = _cells(facts, market)
    most, least = _most_kw(facts)[cells.session], columns.min_kw[cells.session]
    low = cells.upper_kwh * np.divide(least, most, out=np.zeros_like(most), where=most > 0.0)
    per_kwh = _per_kwh(facts, loads, stage, market, cells)
    return unbroken_alone(cells, per_kwh, low, energy, unbroken, relaxed)


def _ours_kwh(facts: Facts) -> Floats:
    """Charging that is not frozen, per row."""
    return np.where(facts.of_row(facts.columns.frozen), 0.0, facts.charge_kwh)


def _peak(facts: Facts, stage: str, edges_ms: Instants) -> Peak:
    everywhere, nowhere = np.ones(edges_ms.size - 1), np.zeros(edges_ms.size - 1)
    charge = facts.request.site.demand_charge
    if stage == Strategy.PEAK_SUPPRESSION:
        return Peak(1.0, 0.0, everywhere)
    if stage != Strategy.COST or charge is None:
        return Peak(0.0, 0.0, nowhere)
    inside = [(edges_ms[:-1] >= w.start_ms) & (edges_ms[1:] <= w.end_ms) for w in charge.windows]
    counts = np.any(inside, axis=0).astype(np.float64) if inside else everywhere
    return Peak(charge.price_per_kw, charge.billed_peak_kw, counts)


def _scaled(facts: Facts, nu: Floats, peak: Peak, edges_ms: Instants) -> Floats:
    counted = nu * peak.counts
    hours = np.diff(edges_ms) / MS_PER_HOUR
    spent = float(np.dot(counted, hours)) * facts.request.site.ac_dc_power_ratio
    scaled: Floats = counted * (peak.price_per_kw / spent if spent > peak.price_per_kw else 1.0)
    return scaled


def _own_per_kwh(facts: Facts, stage: str, edges_ms: Instants) -> Floats:
    """c_j: what a DC kWh costs in each piece before any price; asap is told apart by its number."""
    if stage == Strategy.ASAP:
        return np.arange(edges_ms.size - 1, dtype=np.float64)
    series = _priced_by(facts, stage)
    if series is None:
        return np.zeros(edges_ms.size - 1)
    per_kwh: Floats = series.at(edges_ms[:-1]) * _per_dc_kwh(facts, stage)
    return per_kwh


def _priced_by(facts: Facts, stage: str) -> StepSeries | None:
    return {Strategy.COST.value: facts.price, Strategy.CARBON.value: facts.carbon}.get(stage)


def _per_dc_kwh(facts: Facts, stage: str) -> float:
    unit = GRAMS_PER_KG if stage == Strategy.CARBON else 1.0
    return 1.0 / (facts.request.site.ac_dc_power_ratio * unit)


def _market(edges_ms: Instants, prices: Prices, own: Floats) -> Market:
    """The pieces as they are where curves are priced piece by piece, else joined."""
    if prices.of_curves.size:
        return Market(edges_ms, prices, own)
    return _joined(edges_ms, prices, own)


def _joined(edges_ms: Instants, prices: Prices, own: Floats) -> Market:
    """Neighbouring pieces with equal prices as one: the bound is the same, the cells are fewer."""
    columns = np.stack([own, prices.peak, *prices.of_limit.values()])
    breaks = np.append(True, (np.diff(columns, axis=1) != 0).any(axis=0))
    of_limit = {limit: price[breaks] for limit, price in prices.of_limit.items()}
    edges = np.append(edges_ms[:-1][breaks], edges_ms[-1])
    return Market(edges, Prices(of_limit, prices.peak[breaks]), own[breaks])


def _cells(facts: Facts, market: Market) -> Cells:
    """0 <= e_ij <= the most that i can take x the hours of j in which it may charge."""
    start, until = facts.columns.begin_ms, np.minimum(facts.columns.charge_until_ms, facts.end_ms)
    first = np.searchsorted(market.edges_ms, start, side="right") - 1
    count = np.maximum(0, np.searchsorted(market.edges_ms, until, side="left") - first)
    count = np.where(facts.columns.frozen | (until <= start), 0, count)
    first_cell = np.concatenate([[0], np.cumsum(count)])
    session = np.repeat(np.arange(count.size), count)
    piece = first[session] + np.arange(session.size) - first_cell[session]
    left, right = np.maximum(market.edges_ms[piece], start[session]), market.edges_ms[piece + 1]
    hours = (np.minimum(right, until[session]) - left) / MS_PER_HOUR
    return Cells(first_cell, first, piece, _most_kw(facts)[session] * hours)


def _most_kw(facts: Facts) -> Floats:
    """Largest power that a session can have anywhere; 0 where its least power is over it everywhere."""
    columns, way = facts.columns, (facts.columns.soc, np.maximum(facts.columns.soc, facts.columns.target_soc))
    most = np.minimum(columns.max_kw, facts.curves.most_between(*way))
    least = np.minimum(columns.min_kw, facts.curves.least_between(*way))
    return np.where(least > columns.max_kw, 0.0, most)


def _own_cost(facts: Facts, stage: str, market: Market, cells: Cells) -> Floats:
    if stage != Strategy.ASAP:
        return market.own_per_kwh[cells.piece]
    session = cells.session
    left = np.maximum(market.edges_ms[cells.piece], facts.columns.begin_ms[session])
    right = np.minimum(market.edges_ms[cells.piece + 1], facts.columns.charge_until_ms[session])
    hours: Floats = ((left + right) / 2 - facts.request.now_ms) / MS_PER_HOUR
    return hours


def _path_price(facts: Facts, loads: Loads, market: Market, cells: Cells) -> Floats:
    """Sum of the prices of all limits on a session's path, per cell."""
    priced = market.prices.of_limit
    paths = [loads.limits.path(session.station_id) for session in facts.plan.sessions]
    keys = [tuple(limit for limit in path if limit in priced) for path in paths]
    number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    nothing = np.zeros(market.edges_ms.size - 1)
    table = np.array([sum((priced[limit] for limit in key), nothing) for key in number])
    path_of: Index = np.array([number[key] for key in keys], dtype=np.intp)
    price: Floats = table[path_of[cells.session], cells.piece]
    return price


def _value_of_room(facts: Facts, loads: Loads, market: Market) -> float:
    """Sum of lambda_j R_j, the room on the DC side."""
    limits = np.array(list(market.prices.of_limit), dtype=np.intp)
    per_dc = loads.limits.per_dc_kw(limits)
    worth: float = sum(
        float(np.dot(market.prices.of_limit[int(limit)], room_kwh(loads, int(limit), market.edges_ms))) / side
        for limit, side in zip(limits, per_dc, strict=True)
    )
    return worth


def _value_of_billed(facts: Facts, loads: Loads, market: Market, peak: Peak) -> float:
    """Sum of nu_j r (h_j billed - base and fixed load)."""
    rows = loads.of(SITE)
    fixed_kw = loads.total_kw[rows] - loads.charging_kw[rows]
    left_kwh = market.hours * peak.billed_kw - energy_between(loads, SITE, fixed_kw, market.edges_ms)
    return float(np.dot(market.prices.peak, left_kwh)) * facts.request.site.ac_dc_power_ratio


def _cost_of_fixed(facts: Facts, stage: str) -> float:
    """What frozen plans and preconditioning add to a stage, whatever is planned."""
    fixed_kwh = facts.energy_kwh - _ours_kwh(facts)
    if stage == Strategy.ASAP:
        return float(np.dot(fixed_kwh, hours_until_middle(facts)))
    series = _priced_by(facts, stage)
    if series is None:
        return 0.0
    areas = integral_over(series, facts.segments.start_ms, facts.segments.end_ms)
    return float(np.dot(fixed_kwh / facts.hours, areas)) * _per_dc_kwh(facts, stage)
