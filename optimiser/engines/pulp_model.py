"""The mathematics, to be read: the relaxed problem in PuLP, solved by any solver that PuLP knows.

It is an engine like the others (`--engine pulp`, `--engine pulp:PULP_CBC_CMD`) and the reference that
the tests hold them against. It shares no line with the matrix that `optimiser.programme` builds.

    sets        i sessions, j pieces of time, l limits (site, groups, stations); I(l) sessions below l
    variables   e[i,j] >= 0  energy [kWh, DC] of session i in piece j, for j inside its window only
                rise   >= 0  AC peak over the one that is paid for already [kW]
    given       c[j] cost per DC kWh, room[l,j] [kWh], u[i,j] = largest power x hours, d[i] energy,
                r AC/DC ratio, h[j] hours, b[j] immovable AC load [kW], pi price of a kW of peak,
                line n of a charging curve: power <= a[n] - s[n] (energy that went in before)

    cheapest    min  sum c[j] e[i,j] + pi rise
                s.t. sum_j e[i,j] = d[i]                                       for all i
                     sum_{i in I(l)} e[i,j] <= room[l,j]                       for all l, j
                     b[j] + sum_i e[i,j] / (r h[j]) <= floor + rise            for j that count
                     e[i,j] / h[j] + s[n] (sum_{j' < j} e[i,j'] + e[i,j] / 2) <= a[n]  for all n, i, j
                     lower[i,j] <= e[i,j] <= u[i,j]
    most        max  sum e[i,j]  under the same limits, with sum_j e[i,j] <= demand[i]
"""

import numpy as np
import pulp

from optimiser.engines.base import Flow, Objective, Prices, Question
from optimiser.exceptions import Fault, InvalidRequestError, SolverError
from optimiser.problem import PlanningProblem
from optimiser.series import Floats

_DEFAULT_SOLVER = "HiGHS"


class PulpEngine:
    """Solves the relaxed problem as written down above."""

    exact = False

    def __init__(self, solver: str | None = None) -> None:
        self.name = f"pulp:{solver}" if solver else "pulp"
        self._solver = _make_solver(solver or _DEFAULT_SOLVER)

    def most(self, problem: PlanningProblem, demand_kwh: Floats) -> Flow:
        """See `Engine.most`."""
        model = _Model(problem, "most", pulp.LpMaximize)
        model.lp.setObjective(_total(model.energy))
        for i, cells in enumerate(model.cells_of_session):
            model.lp.addConstraint(_total(cells) <= demand_kwh[i], f"energy_{i}")
        if not model.solve(self._solver):
            raise SolverError("PuLP calls a programme infeasible to which the least power is a solution")
        return model.flow()

    def shares_level(
        self, problem: PlanningProblem, demand_kwh: Floats, takes_at: Floats, gives_at: Floats
    ) -> bool:
        """See `Engine.shares_level`: a linear programme cannot tell."""
        return False

    def cheapest(self, problem: PlanningProblem, question: Question) -> Flow | None:
        """See `Engine.cheapest`."""
        model = _Model(problem, "cheapest", pulp.LpMinimize)
        objective = _weighted(model.energy, question.objective.cost_per_kwh[problem.cells.piece])
        for i, cells in enumerate(model.cells_of_session):
            if cells or question.energy_kwh[i] > 0.0:
                model.lp.addConstraint(_total(cells) == question.energy_kwh[i], f"energy_{i}")
        if question.objective.peak is not None:
            objective += question.objective.peak.price_per_kw * model.add_peak(question.objective)
        for k, ceiling in enumerate(question.ceilings):
            spent = _weighted(model.energy, ceiling.cost_per_kwh[problem.cells.piece])
            model.lp.addConstraint(spent <= ceiling.value, f"ceiling_{k}")
        model.lp.setObjective(objective)
        return model.flow() if model.solve(self._solver) else None


class _Model:
    """The variables and the limits, which every question has in common."""

    def __init__(self, problem: PlanningProblem, name: str, sense: int) -> None:
        self.problem = problem
        self.lp = pulp.LpProblem(name, sense)
        lower, upper = problem.lower_kwh, problem.cells.upper_kwh
        self.energy = [
            self.lp.add_variable(f"e_{i}_{j}", float(lower[k]), float(upper[k]))
            for k, (i, j) in enumerate(zip(problem.cell_session, problem.cells.piece, strict=True))
        ]
        first = problem.cells.first_cell
        self.cells_of_session = [self.energy[first[i] : first[i + 1]] for i in range(problem.n_sessions)]
        self._add_limits()
        self._add_curves()

    def _add_limits(self) -> None:
        for index, limit in enumerate(self.problem.limits):
            for j, cells in self._by_piece(limit.members[self.problem.cell_session]).items():
                self.lp.addConstraint(_total(cells) <= limit.room_kwh[j], f"limit_{index}_{j}")

    def _add_curves(self) -> None:
        """Power under each line of a charging curve, which falls with the energy that went in before."""
        curves, first = self.problem.curves, self.problem.cells.first_cell
        if curves is None:
            return
        for n, (k, slope, share) in enumerate(zip(curves.cell, curves.slope, curves.own_share, strict=True)):
            before = self.energy[int(first[self.problem.cell_session[k]]) : k]
            own = 1.0 / float(self.problem.cell_hours[k]) + float(share * slope)
            used = [(variable, float(slope)) for variable in before]
            power = pulp.LpAffineExpression([(self.energy[k], own), *used])
            self.lp.addConstraint(power <= float(curves.limit_kw[n]), f"curve_{n}")

    def add_peak(self, objective: Objective) -> pulp.LpVariable:
        """The rise of the peak, at least the AC load of every piece that counts less the floor."""
        problem, peak = self.problem, objective.peak
        rise = self.lp.add_variable("rise", 0.0)
        cells = self._by_piece(np.ones(problem.cells.piece.size, dtype=bool))
        for j in np.flatnonzero(peak.counts if peak is not None else []):
            charged = _total(cells.get(int(j), []))
            over_kw = float(problem.immovable_kw[j] - (peak.floor_kw if peak is not None else 0.0))
            kwh_per_kw = float(problem.kwh_per_kw[j])
            self.lp.addConstraint(charged - kwh_per_kw * rise <= -kwh_per_kw * over_kw, f"peak_{j}")
        return rise

    def _by_piece(self, chosen: np.ndarray) -> dict[int, list[pulp.LpVariable]]:
        cells: dict[int, list[pulp.LpVariable]] = {}
        for k in np.flatnonzero(chosen):
            cells.setdefault(int(self.problem.cells.piece[k]), []).append(self.energy[k])
        return cells

    def solve(self, solver: pulp.LpSolver) -> bool:
        """True where a proven optimum was found, False where there is no solution.

        PuLP calls an answer that a time limit cut off `Optimal`; only `sol_status` tells it apart.
        """
        self.lp.solve(solver)
        if self.lp.status == pulp.LpStatusInfeasible:
            return False
        if self.lp.sol_status != pulp.LpSolutionOptimal:
            raise SolverError(f"PuLP ended with {pulp.LpSolution[self.lp.sol_status]}")
        return True

    def flow(self) -> Flow:
        """Values and prices. The dual of a `<=` row has the sign of the sense; a price has none."""
        values = np.array([variable.value() or 0.0 for variable in self.energy], dtype=np.float64)
        prices = np.zeros((len(self.problem.limits), self.problem.n_pieces))
        peak = np.zeros(self.problem.n_pieces)
        curves = np.zeros(0 if self.problem.curves is None else self.problem.curves.cell.size)
        for constraint in self.lp.constraints():
            kind, *place = constraint.name.split("_")
            if kind == "limit":
                prices[int(place[0]), int(place[1])] = abs(constraint.pi or 0.0)
            elif kind == "peak":
                peak[int(place[0])] = abs(constraint.pi or 0.0)
            elif kind == "curve":
                curves[int(place[0])] = abs(constraint.pi or 0.0)
        return Flow(values, Prices(prices, peak, curves))


def _total(variables: list[pulp.LpVariable]) -> pulp.LpAffineExpression:
    return pulp.LpAffineExpression([(variable, 1.0) for variable in variables])


def _weighted(variables: list[pulp.LpVariable], weights: Floats) -> pulp.LpAffineExpression:
    return pulp.LpAffineExpression(list(zip(variables, weights.tolist(), strict=True)))


def _make_solver(name: str) -> pulp.LpSolver:
    """Raises InvalidRequestError, naming the solvers that this machine has."""
    available = pulp.listSolvers(onlyAvailable=True)
    if name not in available:
        text = f"PuLP has no solver {name!r} here; it has {', '.join(available)}"
        raise InvalidRequestError([Fault(("engine",), text)])
    options = {"threads": 1} if name == _DEFAULT_SOLVER else {}
    return pulp.getSolver(name, msg=False, **options)
