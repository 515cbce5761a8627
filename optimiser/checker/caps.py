"""Rule 4: no limit is exceeded at any instant, except by load that nobody can move."""

import numpy as np

from optimiser.checker.breach import POWER_KW, TIME_MS, Breach, Breaches, span
from optimiser.checker.facts import Facts
from optimiser.checker.loads import Loads

OVER_CAP_NOTICE = "cap-exceeded"


def check_caps(facts: Facts, loads: Loads) -> Breaches:
    """Site, groups and stations; one breach each, at the worst instant."""
    lasting = (loads.end_ms - loads.start_ms > TIME_MS) & (loads.start_ms < facts.end_ms)
    over = (loads.over > POWER_KW) & lasting
    moved = over & (loads.movable_kw > POWER_KW)
    found = [_worst(loads, limit, moved) for limit in np.unique(loads.limit[moved])]
    return found + _unsaid(facts, loads, over & ~moved)


def _worst(loads: Loads, limit: int, broken: np.ndarray) -> Breach:
    rows = np.flatnonzero(broken & (loads.limit == limit))
    row = rows[np.argmax(loads.over[rows])]
    return Breach(
        f"4.4 {loads.limits.kind(limit)}",
        f"{loads.limits.name(limit)}, {span(loads.start_ms[row], loads.end_ms[row])}",
        f"{loads.total_kw[row]:.4f} kW, {loads.over[row]:.4f} kW over the cap of {loads.cap_kw[row]:.4f} kW; "
        f"{rows.size} stretches in all",
    )


def _unsaid(facts: Facts, loads: Loads, over: np.ndarray) -> Breaches:
    """Load that cannot be moved may be over a cap, but the plan has to say so."""
    if not over.any() or any(notice.code == OVER_CAP_NOTICE for notice in facts.plan.notices):
        return []
    row = int(np.flatnonzero(over)[0])
    where = f"{loads.limits.name(int(loads.limit[row]))}, {span(loads.start_ms[row], loads.end_ms[row])}"
    message = f"immovable load is {loads.over[row]:.4f} kW over the cap, and no notice says so"
    return [Breach("4 immovable", where, message)]
