"""One whole request with every field that is ours: shown in the service's description of itself."""

from pydantic.config import JsonDict

EXAMPLE_REQUEST: JsonDict = {
    "now": "2026-11-02T17:30:00+02:00",
    "horizonHours": 36,
    "slotMinutes": 15,
    "strategy": "cost",
    "site": {
        "locationUid": "harbour-yard",
        "timeZone": "Europe/Helsinki",
        "currency": "EUR",
        "powerCapKw": [
            {"from": "2026-11-02T00:00:00+02:00", "to": "2026-11-03T06:00:00+02:00", "powerCapKw": 320},
            {"from": "2026-11-03T06:00:00+02:00", "to": "2026-11-04T00:00:00+02:00", "powerCapKw": 260},
        ],
        "baseLoadKw": 25,
        "acDcPowerRatio": 0.95,
        "prices": [
            {"from": "2026-11-02T17:00:00+02:00", "to": "2026-11-02T22:00:00+02:00", "pricePerKwh": 0.24},
            {"from": "2026-11-02T22:00:00+02:00", "to": "2026-11-03T07:00:00+02:00", "pricePerKwh": 0.07},
        ],
        "carbonIntensity": [
            {"from": "2026-11-02T17:00:00+02:00", "to": "2026-11-03T07:00:00+02:00", "carbonIntensity": 61},
        ],
        "demandCharge": {
            "pricePerKw": 9.8,
            "billedPeakKw": 180,
            "windows": [{"from": "2026-11-02T17:00:00+02:00", "to": "2026-11-02T20:00:00+02:00"}],
        },
        "groups": [{"id": "west-feeder", "parentId": None, "powerCapKw": 200, "stationIds": ["W-1"]}],
        "stations": [
            {
                "stationId": "W-1",
                "maxPowerKw": 180,
                "connectors": [
                    {"connectorId": "1", "maxPowerKw": 120},
                    {"connectorId": "2", "maxPowerKw": 120},
                ],
            }
        ],
    },
    "settings": {
        "departureMarginMinutes": 10,
        "minimumSoC": 25,
        "bulkSoC": 80,
        "evMinPowerkW": 0,
        "evMaxPowerkW": 350,
        "assumedStartSoC": 30,
        "assumedTargetSoC": 95,
        "minRunMinutes": 10,
        "maxPauses": 4,
        "shortfallPolicy": "fair",
        "powerRules": [{"tag": "bulk", "idealPowerkW": 90}],
    },
    "vehicles": [
        {
            "id": "coach-11",
            "fullChargeEnergykWh": 380,
            "maxChargePowerkW": 120,
            "minChargePowerkW": 6,
            "supportsPauseResume": True,
            "enableChargeScheduling": True,
            "chargingCurve": [
                {"soc": 0, "powerKw": 120},
                {"soc": 75, "powerKw": 120},
                {"soc": 100, "powerKw": 24},
            ],
        }
    ],
    "schedules": [
        {
            "id": "night-1",
            "evId": "coach-11",
            "locationUid": "harbour-yard",
            "plannedArrivalTime": "2026-11-02T18:10:00+02:00",
            "plannedDepartureTime": "2026-11-03T05:40:00+02:00",
            "startSoC": 28,
            "targetSoC": 92,
            "stationId": "W-1",
            "connectorId": "1",
        }
    ],
    "recurringSchedules": [
        {
            "id": "weekdays-1",
            "evId": "coach-11",
            "locationUid": "harbour-yard",
            "recurrenceRule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "plannedArrivalTime": "2026-11-02T18:00:00+02:00",
            "plannedDepartureTime": "2026-11-03T05:30:00+02:00",
            "startSoC": 35,
            "targetSoC": 95,
        }
    ],
}
