"""A small good request to start from: three buses, one winter night, quarter-hour prices."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

NIGHT = datetime(2026, 1, 19, 15, 0, tzinfo=UTC)  # 17:00 in Helsinki
NOW = "2026-01-19T17:00:00+02:00"
NOW_MS = 1_768_834_800_000
SLOT = timedelta(minutes=15)


def prices(slots: int = 64) -> list[dict[str, Any]]:
    """Quarter-hour prices from now on: dear in the evening, cheap in the small hours."""
    starts = [NIGHT + i * SLOT for i in range(slots)]
    return [
        {
            "from": start.isoformat(),
            "to": (start + SLOT).isoformat(),
            "pricePerKwh": 0.06 if start.hour < 5 else round(0.15 + 0.01 * (start.hour % 4), 3),
        }
        for start in starts
    ]


def a_vehicle(vehicle_id: str, **changes: Any) -> dict[str, Any]:
    """A bus of 300 kWh that takes 5 to 100 kW and may pause."""
    return {
        "id": vehicle_id,
        "fullChargeEnergykWh": 300,
        "maxChargePowerkW": 100,
        "minChargePowerkW": 5,
        "supportsPauseResume": True,
        "enableChargeScheduling": True,
    } | changes


def a_schedule(schedule_id: str, vehicle_id: str, **changes: Any) -> dict[str, Any]:
    """One night from 18:00 to 06:00 in Helsinki, from 30 % to 90 %."""
    return {
        "id": schedule_id,
        "evId": vehicle_id,
        "locationUid": "yard",
        "plannedArrivalTime": "2026-01-19T16:00:00.000Z",
        "plannedDepartureTime": "2026-01-20T04:00:00.000Z",
        "startSoC": 30,
        "targetSoC": 90,
    } | changes


def a_site(**changes: Any) -> dict[str, Any]:
    """A yard in Helsinki with 150 kW from the grid, 10 kW of it taken, and two chargers."""
    return {
        "locationUid": "yard",
        "timeZone": "Europe/Helsinki",
        "currency": "EUR",
        "powerCapKw": 150,
        "baseLoadKw": 10,
        "acDcPowerRatio": 0.95,
        "prices": prices(),
        "stations": [
            {"stationId": "A", "maxPowerKw": 120, "connectors": [{"connectorId": "1", "maxPowerKw": 80}]},
            {"stationId": "B"},
        ],
        "groups": [
            {"id": "feeder", "parentId": None, "powerCapKw": 140, "stationIds": ["B"]},
            {"id": "row", "parentId": "feeder", "powerCapKw": 110, "stationIds": ["A"]},
        ],
    } | changes


def a_request(**changes: Any) -> dict[str, Any]:
    """Three buses at one site for one night; each change replaces a whole top-level field."""
    request = {
        "now": NOW,
        "slotMinutes": 15,
        "site": a_site(),
        "settings": {"departureMarginMinutes": 10, "minimumSoC": 20},
        "vehicles": [a_vehicle(f"bus-{n}") for n in (1, 2, 3)],
        "schedules": [
            a_schedule("s-1", "bus-1", stationId="A", connectorId="1"),
            a_schedule("s-2", "bus-2", stationId="B"),
            a_schedule("s-3", "bus-3", startSoC=55, plannedArrivalTime="2026-01-19T20:30:00.000Z"),
        ],
    }
    return deepcopy(request | changes)
