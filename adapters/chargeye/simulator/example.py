"""Depots to try things with: invented, and the same for the same arguments."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from adapters.chargeye.simulator.depot import JsonObject, Seed
from adapters.simulation.fleet import example_vin
from optimiser.units import iso_z, to_ms

_MODELS = (("City 12 m", 422.0, 150.0), ("Articulated 18 m", 564.0, 240.0), ("Delivery 16 t", 300.0, 120.0))
_STATION_KW = 240.0


def example_seed(
    locations: int = 1, vehicles: int = 8, *, now: datetime | None = None, seed: int = 0
) -> Seed:
    """Depots with their vehicles spread evenly, each expected tonight and tomorrow night.

    The clock runs from `now` (default: the real time, to which the nights belong).
    """
    draws = random.Random(seed)
    start = (now or datetime.now(UTC)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    uids = [f"depot-{place + 1}" for place in range(locations)]
    fleet = [_vehicle(number, uids[number % locations], draws) for number in range(vehicles)]
    nights = [(vehicle, night) for vehicle in fleet for night in range(2)]
    per_depot = -(-vehicles // locations)
    return Seed(
        now=now,
        locations=[_location(uid) for uid in uids],
        stations=[_station(uid, place) for uid in uids for place in range(-(-per_depot // 2))],
        power_groups={_group_id(uid): _group(uid, per_depot) for uid in uids},
        vehicles=[{"vehicle": vehicle} for vehicle in fleet],
        schedules=[_schedule(vehicle, start + timedelta(days=night), draws) for vehicle, night in nights],
    )


def _location(uid: str) -> JsonObject:
    return {"id": uid, "name": uid.replace("-", " ").title(), "country": "Finland", "countryCode": "FI"}


def _group_id(uid: str) -> str:
    return f"grid-{uid}"


def _group(uid: str, vehicles: int) -> JsonObject:
    """A connection that gives every vehicle about 30 kW at once: enough by night, too little at any time."""
    amperes = max(63, round(vehicles * 30 / (3**0.5 * 0.4)))
    return {"groupId": _group_id(uid), "limitationType": "InputCurrent", "maxCurrentA": amperes}


def _station(uid: str, place: int) -> JsonObject:
    station_id = f"{uid}-S{place + 1}"
    return {
        "stationId": station_id,
        "name": f"Cabinet {place + 1}",
        "status": "Operative",
        "onlineStatus": "Online",
        "locationUid": uid,
        "location": {"name": uid.replace("-", " ").title()},
        "powerGroupParentPath": [_group_id(uid)],
        "acDcPowerRatio": 0.94,
        "maxPowerKw": _STATION_KW,
        "connectors": [_connector(number) for number in ("1", "2")],
    }


def _connector(number: str) -> JsonObject:
    power = {"maxPowerKw": 150.0, "maxPowerKwActual": 150.0}
    return {"connectorId": number, "name": number, "type": "CCS", "status": "Available", **power}


def _vehicle(number: int, uid: str, draws: random.Random) -> JsonObject:
    model, battery_kwh, power_kw = draws.choice(_MODELS)
    mac_address = f"02:00:00:00:{number // 256:02X}:{number % 256:02X}"
    return {
        "id": f"bus-{number + 1:03}",
        "name": f"Bus {number + 1}",
        "vin": example_vin(number + 1),
        "evModel": model,
        "locationUid": [uid],
        "chargingPorts": [{"macAddress": mac_address, "type": "CCS2"}],
        "fullChargeEnergykWh": battery_kwh,
        "maxChargePowerkW": power_kw,
        "minChargePowerkW": 0.0,
        "enableChargeScheduling": True,
        "supportsPauseResume": True,
    }


def _schedule(vehicle: JsonObject, start: datetime, draws: random.Random) -> dict[str, Any]:
    arrival = start + timedelta(minutes=draws.randrange(5, 240, 5))
    departure = arrival + timedelta(minutes=draws.randrange(420, 660, 5))
    return {
        "id": str(UUID(int=draws.getrandbits(128), version=4)),
        "evId": vehicle["id"],
        "locationUid": vehicle["locationUid"][0],
        "plannedArrivalTime": iso_z(to_ms(arrival)),
        "plannedDepartureTime": iso_z(to_ms(departure)),
        "startSoC": draws.randrange(15, 55),
        "targetSoC": 90,
    }
