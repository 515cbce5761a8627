"""Least power and unbroken runs with a binary per cell: the true optimum of small depots, in PuLP.

e[i,j]  energy [kWh] of session i in piece j; it counts p[i,j] against the limits and the peak, which
        is more than e only where a run ends inside the piece: there the least power has to fit
z[i,j]  1 while charging;  q[i,j]  1 where a run ends inside the piece;  s[i,j]  1 where a run begins

low z <= p <= high z,   p - low q <= e <= p,   q <= z,   z[i,k] <= 1 - q[i,j]  for k > j
no pause:  s[i,j] >= z[i,j] - z[i,j-1],  sum_j s[i,j] <= 1;  charging already:  z[i,j] <= z[i,first]
"""

from dataclasses import dataclass

import numpy as np
import pulp

from optimiser.engines.base import Objective
from optimiser.pattern import run_power_kw
from optimiser.problem import PlanningProblem


@dataclass
class _Model:
    problem: PlanningProblem
    lp: pulp.LpProblem
    energy: list[pulp.LpVariable]
    power: list[pulp.LpVariable]

    def delivered(self, session: int) -> pulp.LpAffineExpression:
        cells = self.problem.cell_session == session
        return pulp.lpSum(e for e, own in zip(self.energy, cells, strict=True) if own)


def least_missing(problem: PlanningProblem) -> tuple[float, float]:
    """Least energy missing below the minimum, and then below the target, in total."""
    model = _model(problem)
    below = _missing(model, "minimum", problem.minimum_need_kwh)
    minimum = _solve(model.lp, below)
    model.lp.addConstraint(below <= minimum + 1e-7)
    return minimum, _solve(model.lp, _missing(model, "target", problem.need_kwh))


def least_value(problem: PlanningProblem, objective: Objective, energy_kwh: np.ndarray) -> float | None:
    """Least value of a stage among plans that deliver these energies."""
    model = _model(problem)
    for s in range(problem.n_sessions):
        model.lp.addConstraint(model.delivered(s) >= energy_kwh[s] - 1e-6)
        model.lp.addConstraint(model.delivered(s) <= energy_kwh[s] + 1e-6)
    costs = objective.cost_per_kwh[problem.cells.piece]
    total = pulp.lpSum(c * e for c, e in zip(costs, model.energy, strict=True))
    if objective.peak is not None:
        rise = model.lp.add_variable("rise", 0)
        for j in np.flatnonzero(objective.peak.counts):
            load = problem.immovable_kw[j] + _in_piece(model, j) * (problem.ac_per_dc / problem.hours[j])
            model.lp.addConstraint(load <= objective.peak.floor_kw + rise)
        total += objective.peak.price_per_kw * rise
    return _solve(model.lp, total)


def _missing(model: _Model, name: str, need_kwh: np.ndarray) -> pulp.LpAffineExpression:
    short = [model.lp.add_variable(f"{name}_{s}", 0) for s in range(need_kwh.size)]
    for s, variable in enumerate(short):
        model.lp.addConstraint(variable >= need_kwh[s] - model.delivered(s))
        model.lp.addConstraint(model.delivered(s) <= model.problem.need_kwh[s])
    return pulp.lpSum(short)


def _in_piece(model: _Model, piece: int) -> pulp.LpAffineExpression:
    here = model.problem.cells.piece == piece
    return pulp.lpSum(p for p, inside in zip(model.power, here, strict=True) if inside)


def _solve(lp: pulp.LpProblem, objective: pulp.LpAffineExpression) -> float | None:
    lp.setObjective(objective)
    lp.solve(pulp.HiGHS(msg=False, threads=1, gapRel=0.0, gapAbs=1e-9))
    if lp.sol_status != pulp.LpSolutionOptimal:
        return None
    return float(pulp.value(lp.objective) or 0.0)


def _model(problem: PlanningProblem) -> _Model:
    lp, n = pulp.LpProblem("depot", pulp.LpMinimize), problem.cells.piece.size
    low = run_power_kw(problem)[problem.cell_session] * problem.cell_hours
    on, ends = ([lp.add_variable(f"{name}{k}", cat=pulp.LpBinary) for k in range(n)] for name in ("z", "q"))
    energy, power = ([lp.add_variable(f"{name}{k}", 0) for k in range(n)] for name in ("e", "p"))
    for k in range(n):
        lp.addConstraint(power[k] >= low[k] * on[k])
        lp.addConstraint(power[k] <= problem.cells.upper_kwh[k] * on[k])
        lp.addConstraint(energy[k] <= power[k])
        lp.addConstraint(energy[k] >= power[k] - low[k] * ends[k])
        lp.addConstraint(ends[k] <= on[k])
    for s in range(problem.n_sessions):
        _add_run_rules(lp, problem, s, on, ends)
    model = _Model(problem, lp, energy, power)
    _add_limits(model)
    return model


def _add_run_rules(lp: pulp.LpProblem, problem: PlanningProblem, s: int, on: list, ends: list) -> None:
    first, last = problem.cells.first_cell[s], problem.cells.first_cell[s + 1]
    for k in range(first, last):
        for later in range(k + 1, last):
            lp.addConstraint(on[later] <= 1 - ends[k])
    if problem.pausable[s] or first == last:
        return
    begins = [lp.add_variable(f"s{k}", cat=pulp.LpBinary) for k in range(first, last)]
    for k in range(first, last):
        lp.addConstraint(begins[k - first] >= on[k] - (on[k - 1] if k > first else 0))
        if problem.charging_now[s]:
            lp.addConstraint(on[k] <= on[first])
    lp.addConstraint(pulp.lpSum(begins) <= 1)


def _add_limits(model: _Model) -> None:
    p = model.problem
    for limit in p.limits:
        members = limit.members[p.cell_session]
        for j in np.unique(p.cells.piece[members]):
            here = members & (p.cells.piece == j)
            inside = pulp.lpSum(power for power, own in zip(model.power, here, strict=True) if own)
            model.lp.addConstraint(inside <= limit.room_kwh[j])
