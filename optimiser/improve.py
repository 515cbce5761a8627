"""Better plans by deciding a few vehicles anew at a time, while a plan is away from its bound.

The distance to the bound is a sum over vehicles: what each pays at the relaxation's prices above the
least it could pay alone. Whoever pays most above it is decided anew first, together with those who
charge where the prices say that room is scarce in its window. Rounds, nodes and sizes are counted, so
the same plan comes out on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimiser.bounds import strategy_bound
from optimiser.certificate import Index, cheapest_alone
from optimiser.delivery import cell_prices
from optimiser.engines.base import Objective, Prices
from optimiser.pattern import run_power_kw
from optimiser.problem import PlanningProblem
from optimiser.repair_milp import Neighbourhood, drawn_kwh, missing_price, repaired
from optimiser.runs import unbroken_alone
from optimiser.series import Floats

ROUNDS = 24
MAX_NODES = 60
FREE_CELLS = 260
FLEXIBLE_CELLS = 900
# All at once where a depot is this small: then the answer is the best there is.
WHOLE_CELLS = 260
WHOLE_NODES = 400
# Nearer than this to the bound, relative to the value, nothing more is tried.
NEAR = 1e-3
NEGLIGIBLE_KWH = 1e-6


@dataclass(frozen=True, slots=True)
class Merit:
    """What a plan is judged by, in this order."""

    below_minimum_kwh: float
    missing_kwh: float
    value: float

    def beats(self, other: "Merit") -> bool:
        """Less missing below the minimum, then below what is wanted, then cheaper."""
        for own, others in (
            (self.below_minimum_kwh, other.below_minimum_kwh),
            (self.missing_kwh, other.missing_kwh),
        ):
            if abs(own - others) > NEGLIGIBLE_KWH:
                return own < others
        return self.value < other.value - 1e-7 * max(1.0, abs(other.value))


@dataclass(frozen=True, eq=False, slots=True)
class Improvement:
    """What stays the same while a plan is improved."""

    problem: PlanningProblem
    objective: Objective
    prices: Prices
    wanted_kwh: Floats

    def improved(self, energy_kwh: Floats) -> Floats:
        """The plan after all rounds that helped; never a worse one."""
        best = self.merit(energy_kwh)
        tried: set[tuple[int, ...]] = set()
        for _ in range(ROUNDS):
            if self.is_near(energy_kwh, best):
                break
            around = next((n for n in self._neighbourhoods(energy_kwh) if tuple(n.free) not in tried), None)
            if around is None:
                break
            tried.add(tuple(around.free))
            trial = self._repaired(energy_kwh, around)
            merit = None if trial is None else self.merit(trial)
            if trial is not None and merit is not None and merit.beats(best):
                energy_kwh, best = trial, merit
                tried.clear()
        return energy_kwh

    def merit(self, energy_kwh: Floats) -> Merit:
        """The figures of a plan that keeps all rules."""
        got = self.problem.delivered_kwh(energy_kwh)
        below = float(np.maximum(self.problem.minimum_need_kwh - got, 0.0).sum())
        missing = float(np.maximum(self.problem.need_kwh - got, 0.0).sum())
        return Merit(below, missing, self.value(energy_kwh))

    def value(self, energy_kwh: Floats) -> float:
        """Cost of the energies, and of the peak that they make."""
        problem, peak = self.problem, self.objective.peak
        cost = float(energy_kwh @ self.objective.cost_per_kwh[problem.cells.piece])
        if peak is None:
            return cost
        low = run_power_kw(problem)[problem.cell_session] * problem.cell_hours
        load_kw = problem.load_kw(drawn_kwh(energy_kwh, low))[peak.counts]
        return cost + peak.price_per_kw * max(0.0, float(load_kw.max(initial=0.0)) - peak.floor_kw)

    def is_near(self, energy_kwh: Floats, merit: Merit) -> bool:
        """Whether nothing is missing of what is wanted, and the value is close to its bound."""
        got = self.problem.delivered_kwh(energy_kwh)
        if np.maximum(self.wanted_kwh - got, 0.0).sum() > 1e-3:
            return False
        bound = strategy_bound(self.problem, got, self.objective, self.prices)
        return merit.value - bound <= NEAR * max(1.0, abs(merit.value))

    def _repaired(self, energy_kwh: Floats, around: Neighbourhood) -> Floats | None:
        whole = around.free.size == self._movable().size
        nodes = WHOLE_NODES if whole else MAX_NODES
        return repaired(self.problem, self.objective, self.wanted_kwh, energy_kwh, around, nodes)

    # -- whom to decide anew -------------------------------------------------------------------

    def _movable(self) -> Index:
        """Sessions that want energy and have no charging curve, which whole numbers do not know."""
        curved = np.array([s.vehicle.charging_curve is not None for s in self.problem.sessions])
        return np.flatnonzero((self.wanted_kwh > NEGLIGIBLE_KWH) & ~curved)

    def _neighbourhoods(self, energy_kwh: Floats) -> Iterator[Neighbourhood]:
        """All at once if that is little; else around each session, from whoever pays most too much."""
        movable = self._movable()
        count = np.diff(self.problem.cells.first_cell)
        if count[movable].sum() <= WHOLE_CELLS:
            yield Neighbourhood(movable, np.zeros(0, dtype=np.intp))
            return
        for seed in self._by_regret(energy_kwh, movable):
            others = self._by_closeness(energy_kwh, int(seed), movable)
            ranked = np.concatenate([[seed], others])
            n_free = max(1, int(np.searchsorted(np.cumsum(count[ranked]), FREE_CELLS, "right")))
            rest = ranked[n_free:]
            used = self._used_cells(energy_kwh)[rest]
            yield Neighbourhood(
                np.sort(ranked[:n_free]),
                np.sort(rest[: int(np.searchsorted(np.cumsum(used), FLEXIBLE_CELLS, "right"))]),
            )

    def _used_cells(self, energy_kwh: Floats) -> Index:
        used = np.bincount(
            self.problem.cell_session, energy_kwh > NEGLIGIBLE_KWH, minlength=self.problem.n_sessions
        )
        return used.astype(np.intp)

    def _by_regret(self, energy_kwh: Floats, movable: Index) -> Index:
        """Sessions by what they pay above the least they could pay alone, missing energy included."""
        problem = self.problem
        cost = cell_prices(problem, self.prices, self.objective.cost_per_kwh)
        got = problem.delivered_kwh(energy_kwh)
        alone = cheapest_alone(problem.cells, cost, got)
        unbroken = np.flatnonzero(~problem.pausable & (got > 0.0))
        low = problem.min_power_kw[problem.cell_session] * problem.cell_hours
        alone = unbroken_alone(problem.cells, cost, low, got, unbroken, alone)
        missing = np.maximum(self.wanted_kwh - got, 0.0) * missing_price(problem, self.objective)
        regret = problem.delivered_kwh(energy_kwh * cost) - alone + missing
        return movable[np.lexsort((movable, -np.round(regret[movable], 9)))]

    def _by_closeness(self, energy_kwh: Floats, seed: int, movable: Index) -> Index:
        """Others by the energy that they charge in the seed's window, scarce room counting most."""
        problem = self.problem
        scarce = cell_prices(problem, self.prices, np.zeros(problem.n_pieces))
        own = slice(int(problem.cells.first_cell[seed]), int(problem.cells.first_cell[seed + 1]))
        window = np.zeros(problem.n_pieces, dtype=bool)
        window[problem.cells.piece[own]] = True
        weight = np.where(window[problem.cells.piece], scarce + scarce.mean() + 1e-3, 0.0)
        score = problem.delivered_kwh(energy_kwh * weight)
        others = movable[movable != seed]
        nearest: Index = others[np.lexsort((others, -np.round(score[others], 9)))]
        return nearest
