"""Every rule of a plan as one mixed-integer programme: the true optimum of small depots, in PuLP.

Per cell (stay i, piece j):  e energy;  p what it draws of the limits and of the peak, more than e only where
a run ends inside the piece, since its least power has to fit;  z charges at all;  q meets the target and
ends here;  s begins a run.  r rises with the peak.

    low z <= p <= high z,  p - low q <= e <= p,  q <= z,  z[k] <= 1 - q[j] for k > j,  sum e >= need q
    s[j] >= z[j] - z[j-1],  sum s <= pauses + 1;  under way:  s[first] = 1
    z[k] + q[j] + ... + q[k-1] >= s[j]        for k within the least length of j
    sum of p below a limit <= its room;  AC load <= billed + r
    e[j] / h + slope (sum before + e[j] / 2) <= power     for every line above a charging curve

Charging curves are relaxed: the lines are those of the least concave function above the curve. What a run
under way must still last is asked only where `obliged` says so, since rule 4 may end it. `asap` counts energy
at the middle of its piece. So no plan can be better than this.
"""

from itertools import count, pairwise

import numpy as np
import pulp

from optimiser.domain import ChargingSession, Strategy
from tests.properties.reference_depot import HOUR_MS, Depot, is_ruled

REACHED_SOC = 5e-4
SLACK = 1e-6
HELD_KWH = 1e-4  # by which a later stage may be worse in an earlier one: the solver rounds to 1e-6 a row
ROUNDED = 1e-4  # of the least power, where a run ends at a whole millisecond


class UndecidedError(Exception):
    """The solver found no optimum."""


class Reference:
    """The programme of a depot; each stage holds what the ones before have found."""

    def __init__(self, depot: Depot, obliged: set[int] = frozenset()) -> None:
        self.depot, self.obliged, self.names = depot, obliged, count()
        self.lp = pulp.LpProblem("depot", pulp.LpMinimize)
        n = range(len(depot.cells))
        self.energy, self.power = ([self.lp.add_variable(f"{x}{k}", 0) for k in n] for x in "ep")
        self.on, self.ends = ([self.lp.add_variable(f"{x}{k}", cat=pulp.LpBinary) for k in n] for x in "zq")
        for k in n:
            self._add_cell(k)
        for i in range(len(depot.stays)):
            self._add_stay(i)
        self._add_limits()

    # -- what can be asked ---------------------------------------------------------------------

    def least_missing(self, minimum_kwh: float) -> tuple[float, float]:
        """Least energy missing below the minimum, and then below the target; frozen stays' included.

        The second where no more is missing below the minimum than `minimum_kwh`, which a plan reached.
        """
        below = [self.short(i, s.minimum_need_kwh) for i, s in self._stays()]
        minimum = self._least(below, minimum_kwh)
        return minimum, self._least([self.short(i, s.energy_need_kwh) for i, s in self._stays()])

    def least_missing_of(self, priority: float) -> float:
        """Least energy missing below the targets of one priority, under what was asked before."""
        members = [(i, s) for i, s in self._stays() if s.priority == priority]
        return self._least([self.short(i, s.energy_need_kwh) for i, s in members])

    def least_value(self, strategy: Strategy, energies: np.ndarray | None = None) -> float:
        """Least value of the strategy, at these energies per stay if they are given."""
        if energies is not None:
            for i, _ in self._stays():
                if self.depot.cells_of(i):
                    self.lp.addConstraint(self.delivered(i) >= energies[i] - 2.0 * SLACK)
                    self.lp.addConstraint(self.delivered(i) <= energies[i] + 2.0 * SLACK)
        return self._solve(self._value(strategy))

    def delivered(self, stay: int) -> pulp.LpAffineExpression:
        """Energy of one stay."""
        return pulp.lpSum(self.energy[k] for k in self.depot.cells_of(stay))

    def short(self, stay: int, need_kwh: float) -> pulp.LpAffineExpression:
        """What a stay lacks of a need; a number for frozen ones."""
        given = self.depot.stays[stay].frozen
        if given is not None:
            return pulp.LpAffineExpression(constant=max(0.0, need_kwh - self._frozen_kwh(stay)))
        lacking = self.lp.add_variable(f"short{next(self.names)}", 0)
        self.lp.addConstraint(lacking >= need_kwh - self.delivered(stay))
        return pulp.LpAffineExpression(lacking)

    # -- the programme -------------------------------------------------------------------------

    def _stays(self) -> list[tuple[int, ChargingSession]]:
        return list(enumerate(self.depot.stays))

    def _frozen_kwh(self, stay: int) -> float:
        own = self.depot.stays[stay]
        return sum(kw * (b - a) / HOUR_MS for s, (a, b), kw in self.depot.fixed if s is own)

    def _add_cell(self, k: int) -> None:
        cell, e, p, z, q = self.depot.cells[k], self.energy[k], self.power[k], self.on[k], self.ends[k]
        self.lp.addConstraint(p >= cell.least * (1.0 - ROUNDED) * z)
        self.lp.addConstraint(p <= cell.most * z)
        self.lp.addConstraint(e <= p)
        self.lp.addConstraint(e >= p - cell.least * q)
        self.lp.addConstraint(q <= z)

    def _add_stay(self, i: int) -> None:
        stay, own = self.depot.stays[i], self.depot.cells_of(i)
        if not own:
            return
        reached = stay.energy_need_kwh - REACHED_SOC * stay.vehicle.battery_capacity_kwh
        self.lp.addConstraint(self.delivered(i) <= stay.energy_need_kwh + SLACK)
        for n, k in enumerate(own):
            self.lp.addConstraint(self.delivered(i) >= reached * self.ends[k])
            for later in own[n + 1 :]:
                self.lp.addConstraint(self.on[later] <= 1 - self.ends[k])
        if is_ruled(self.depot.request, stay):
            self._add_runs(i, stay, own)
        self._add_curve(stay, own)

    def _add_runs(self, i: int, stay: ChargingSession, own: list[int]) -> None:
        request, edges = self.depot.request, self.depot.edges
        under_way = stay.charging_now and stay.arrival_ms <= request.now_ms
        begins = [self.lp.add_variable(f"s{k}", cat=pulp.LpBinary) for k in own]
        for n, k in enumerate(own):
            before = self.on[own[n - 1]] if n else 0
            self.lp.addConstraint(begins[n] >= self.on[k] - before)
        if under_way:
            self.lp.addConstraint(begins[0] >= 1)
        pauses = request.max_pauses if stay.vehicle.pausable else 0
        if pauses is not None:
            self.lp.addConstraint(pulp.lpSum(begins) <= pauses + 1)
        ends_ms = edges[self.depot.cells[own[-1]].piece + 1]
        for n, k in enumerate(own):
            first = under_way and n == 0
            start_ms = edges[self.depot.cells[k].piece]
            since_ms = (stay.charging_since_ms or 0) if first else start_ms
            until_ms = since_ms + request.min_run_minutes * 60_000
            if first and i not in self.obliged:
                continue
            reach = [m for m in range(n + 1, len(own)) if edges[self.depot.cells[own[m]].piece] < until_ms]
            for m in [0, *reach] if first and start_ms < until_ms else reach:
                met = pulp.lpSum(self.ends[own[x]] for x in range(n, m))
                self.lp.addConstraint(self.on[own[m]] + met >= (1 if first else begins[n]))
            if not first and ends_ms < until_ms:
                self.lp.addConstraint(pulp.lpSum(self.ends[x] for x in own[n:]) >= begins[n])

    def _add_curve(self, stay: ChargingSession, own: list[int]) -> None:
        for slope, power in _lines_above(stay):
            before = pulp.LpAffineExpression()
            for k in own:
                hours = self.depot.cells[k].hours
                inside = self.energy[k] + slope * hours * (before + 0.5 * self.energy[k])
                self.lp.addConstraint(inside <= power * hours + SLACK)
                before = before + self.energy[k]

    def _add_limits(self) -> None:
        for limit in self.depot.limits:
            for j, room in enumerate(limit.room):
                self.lp.addConstraint(self._drawn(j, limit.members) <= room + 1e-9)

    def _drawn(self, piece: int, members: set[int] | None = None) -> pulp.LpAffineExpression:
        here = [k for k, c in enumerate(self.depot.cells) if c.piece == piece]
        return pulp.lpSum(
            self.power[k] for k in here if members is None or self.depot.cells[k].stay in members
        )

    # -- values --------------------------------------------------------------------------------

    def _value(self, strategy: Strategy) -> pulp.LpAffineExpression:
        site, end = self.depot.request.site, self.depot.edges[-1]
        ratio, starts = site.ac_dc_power_ratio, np.array(self.depot.edges[:-1], dtype=np.int64)
        charge = site.demand_charge
        if strategy is Strategy.PEAK_SUPPRESSION:
            return self._rise(0.0, list(range(starts.size)))
        if strategy is Strategy.COST:
            bill = self._weighted(site.price_per_kwh.repeated_daily(end).at(starts) / ratio)
            if charge is None:
                return bill
            counts = [j for j, at in enumerate(starts) if _counts(charge.windows, int(at))]
            return bill + charge.price_per_kw * self._rise(charge.billed_peak_kw, counts)
        if strategy is Strategy.CARBON:
            grams = site.carbon_g_per_kwh
            per_kwh = np.zeros(starts.size) if grams is None else grams.repeated_daily(end).at(starts)
            return self._weighted(per_kwh / ratio / 1000.0)
        middles = (starts + np.array(self.depot.edges[1:])) / 2 - self.depot.request.now_ms
        return self._weighted(middles / HOUR_MS)

    def _weighted(self, per_kwh: np.ndarray) -> pulp.LpAffineExpression:
        """A weight per DC kWh in each piece on all energy of stays that have a plan."""
        moved = pulp.lpSum(float(per_kwh[c.piece]) * self.energy[k] for k, c in enumerate(self.depot.cells))
        fixed = 0.0
        for stay, (start, end), kw in self.depot.fixed:
            if stay.vehicle.controllable:
                inside = [j for j, at in enumerate(self.depot.edges[:-1]) if start <= at < end]
                fixed += sum(kw * self.depot.hours(j) * float(per_kwh[j]) for j in inside)
        return moved + fixed

    def _rise(self, floor_kw: float, pieces: list[int]) -> pulp.LpVariable:
        site, rise = self.depot.request.site, self.lp.add_variable("rise", 0)
        for j in pieces:
            base_kw = float(site.base_load_kw.at(np.array([self.depot.edges[j]]))[0])
            drawn_kw = self.depot.fixed_kw(j) + self._drawn(j) * (1.0 / self.depot.hours(j))
            self.lp.addConstraint(base_kw + drawn_kw * (1.0 / site.ac_dc_power_ratio) <= floor_kw + rise)
        return rise

    def _least(self, parts: list[pulp.LpAffineExpression], reached: float = 0.0) -> float:
        """Least sum; held from now on, or at what was reached if that is more."""
        total = pulp.lpSum(parts)
        value = self._solve(total)
        self.lp.addConstraint(total <= max(value, reached) + HELD_KWH)
        return value

    def _solve(self, objective: pulp.LpAffineExpression) -> float:
        self.lp.setObjective(objective)
        self.lp.solve(pulp.HiGHS(msg=False, threads=1, gapRel=0.0, gapAbs=1e-9, timeLimit=30))
        if self.lp.sol_status != pulp.LpSolutionOptimal:
            raise UndecidedError(pulp.LpSolution[self.lp.sol_status])
        return float(pulp.value(self.lp.objective) or 0.0)


def _counts(windows: tuple, instant_ms: int) -> bool:
    return not windows or any(w.start_ms <= instant_ms < w.end_ms for w in windows)


def _lines_above(stay: ChargingSession) -> list[tuple[float, float]]:
    """(slope per kWh, power at the start) of the lines between the points of the upper hull of the curve."""
    curve, capacity = stay.vehicle.charging_curve, stay.vehicle.battery_capacity_kwh
    if curve is None:
        return []
    socs = sorted({stay.soc, stay.target_soc, *(s for s in curve.soc if stay.soc < s < stay.target_soc)})
    points = [((s - stay.soc) * capacity, float(np.interp(s, curve.soc, curve.power_kw))) for s in socs]
    hull: list[tuple[float, float]] = []
    for x, y in points:
        while len(hull) > 1 and _is_under(hull[-2], hull[-1], (x, y)):
            hull.pop()
        hull.append((x, y))
    slopes = [(y0 - y1) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(hull)]
    return [(slope, y + slope * x) for slope, (x, y) in zip(slopes, hull, strict=False)]


def _is_under(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[1] - a[1]) * (c[0] - a[0]) <= (c[1] - a[1]) * (b[0] - a[0])
