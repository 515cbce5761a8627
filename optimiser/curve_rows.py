"""Charging curves as rows of a linear programme: power against the energy that went in before."""

from dataclasses import dataclass, replace

import numpy as np

from optimiser.certificate import Cells, Index
from optimiser.charging_curve import least_between, most_between, upper_lines
from optimiser.domain import ChargingSession
from optimiser.series import Floats


@dataclass(frozen=True, eq=False, slots=True)
class CurveRows:
    """Row n says of cell k = `cell[n]` of a session, with e the energies of that session's cells:

        e[k] / h[k] + slope[n] * (sum of e before k + own_share[n] * e[k]) <= limit_kw[n]

    `slope` is kW per kWh. Whatever the power does inside a piece, it keeps this with a share of 1/2: most
    energy comes from following the line, e = limit / slope * (1 - exp(-slope h)), and then
    e (1 / h + slope / 2) <= limit, as x / (1 - exp(-x)) <= 1 + x / 2 + x^2 / 12. So that bounds every plan.
    A plan has one power per piece, for which the piece's end counts where the line falls (share 1, `inner`)
    and its start where it rises (share 0). `line` numbers the lines of one session's curve.
    """

    cell: Index
    line: Index
    slope: Floats
    limit_kw: Floats
    inner: bool = False

    @property
    def own_share(self) -> Floats:
        """How much of its own cell's energy a row counts."""
        share: Floats = np.where(self.slope > 0.0, 1.0, 0.0) if self.inner else np.full(self.slope.size, 0.5)
        return share

    def kept_by_plans(self) -> "CurveRows":
        """The rows that a plan must keep so that the curve holds throughout every piece."""
        return replace(self, inner=True)

    def cost_of_cells(self, cells: Cells, hours: Floats, price: Floats) -> Floats:
        """What the rows' prices (>= 0, one per row) make a kWh in every cell cost.

        `hours` has one entry per cell. A kWh raises its own row by 1 / h and all later ones by slope.
        """
        own = np.bincount(
            self.cell, price * (1.0 / hours[self.cell] + self.slope * self.own_share), minlength=hours.size
        )
        later = np.bincount(self.cell, price * self.slope, minlength=hours.size)
        summed = np.concatenate([[0.0], np.cumsum(later)])
        until_end = summed[cells.first_cell[1:]][cells.session] - summed[1:]
        cost: Floats = own + until_end
        return cost


def make_curve_rows(
    sessions: tuple[ChargingSession, ...], cells: Cells, hours: Floats, largest_kw: Floats
) -> CurveRows | None:
    """Rows for every session with a curve, relaxed; None where no session has one that can bind.

    `hours` has one entry per piece, `largest_kw` one per session. Rows that even the fastest charging
    cannot reach are left out.
    """
    parts = [
        _rows_of(session, cells, hours, float(largest_kw[i]), i)
        for i, session in enumerate(sessions)
        if session.vehicle.charging_curve is not None and cells.first_cell[i + 1] > cells.first_cell[i]
    ]
    found = [row for part in parts for row in part]
    if not found:
        return None
    cell, line, slope, limit = (np.concatenate(column) for column in zip(*found, strict=True))
    return CurveRows(cell, line, slope, limit)


def curve_lines(session: ChargingSession) -> list[tuple[float, float]]:
    """Lines of a session's curve over its SoC from now to the target, as (limit [kW], slope [kW/kWh]).

    The limit is at the SoC that it has now.
    """
    curve = session.vehicle.charging_curve
    if curve is None:
        return []
    lines = upper_lines(curve, session.soc, session.target_soc)
    capacity = session.vehicle.battery_capacity_kwh
    return [(intercept - slope * session.soc, slope / capacity) for intercept, slope in lines]


def curve_limit_kw(session: ChargingSession) -> float:
    """The largest power that a session's curve has on the way to its target; infinite without a curve."""
    curve = session.vehicle.charging_curve
    return np.inf if curve is None else most_between(curve, session.soc, session.target_soc)


def curve_floor_kw(session: ChargingSession) -> float:
    """The least power that a session's curve has on the way to its target; infinite without a curve."""
    curve = session.vehicle.charging_curve
    return np.inf if curve is None else least_between(curve, session.soc, session.target_soc)


def _rows_of(
    session: ChargingSession, cells: Cells, hours: Floats, largest_kw: float, i: int
) -> list[tuple[Index, Index, Floats, Floats]]:
    own = np.arange(cells.first_cell[i], cells.first_cell[i + 1])
    reached = np.minimum(np.cumsum(hours[cells.piece[own]]) * largest_kw, session.energy_need_kwh)
    parts = []
    for number, (limit_kw, slope) in enumerate(curve_lines(session)):
        tightest = limit_kw - np.maximum(slope, 0.0) * reached
        rows = own[tightest < largest_kw]
        size = rows.size
        parts.append((rows, np.full(size, number), np.full(size, slope), np.full(size, limit_kw)))
    return parts
