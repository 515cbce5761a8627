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
from optimiser.cuts import cell_prices
from optimiser.engines.base import Objective, Prices
from optimiser.limits import Flags
from optimiser.merit import NEGLIGIBLE_KWH, Merit, missing_price, value_of
from optimiser.neighbourhood import Effort, Neighbourhood, Trial
from optimiser.problem import PlanningProblem
from optimiser.ruled_runs import keeps_runs
from optimiser.runs import unbroken_alone
from optimiser.series import Floats
from optimiser.taper import follow_curves

ROUNDS = 24
FAILURES = 4  # in a row, at the cost alone
FAILURES_WHILE_SHORT = 10
MAX_NODES = 50
FREE_CELLS = 80
FLEXIBLE_CELLS = 300
# All at once where a depot is this small: then the answer is the best there is.
WHOLE_CELLS = 100
WHOLE_NODES = 400
# Nearer than this to the bound, relative to the value, nothing more is tried.
NEAR = 2e-3
SHORT_KWH = 1e-3


@dataclass(frozen=True, eq=False, slots=True)
class Improvement:
    """What stays the same while a plan is improved."""

    problem: PlanningProblem
    objective: Objective
    prices: Prices
    wanted_kwh: Floats
    trial: Trial | None = None

    def improved(self, energy_kwh: Floats) -> Floats:
        """The plan after all rounds that helped; never a worse one."""
        energy_kwh = follow_curves(self.problem, energy_kwh, self.wanted_kwh)
        best = self.merit(energy_kwh)
        tried: set[tuple[int, ...]] = set()
        for _ in range(ROUNDS):
            if len(tried) >= self._patience(best) or self.is_near(energy_kwh, best) or self._is_used_up():
                break
            around = next(
                (n for n in self._neighbourhoods(energy_kwh) if n.free.size and tuple(n.free) not in tried),
                None,
            )
            if around is None:
                break
            tried.add(tuple(around.free))
            trial = self._repaired(energy_kwh, around, best)
            merit = None if trial is None else self.merit(trial)
            if trial is not None and merit is not None and merit.beats(best):
                energy_kwh, best = trial, merit
                tried.clear()
        return energy_kwh

    def _patience(self, merit: Merit) -> int:
        """Trials without success after which no more are made."""
        short = self._missing_kwh(merit) > SHORT_KWH
        return FAILURES_WHILE_SHORT if short and self.trial is None else FAILURES

    def _is_used_up(self) -> bool:
        return self.trial is not None and self.trial.exact_steps <= 0

    def merit(self, energy_kwh: Floats) -> Merit:
        """The figures of a plan that keeps all rules."""
        got = self.problem.delivered_kwh(energy_kwh)
        below = float(np.maximum(self.problem.minimum_need_kwh - got, 0.0).sum())
        missing = float(np.maximum(self.problem.need_kwh - got, 0.0).sum())
        return Merit(below, missing, value_of(self.problem, self.objective, energy_kwh))

    def is_near(self, energy_kwh: Floats, merit: Merit) -> bool:
        """Whether no more is missing than was decided, and the value is close to its bound."""
        if self._missing_kwh(merit) > SHORT_KWH:
            return False
        if self.trial is not None:
            return True
        got = self.problem.delivered_kwh(energy_kwh)
        return self._above_bound(got, merit) <= NEAR * max(1.0, abs(merit.value))

    def leaves_short(self, energy_kwh: Floats) -> bool:
        """Whether more is missing than was decided."""
        return self._missing_kwh(self.merit(energy_kwh)) > SHORT_KWH

    def better(self, energy_kwh: Floats, other_kwh: Floats) -> Floats:
        """The better of two plans, the first of equals."""
        return other_kwh if self.merit(other_kwh).beats(self.merit(energy_kwh)) else energy_kwh

    def _missing_kwh(self, merit: Merit) -> float:
        """Energy missing above what the relaxation leaves missing: below the minimum or the target."""
        problem = self.problem
        below = np.maximum(problem.minimum_need_kwh - self.wanted_kwh, 0.0).sum()
        missing = np.maximum(problem.need_kwh - self.wanted_kwh, 0.0).sum()
        return float(max(merit.below_minimum_kwh - below, merit.missing_kwh - missing))

    def _above_bound(self, delivered_kwh: Floats, merit: Merit) -> float:
        return merit.value - strategy_bound(self.problem, delivered_kwh, self.objective, self.prices)

    def _repaired(self, energy_kwh: Floats, around: Neighbourhood, merit: Merit) -> Floats | None:
        """The neighbourhood at its best. HiGHS is imported here: most plans are near and never need it."""
        from optimiser.exact_step import repaired

        if self.trial is not None:
            self.trial.exact_steps -= 1
        whole = around.free.size == self._movable(energy_kwh).size
        near = NEAR * max(1.0, abs(merit.value))
        got = self.problem.delivered_kwh(energy_kwh)
        missing_kwh = max(0.0, self._missing_kwh(merit))
        possible = self._above_bound(got, merit) + missing_kwh * missing_price(self.problem, self.objective)
        effort = Effort(WHOLE_NODES if whole else MAX_NODES, possible - near, near / 10.0)
        trial = repaired(self.problem, self.objective, self.wanted_kwh, energy_kwh, around, effort)
        return None if trial is None else follow_curves(self.problem, trial, self.wanted_kwh)

    # -- whom to decide anew -------------------------------------------------------------------

    def _movable(self, energy_kwh: Floats) -> Index:
        """Sessions that want energy; not those whose run had to end because there was no room."""
        return np.flatnonzero((self.wanted_kwh > NEGLIGIBLE_KWH) & ~self._cut_off(energy_kwh))

    def _cut_off(self, energy_kwh: Floats) -> Flags:
        problem, first = self.problem, self.problem.cells.first_cell
        cut_off = np.zeros(problem.n_sessions, dtype=bool)
        for i in np.flatnonzero(problem.charging_now & problem.bound_to_runs):
            own = energy_kwh[first[i] : first[i + 1]]
            cut_off[i] = own.size > 0 and not keeps_runs(problem, int(i), own, np.ones(own.size, dtype=bool))
        return cut_off

    def _neighbourhoods(self, energy_kwh: Floats) -> Iterator[Neighbourhood]:
        """All at once if that is little; else around each session, from whoever pays most too much."""
        movable = self._movable(energy_kwh)
        count = np.diff(self.problem.cells.first_cell)
        if count[movable].sum() <= WHOLE_CELLS:
            yield Neighbourhood(movable, np.zeros(0, dtype=np.intp))
            return
        regret = self._regret(energy_kwh)
        worth = NEAR / 10.0 * max(1.0, abs(value_of(self.problem, self.objective, energy_kwh)))
        for seed in movable[np.lexsort((movable, -np.round(regret[movable], 9)))]:
            if regret[seed] <= worth:
                return
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
        counts: Index = used.astype(np.intp)
        return counts

    def _regret(self, energy_kwh: Floats) -> Floats:
        """What each session pays above the least it could pay alone, missing energy included.

        Priced room that nobody uses is paid for as well: by those who could use more of it.
        """
        problem = self.problem
        cost = cell_prices(problem, self.prices, self.objective.cost_per_kwh)
        got = problem.delivered_kwh(energy_kwh)
        alone = cheapest_alone(problem.cells, cost, got)
        unbroken = np.flatnonzero(~problem.pausable & (got > 0.0))
        low = problem.min_power_kw[problem.cell_session] * problem.cell_hours
        alone = unbroken_alone(problem.cells, cost, low, got, unbroken, alone)
        missing = np.maximum(self.wanted_kwh - got, 0.0) * missing_price(problem, self.objective)
        paid: Floats = problem.delivered_kwh(energy_kwh * cost) - alone + missing
        return paid + problem.delivered_kwh(self._unused(energy_kwh))

    def _unused(self, energy_kwh: Floats) -> Floats:
        """Worth of the priced room that each cell could still use, at most what its piece has left."""
        problem = self.problem
        headroom = problem.cells.upper_kwh - energy_kwh
        worth = np.zeros(headroom.size)
        nothing = np.zeros(problem.n_pieces)  # NONE is the last row
        spare = np.vstack([np.maximum(problem.spare_kwh(energy_kwh), 0.0), nothing])
        price = np.vstack([self.prices.limits, nothing])
        for limit in problem.paths.limit:
            place = limit[problem.cell_session], problem.cells.piece
            worth += np.minimum(headroom, spare[place]) * price[place]
        if self.objective.peak is not None:
            load_kw = problem.load_kw(energy_kwh)
            below_kwh = (load_kw[self.objective.peak.counts].max() - load_kw) * problem.kwh_per_kw
            below = np.maximum(below_kwh, 0.0)[problem.cells.piece]
            worth += np.minimum(headroom, below) * self.prices.peak[problem.cells.piece]
        return worth

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
        ranked: Index = others[np.lexsort((others, -np.round(score[others], 9)))]
        return ranked
