"""Wants 1 and 2 the slow way: one linear programme after another, each fixing what the last one found.

Nothing of it is shared with `optimiser.delivery` but the arrays of the problem.
"""

import numpy as np
import pulp

from optimiser.problem import PlanningProblem

SLACK = 1e-6  # kWh of room for the next programme: ten times what a solver keeps rows to
SAME = 1e-5  # shortfalls closer than this (SoC) are one level


class _Depot:
    """Energies that can be delivered together, with the floors and shares fixed so far."""

    def __init__(self, problem: PlanningProblem, need_kwh: np.ndarray, floor_kwh: np.ndarray) -> None:
        self.problem, self.need, self.floor = problem, need_kwh, floor_kwh
        self.fixed: list[tuple[list[int], float]] = []

    def best(self, maximise: list[int], level: float | None = None, among: list[int] | None = None):
        """Most energy to some sessions, or the least common shortfall (SoC) of them, with energies."""
        p, model = self.problem, pulp.LpProblem("fair", pulp.LpMaximize)
        cells = [model.add_variable(f"e{k}", 0, float(u)) for k, u in enumerate(p.cells.upper_kwh)]
        given = [
            pulp.lpSum(c for c, i in zip(cells, p.cell_session, strict=True) if i == s)
            for s in range(p.n_sessions)
        ]
        for s, energy in enumerate(given):
            model.addConstraint(energy <= max(self.need[s], self.floor[s]))
            model.addConstraint(energy >= self.floor[s] - SLACK)
        for limit in p.limits:
            for j in range(p.n_pieces):
                inside = [
                    c
                    for c, i, q in zip(cells, p.cell_session, p.cells.piece, strict=True)
                    if q == j and limit.members[i]
                ]
                model.addConstraint(pulp.lpSum(inside) <= limit.room_kwh[j])
        for sessions, least in self.fixed:
            model.addConstraint(pulp.lpSum(given[s] for s in sessions) >= least - SLACK)
        worst = model.add_variable("worst", 0)
        for s in among or []:
            share = level if level is not None else worst
            model.addConstraint(self.need[s] - given[s] <= share * p.capacity_kwh[s] + SLACK)
        model.setObjective(pulp.lpSum(given[s] for s in maximise) if maximise else -worst)
        model.solve(pulp.HiGHS(msg=False, threads=1))
        assert model.sol_status == pulp.LpSolutionOptimal
        return float(pulp.value(model.objective)) if maximise else float(worst.value())


def fair_energies(problem: PlanningProblem) -> np.ndarray:
    """Energy [kWh] of every session: unique, because leximin over these sets is."""
    nothing = np.zeros(problem.n_sessions)
    least = _serve(problem, nothing, problem.minimum_need_kwh)
    return _serve(problem, least, problem.need_kwh)


def _serve(problem: PlanningProblem, floor_kwh: np.ndarray, need_kwh: np.ndarray) -> np.ndarray:
    depot = _Depot(problem, np.maximum(need_kwh, floor_kwh), floor_kwh)
    everybody = list(range(problem.n_sessions))
    depot.fixed.append((everybody, depot.best(everybody)))
    energy = floor_kwh.copy()
    for priority in sorted(set(problem.priority), reverse=True):
        equals = [s for s in everybody if problem.priority[s] == priority]
        depot.fixed.append((equals, depot.best(equals)))
        for s, kwh in _leximin(depot, [s for s in equals if need_kwh[s] > floor_kwh[s]]).items():
            energy[s] = kwh
            depot.fixed.append(([s], kwh))
    return energy


def _leximin(depot: _Depot, active: list[int]) -> dict[int, float]:
    """Level by level: the least common shortfall, and whoever cannot have less is fixed there."""
    shares: dict[int, float] = {}
    while active:
        level = depot.best([], among=active)
        reach = {s: depot.best([s], level, active) for s in active}
        capacity = depot.problem.capacity_kwh
        held = [s for s in active if depot.need[s] - reach[s] >= (level - SAME) * capacity[s]]
        for s in held or active:
            shares[s] = reach[s]
            depot.fixed.append(([s], reach[s]))
        active = [s for s in active if s not in shares]
    return shares
