"""What more site cap is worth where the peak costs money: the least optimal price, by a small programme.

Under a demand charge, room in one piece may let the peak of all others fall, so pieces are no longer worth
something each for itself. The optimal prices are those that fit the plan (complementary slackness): p[j] is
what a kWh in piece j costs with the prices of cap and peak, p[k] <= p[j] where energy can move from k to j,
p[j] is the bare cost where neither cap nor peak is reached, and the prices of the peak add up to what a kW
of it costs. Pieces that can exchange energy both ways share one price, so the programme stays small.
"""

from dataclasses import dataclass

import numpy as np

from optimiser.certificate import Index
from optimiser.engines.base import Objective
from optimiser.limits import Flags
from optimiser.network import Network
from optimiser.problem import PeakCharge, PlanningProblem
from optimiser.programme import LimitRows, LinearProgramme
from optimiser.series import Floats

# Which piece reaches which is a square of the pieces: beyond this it is not worked out.
MOST_PIECES = 1_500
ROUNDING_KW = 1e-5
_BITS = 64


@dataclass(frozen=True, eq=False, slots=True)
class _Prices:
    """What the optimal prices are made of. `group` is the class of pieces with one price of each piece."""

    cost: Floats
    kwh_per_kw: Floats
    capped: Flags
    peaked: Flags
    group: Index
    before: Flags
    budget: tuple[float, float]

    @property
    def n_groups(self) -> int:
        """Number of classes."""
        return len(self.before)

    @property
    def peak_columns(self) -> Index:
        """The pieces at the peak; their prices are the columns after those of the classes."""
        return np.flatnonzero(self.peaked)


def peak_pieces(problem: PlanningProblem, energy_kwh: Floats, peak: PeakCharge) -> Flags:
    """Where the load is at the peak that is paid for."""
    load_kw = problem.load_kw(energy_kwh)
    return peak.counts & (load_kw >= _paid_peak_kw(load_kw, peak) - ROUNDING_KW)


def _paid_peak_kw(load_kw: Floats, peak: PeakCharge) -> float:
    return max(peak.floor_kw, float(load_kw[peak.counts].max(initial=-np.inf)))


def slot_values_under_peak(
    problem: PlanningProblem, network: Network, energy_kwh: Floats, objective: Objective, wanted: Flags
) -> Floats:
    """Saving per kW of site cap in each slot that is wanted, 0 in the others; NaN if too many pieces."""
    values = np.zeros(wanted.size)
    if problem.n_pieces > MOST_PIECES:
        return np.where(wanted, np.nan, values)
    prices = _make_prices(problem, network, energy_kwh, objective)
    slots = np.flatnonzero(wanted)
    values[slots] = _least(prices, _pieces_of_slots(problem, slots))
    return values


def _pieces_of_slots(problem: PlanningProblem, slots: Index) -> list[Index]:
    """The pieces of each slot whose cap can be raised to any use."""
    first = np.append(problem.grid.first_piece_of_slot, problem.n_pieces)
    useful = ~problem.limits[0].overloaded
    spans = [np.arange(first[slot], first[slot + 1]) for slot in slots]
    return [span[useful[span]] for span in spans]


def _make_prices(
    problem: PlanningProblem, network: Network, energy_kwh: Floats, objective: Objective
) -> _Prices:
    peak = objective.peak
    if peak is None:
        raise ValueError("the objective has no peak")
    reach = _reach(problem, network)
    group, before = _classes(reach)
    load_kw = problem.load_kw(energy_kwh)
    rising = _paid_peak_kw(load_kw, peak) > peak.floor_kw + ROUNDING_KW
    return _Prices(
        cost=objective.cost_per_kwh,
        kwh_per_kw=problem.kwh_per_kw,
        capped=~network.open[0],
        peaked=peak_pieces(problem, energy_kwh, peak),
        group=group,
        before=before,
        budget=(peak.price_per_kw if rising else -np.inf, peak.price_per_kw),
    )


def _reach(problem: PlanningProblem, network: Network) -> Flags:
    """`[k, j]`: whether energy can move from piece k to piece j. Sources go 64 at a time, a bit each."""
    n = problem.n_pieces
    reach = np.eye(n, dtype=bool)
    for first in range(0, n, _BITS):
        sources = np.arange(first, min(first + _BITS, n))
        marks = np.zeros(n, dtype=np.uint64)
        marks[sources] = np.uint64(1) << np.arange(sources.size, dtype=np.uint64)
        found = network.between_pieces(marks, np.bitwise_or)
        reach[sources] |= (found[None, :] & marks[sources][:, None]) != 0
    return reach


def _classes(reach: Flags) -> tuple[Index, Flags]:
    """Classes of pieces that reach each other, and which class is right before which, no detours kept."""
    first, group = np.unique((reach & reach.T).argmax(axis=0), return_inverse=True)
    between = reach[np.ix_(first, first)] & ~np.eye(first.size, dtype=bool)
    detour = (between.astype(np.float32) @ between.astype(np.float32)) > 0.0
    return group, between & ~detour


def _least(prices: _Prices, pieces_of_slots: list[Index]) -> Floats:
    """The least worth of each slot's cap over all optimal prices; NaN where rounding leaves none."""
    from optimiser.engines.minima import minima  # loads HiGHS, which not every plan needs

    costs, constants = [], []
    for pieces in pieces_of_slots:
        capped = pieces[prices.capped[pieces]]
        costs.append(_worth(prices, capped))
        constants.append(prices.kwh_per_kw[capped] @ prices.cost[capped])
    least = minima(_programme(prices), costs)
    return np.maximum(least - np.array(constants), 0.0)


def _worth(prices: _Prices, capped: Index) -> Floats:
    """The columns' weights in what a kW of cap is worth in these pieces, but for the bare cost."""
    weight = np.zeros(prices.n_groups + prices.peak_columns.size)
    np.add.at(weight, prices.group[capped], prices.kwh_per_kw[capped])
    both = capped[prices.peaked[capped]]
    weight[prices.n_groups + np.searchsorted(prices.peak_columns, both)] = -prices.kwh_per_kw[both]
    return weight


def _programme(prices: _Prices) -> LinearProgramme:
    """Columns: a price per class, then the price of the peak in each piece at it.

    Rows: classes in their order, then the peak's prices within their pieces', then what they add up to.
    """
    earlier, later = np.nonzero(prices.before)
    peak, n_before = prices.peak_columns, earlier.size
    lower, upper = _class_bounds(prices)
    peak_columns = prices.n_groups + np.arange(peak.size)
    order_rows, peak_rows = np.arange(n_before), n_before + np.arange(peak.size)
    budget_row = np.full(peak.size, n_before + peak.size)
    rows = [order_rows, order_rows, peak_rows, peak_rows, budget_row]
    columns = [earlier, later, prices.group[peak], peak_columns, peak_columns]
    ones, each = np.ones(n_before), np.ones(peak.size)
    values = [ones, -ones, each, -each, prices.kwh_per_kw[peak]]
    highest = np.where(prices.capped[peak], np.inf, prices.cost[peak])
    nothing = np.zeros(0, dtype=np.intp)
    return LinearProgramme(
        cost=np.zeros(prices.n_groups + peak.size),
        lower=np.concatenate([lower, np.zeros(peak.size)]),
        upper=np.concatenate([upper, np.full(peak.size, np.inf)]),
        row_lower=np.concatenate([np.full(n_before, -np.inf), prices.cost[peak], prices.budget[:1]]),
        row_upper=np.concatenate([np.zeros(n_before), highest, prices.budget[1:]]),
        entry_row=np.concatenate(rows).astype(np.intp),
        entry_column=np.concatenate(columns).astype(np.intp),
        entry_value=np.concatenate(values),
        limit_rows=LimitRows(nothing, nothing),
        peak_pieces=nothing,
        first_curve_row=n_before + peak.size + 1,
    )


def _class_bounds(prices: _Prices) -> tuple[Floats, Floats]:
    """A class costs at least what its dearest piece does, and just that with a piece that has no price."""
    lower = np.full(prices.n_groups, -np.inf)
    np.maximum.at(lower, prices.group, prices.cost)
    bare = ~prices.capped & ~prices.peaked
    upper = np.full(prices.n_groups, np.inf)
    upper[prices.group[bare]] = lower[prices.group[bare]]
    return lower, upper
