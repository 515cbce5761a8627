"""Plan requests of any size."""

from random import Random
from typing import Any

from tests.plan_builders import a_request_document

_MINUTES_PER_DAY = 1_440


def a_depot(vehicles: int, **changes: Any) -> dict[str, Any]:
    """A night of so many buses under a cap that does not let them all charge at once."""
    chance = Random(vehicles)
    buses = [
        {"id": f"bus-{i}", "fullChargeEnergykWh": 400, "maxChargePowerkW": 150, "supportsPauseResume": True}
        for i in range(vehicles)
    ]
    site = {**a_request_document()["site"], "powerCapKw": 30 * vehicles}
    stays = [_a_stay(bus["id"], chance) for bus in buses]
    return {**a_request_document(site=site, vehicles=buses, schedules=stays, slotMinutes=15), **changes}


def a_monster(vehicles: int = 1_000) -> dict[str, Any]:
    """A small text that takes far longer than any test: nobody can pause, and every power has a floor."""
    depot = a_depot(vehicles, slotMinutes=1)
    for bus in depot["vehicles"]:
        bus |= {"supportsPauseResume": False, "minChargePowerkW": 40}
    return depot


def _a_stay(vehicle_id: str, chance: Random) -> dict[str, Any]:
    arrival, departure = 1_080 + chance.randrange(240), 1_740 + chance.randrange(120)
    return {
        "id": f"stay-{vehicle_id}",
        "evId": vehicle_id,
        "locationUid": "depot",
        "plannedArrivalTime": _instant(arrival),
        "plannedDepartureTime": _instant(departure),
        "startSoC": chance.randrange(10, 50),
        "targetSoC": 95,
    }


def _instant(minute: int) -> str:
    day, rest = divmod(minute, _MINUTES_PER_DAY)
    return f"2026-03-{9 + day:02d}T{rest // 60:02d}:{rest % 60:02d}:00Z"
