"""How small a grid connection may be: the least cap under which a simple dispatch serves everybody.

Each slot goes to the vehicles that can wait least (least laxity first). That is not always the best
dispatch, so the cap found is enough for certain, and close to the least possible.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEPS = 24


@dataclass(frozen=True, eq=False, slots=True)
class Jobs:
    """What must be charged, one entry per stay: energy [kWh], power [kW], first and last slot (excluded)."""

    need_kwh: Floats
    power_kw: Floats
    first_slot: NDArray[np.int64]
    end_slot: NDArray[np.int64]


def least_cap_kw(jobs: Jobs, base_load_kw: Floats, ratio: float, slot_hours: float) -> float:
    """AC kW, whole, rounded up. `base_load_kw` has one entry per slot; every stay must be possible alone."""
    low, high = float(base_load_kw.max()), float(base_load_kw.max() + jobs.power_kw.sum() / ratio)
    for _ in range(STEPS):
        middle = (low + high) / 2
        room_kwh = (middle - base_load_kw) * ratio * slot_hours
        low, high = (low, middle) if _serves_all(jobs, room_kwh, slot_hours) else (middle, high)
    return float(np.ceil(high))


def _serves_all(jobs: Jobs, room_kwh: Floats, slot_hours: float) -> bool:
    left = jobs.need_kwh.copy()
    per_slot = jobs.power_kw * slot_hours
    for slot, room in enumerate(room_kwh):
        here = np.flatnonzero((jobs.first_slot <= slot) & (slot < jobs.end_slot) & (left > 0.0))
        slack = (jobs.end_slot[here] - slot) - left[here] / per_slot[here]
        order = here[np.argsort(slack, kind="stable")]
        wanted = np.minimum(left[order], per_slot[order])
        before = np.cumsum(wanted) - wanted
        left[order] -= np.clip(room - before, 0.0, wanted)
        if np.any(left[here] > (jobs.end_slot[here] - slot - 1) * per_slot[here] + 1e-9):
            return False
    return bool(left.max(initial=0.0) <= 1e-6)
