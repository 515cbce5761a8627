"""FlexMeasures' device scheduler: a device per vehicle, its need a stock that must be there when it leaves.

Targets are hard, which is its faster way, and the model goes to HiGHS directly, which is its default.
"""

from datetime import UTC, datetime, timedelta

import pandas as pd
from flask import Flask
from flexmeasures.data.models.planning.linear_optimization import device_scheduler

from benchmarks.peers.night import Energies, Night, Stay, answer

START = datetime(2026, 2, 11, 12, tzinfo=UTC)
DEVICE = ("equals", "max", "min", "derivative equals", "derivative max", "derivative min")


def plan(night: Night) -> Energies:
    """Least cost; raises RuntimeError where it has no optimum."""
    index = _index(night)
    site = pd.DataFrame({"derivative max": night.room_kw, "derivative min": 0.0}, index=index)
    price = pd.Series(night.price_per_kwh, index=index) * night.slot_hours
    app = Flask(__name__)
    app.config.update(FLEXMEASURES_LP_SOLVER="highspy", LOGGING_LEVEL="INFO")
    with app.app_context():
        power_kw, _, results, _ = device_scheduler(
            [_device(stay, index, night.slot_hours) for stay in night.stays],
            site,
            commitment_quantities=[pd.Series(0.0, index=index)],
            commitment_downwards_deviation_price=[price],
            commitment_upwards_deviation_price=[price],
        )
    if "optimal" not in str(results.solver.termination_condition):
        raise RuntimeError(f"FlexMeasures ends with {results.solver.termination_condition}")
    return [(series.to_numpy() * night.slot_hours).tolist() for series in power_kw]


def _index(night: Night) -> pd.DatetimeIndex:
    return pd.date_range(START, periods=night.n_slots, freq=timedelta(hours=night.slot_hours))


def _device(stay: Stay, index: pd.DatetimeIndex, slot_hours: float) -> pd.DataFrame:
    """Stock in kW times slots, which is how the scheduler adds power up."""
    device = pd.DataFrame(float("nan"), index=index, columns=list(DEVICE))
    device["min"], device["max"] = 0.0, stay.need_kwh / slot_hours
    device["derivative min"], device["derivative max"] = 0.0, 0.0
    here = index[stay.first_slot : stay.end_slot]
    device.loc[here, "derivative max"] = stay.max_power_kw
    device.loc[index[stay.end_slot - 1 :], "min"] = stay.need_kwh / slot_hours
    return device


if __name__ == "__main__":
    answer(plan)
