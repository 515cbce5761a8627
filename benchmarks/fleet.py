"""Vehicles that depots have: battery, charger and least power of each model.

Sizes are those of vehicles in service: 12 m buses of 300 to over 400 kWh, 18 m buses of some 550 kWh,
depot chargers of 50 to 150 kW; a DC charger has a practical floor of 2 to 10 kW.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat


@dataclass(frozen=True, slots=True)
class VehicleModel:
    """A model; `name` begins the ids of its vehicles, power is DC."""

    name: str
    description: str
    battery_kwh: tuple[float, ...]
    max_power_kw: tuple[float, ...]
    min_power_kw: float


SOLO_BUS = VehicleModel("solo", "12 m bus", (350.0, 422.0), (100.0, 150.0), 10.0)
ARTICULATED_BUS = VehicleModel("artic", "18 m bus", (525.0, 553.0), (150.0,), 10.0)
TRUCK = VehicleModel("truck", "distribution truck", (265.0, 390.0), (50.0, 100.0), 10.0)
VAN = VehicleModel("van", "delivery van", (60.0, 75.0, 90.0), (11.0, 22.0), 4.1)

Fleet = Sequence[tuple[float, VehicleModel]]


def models(fleet: Fleet, n_vehicles: int) -> Iterator[VehicleModel]:
    """The model of every vehicle, in the fleet's order and by its shares, which sum to 1."""
    reach = 0.0
    for share, model in fleet:
        before, reach = round(reach * n_vehicles), reach + share
        yield from repeat(model, round(reach * n_vehicles) - before)
