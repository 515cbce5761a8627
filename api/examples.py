"""Requests that work as they stand: shown in the API description, sent by its tests."""

from typing import Any

PLAN_REQUEST: dict[str, Any] = {
    "now": "2026-03-09T18:00:00+02:00",
    "horizonHours": 24,
    "slotMinutes": 15,
    "strategy": "cost",
    "site": {
        "locationUid": "depot-north",
        "timeZone": "Europe/Helsinki",
        "currency": "EUR",
        "powerCapKw": 120,
        "baseLoadKw": 15,
        "acDcPowerRatio": 0.94,
        "prices": [
            {"from": "2026-03-09T18:00:00+02:00", "to": "2026-03-09T22:00:00+02:00", "pricePerKwh": 0.21},
            {"from": "2026-03-09T22:00:00+02:00", "to": "2026-03-10T06:00:00+02:00", "pricePerKwh": 0.07},
        ],
    },
    "settings": {"departureMarginMinutes": 15, "minimumSoC": 20},
    "vehicles": [
        {"id": "bus-214", "fullChargeEnergykWh": 422, "maxChargePowerkW": 150, "supportsPauseResume": True},
        {"id": "bus-215", "fullChargeEnergykWh": 350, "maxChargePowerkW": 100, "supportsPauseResume": True},
    ],
    "schedules": [
        {
            "id": "s-1",
            "evId": "bus-214",
            "locationUid": "depot-north",
            "plannedArrivalTime": "2026-03-09T18:35:00+02:00",
            "plannedDepartureTime": "2026-03-10T05:50:00+02:00",
            "startSoC": 31,
            "targetSoC": 90,
        },
        {
            "id": "s-2",
            "evId": "bus-215",
            "locationUid": "depot-north",
            "plannedArrivalTime": "2026-03-09T20:10:00+02:00",
            "plannedDepartureTime": "2026-03-10T05:20:00+02:00",
            "startSoC": 44,
            "targetSoC": 95,
        },
    ],
}
