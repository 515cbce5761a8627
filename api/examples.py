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

SITE_UID = "depot-north"
PLAN_ID = "01KK9Q3SD80000000000000001"
OTHER_PLAN_ID = "01KK9Q3SD80000000000000002"
JOB_ID = "01KK9Q3SD80000000000000003"
RUN_ID = "5f0c2b7e9a3d4c1f8b6a0d2e4c6f8a01"
"""Things that are there in a store that was filled for trying the examples."""

STORED_SITE: dict[str, Any] = {
    "site": {**PLAN_REQUEST["site"], "powerCapKw": 140},
    "settings": {"departureMarginMinutes": 15, "minimumSoC": 20},
}

REPLAN: dict[str, Any] = {"locationUids": [SITE_UID], "dryRun": True, "force": False}

_CHECKED_AT_MS = 1_773_072_000_000


def check_example() -> dict[str, Any]:
    """A small request with the plan that answers it."""
    from api.service import make_plan

    first = PLAN_REQUEST["schedules"][0]["evId"]
    request = {
        **PLAN_REQUEST,
        "slotMinutes": 60,
        "vehicles": [vehicle for vehicle in PLAN_REQUEST["vehicles"] if vehicle["id"] == first],
        "schedules": [schedule for schedule in PLAN_REQUEST["schedules"] if schedule["evId"] == first],
    }
    return {"request": request, "plan": make_plan(request, clock=lambda: _CHECKED_AT_MS)}
