"""A what-if question that works as it stands, with a change of most kinds."""

from pydantic.config import JsonDict

from api.examples import PLAN_REQUEST

EXAMPLE_WHAT_IF: JsonDict = {
    "request": PLAN_REQUEST,
    "changes": [
        {"kind": "power-cap", "name": "a smaller connection", "powerCapKw": 60},
        {
            "kind": "power-cap",
            "name": "curtailed by the grid",
            "powerCapKw": 20,
            "window": {"from": "2026-03-09T22:00:00+02:00", "to": "2026-03-10T02:00:00+02:00"},
        },
        {"kind": "late-arrival", "scheduleId": "s-1", "byMinutes": 45},
        {"kind": "other-departure", "evId": "bus-215", "byMinutes": -30},
        {"kind": "away", "evId": "bus-214"},
        {"kind": "repair", "scheduleId": "s-2", "repair": {"kind": "lower-target", "toSoC": 90}},
        {
            "kind": "one-more",
            "name": "a third bus",
            "vehicle": {
                "id": "bus-216",
                "fullChargeEnergykWh": 422,
                "maxChargePowerkW": 150,
                "supportsPauseResume": True,
            },
            "schedule": {
                "id": "s-3",
                "evId": "bus-216",
                "locationUid": "depot-north",
                "plannedArrivalTime": "2026-03-09T19:30:00+02:00",
                "plannedDepartureTime": "2026-03-10T06:00:00+02:00",
                "startSoC": 25,
                "targetSoC": 90,
            },
        },
        {
            "kind": "together",
            "name": "dear and late",
            "changes": [
                {"kind": "energy-price", "prices": 0.3},
                {"kind": "late-arrival", "evId": "bus-215", "byMinutes": 20},
            ],
        },
        {"kind": "random-lateness", "draws": 12, "seed": 7, "shareLate": 0.4, "meanMinutes": 20},
    ],
}
