"""Depots in a plainer JSON than the planner's, with known optimal costs: from that shape to a request.

    python -m benchmarks.plain_depot PLAIN.json > request.json

A plain depot has `horizon` (start, end, stepMinutes), `site` (powerCapKw), `prices` (start, eurPerKwh)
and `vehicles`, each with one stay. Charging is lossless. `instances/plain_costs.json` has, by number of
vehicles, the optimal cost of the file of that size; it is the same with least power and without.
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.layout import readable_json

INSTANCES = Path(__file__).parent / "instances"
UID = "plain-depot"

Json = dict[str, Any]


def known_costs() -> dict[int, float]:
    """The optimal cost [EUR] by number of vehicles."""
    costs = json.loads((INSTANCES / "plain_costs.json").read_text(encoding="utf-8"))
    return {int(n_vehicles): cost for n_vehicles, cost in costs.items()}


def read_plain(path: Path) -> Json:
    """A plain depot from a file."""
    plain: Json = json.loads(path.read_text(encoding="utf-8"))
    return plain


def to_request(plain: Json, *, least_power: bool = True) -> Json:
    """The plan request of a plain depot; `least_power` False drops every vehicle's least power."""
    horizon = plain["horizon"]
    return {
        "now": horizon["start"],
        "horizonHours": 24,
        "slotMinutes": horizon["stepMinutes"],
        "strategy": "cost",
        "site": {
            "locationUid": UID,
            "timeZone": "UTC",
            "currency": "EUR",
            "powerCapKw": plain["site"]["powerCapKw"],
            "prices": _prices(plain["prices"], horizon["end"]),
        },
        "vehicles": [_vehicle(vehicle, least_power=least_power) for vehicle in plain["vehicles"]],
        "schedules": [_schedule(vehicle) for vehicle in plain["vehicles"]],
    }


def _prices(prices: list[Json], end: str) -> list[Json]:
    starts = [price["start"] for price in prices]
    return [
        {"from": start, "to": stop, "pricePerKwh": price["eurPerKwh"]}
        for start, stop, price in zip(starts, [*starts[1:], end], prices, strict=True)
    ]


def _vehicle(vehicle: Json, *, least_power: bool) -> Json:
    return {
        "id": vehicle["id"],
        "fullChargeEnergykWh": vehicle["batteryKwh"],
        "maxChargePowerkW": vehicle["maxPowerKw"],
        "minChargePowerkW": vehicle["minPowerKw"] if least_power else 0.0,
        "supportsPauseResume": vehicle["supportsPausing"],
        "enableChargeScheduling": True,
    }


def _schedule(vehicle: Json) -> Json:
    return {
        "id": f"stay-{vehicle['id']}",
        "evId": vehicle["id"],
        "locationUid": UID,
        "plannedArrivalTime": vehicle["arrival"],
        "plannedDepartureTime": vehicle["departure"],
        "startSoC": vehicle["startSoc"],
        "targetSoC": vehicle["targetSoc"],
    }


if __name__ == "__main__":
    sys.stdout.write(readable_json(to_request(read_plain(Path(sys.argv[1])))))
