"""The way from the grid connection to the plug: two halls, their feeders, power units with two plugs each.

Neighbours in the request share a power unit. Its power is 0.9 of its vehicles' together, which is enough
because no stay takes more than 0.85 of what it could. Halls and feeders have the least cap with which a
simple dispatch serves all below them, times a slack.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from benchmarks.capacity import least_cap_kw
from benchmarks.generator import AC_DC_RATIO, Request, jobs_of

VEHICLES_PER_UNIT = 2
UNITS_PER_FEEDER = 25
HALLS = 2
SLACK = 1.15
UNIT_SHARE = 0.9

Json = dict[str, Any]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A power unit, and the vehicles at its plugs."""

    station_id: str
    vehicles: list[Json]


def behind_feeders(request: Request) -> Request:
    """The request with a place for every vehicle, and the caps above it. Every vehicle has one stay."""
    units = [
        _Unit(f"unit-{k:04d}", vehicles)
        for k, vehicles in enumerate(_in_parts(request["vehicles"], VEHICLES_PER_UNIT))
    ]
    place = {vehicle["id"]: unit.station_id for unit in units for vehicle in unit.vehicles}
    schedules = [entry | {"stationId": place[entry["evId"]]} for entry in request["schedules"]]
    tree = {"stations": [_station(unit) for unit in units], "groups": list(_groups(units, schedules))}
    return request | {"schedules": schedules, "site": request["site"] | tree}


def _station(unit: _Unit) -> Json:
    together_kw = sum(vehicle["maxChargePowerkW"] for vehicle in unit.vehicles)
    return {"stationId": unit.station_id, "maxPowerKw": round(UNIT_SHARE * together_kw, 1)}


def _groups(units: list[_Unit], schedules: list[Json]) -> Iterator[Json]:
    for hall, in_hall in enumerate(_in_parts(units, -(-len(units) // HALLS))):
        hall_id = f"hall-{hall}"
        yield {"id": hall_id, "powerCapKw": _cap_kw(in_hall, schedules)}
        for feeder, in_feeder in enumerate(_in_parts(in_hall, UNITS_PER_FEEDER)):
            yield {
                "id": f"{hall_id}-feeder-{feeder}",
                "parentId": hall_id,
                "powerCapKw": _cap_kw(in_feeder, schedules),
                "stationIds": [unit.station_id for unit in in_feeder],
            }


def _cap_kw(units: list[_Unit], schedules: list[Json]) -> float:
    vehicles = [vehicle for unit in units for vehicle in unit.vehicles]
    ids = {vehicle["id"] for vehicle in vehicles}
    jobs = jobs_of(vehicles, [entry for entry in schedules if entry["evId"] in ids])
    return round(least_cap_kw(jobs, np.zeros(24 * 4), AC_DC_RATIO, 0.25) * SLACK, 1)


def _in_parts(items: list[Item], size: int) -> Iterator[list[Item]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]
