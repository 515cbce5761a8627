"""Vendor objects with every field that the vendor's reference shows, in its spelling."""

from typing import Any

_SEGMENT = {
    "durationMs": 0,
    "endSoc": 0,
    "energykWh": 0,
    "from": 0,
    "paused": True,
    "powerIsBeingLimited": True,
    "powerUnlimited": True,
    "powerkW": 0,
    "startSoc": 0,
    "tag": ["bulk"],
    "to": 0,
}

# The reference's own example: zeros, nulls and the word "string" everywhere; only the times are real.
FULL_SCHEDULE: dict[str, Any] = {
    "evId": "string",
    "id": "string",
    "locationUid": "string",
    "plan": {
        "departureMarginMs": 0,
        "endSoc": 0,
        "endTime": 0,
        "energyKwh": 0,
        "pastSegments": [_SEGMENT],
        "reachedTargetSocInSchedule": True,
        "schedule": {
            "ev": {
                "batteryEnergyNeedkWh": 0,
                "batterySizekWh": 0,
                "energyNeedkWh": 0,
                "maxPowerkW": 0,
                "preconditioning": {
                    "batteryPreconditioningTimeMs": 0,
                    "vehiclePreconditioningEnergykWh": 0,
                    "vehiclePreconditioningTimeMs": 0,
                },
                "supportsPausing": True,
            },
            "from": 0,
            "id": "string",
            "priority": 0,
            "settings": {
                "bulkSoC": 0,
                "departureMarginMinutes": 0,
                "evMaxPowerkW": 0,
                "evMinPowerkW": 0,
                "minimumSoC": 0,
                "powerRules": [{"idealPowerkW": None, "tag": None}],
            },
            "startSoc": 0,
            "targetSoc": 0,
            "to": 0,
            "tx": {"chargingEndTime": "2026-01-19T16:30:00Z", "chargingStartTime": "2026-01-19T16:10:00Z"},
        },
        "segments": [_SEGMENT],
    },
    "planMeta": {
        "frozen": True,
        "strategy": "peak-supression",
        "strategyVersion": "string",
        "timestamp": "string",
        "trigger": "ev-connected",
        "triggerDescription": "string",
    },
    "plannedArrivalTime": "2026-01-19T16:00:00Z",
    "plannedDepartureTime": "2026-01-20T04:00:00Z",
    "recurrenceRule": "string",
    "startSoC": 0,
    "targetSoC": 0,
}

FULL_VEHICLE: dict[str, Any] = {
    "id": "string",
    "chargingPorts": [{"inactive": True, "macAddress": "04:E7:7E:00:F0:FA", "type": "CCS2"}],
    "evMacAddress": None,
    "name": "string",
    "evModel": "string",
    "licensePlate": "string",
    "notes": "string",
    "locationUid": ["string"],
    "fullChargeEnergykWh": 1,
    "maxChargePowerkW": 1,
    "minChargePowerkW": 0,
    "minPreconditioningPowerkW": 0,
    "consumption": 0,
    "enableChargeScheduling": True,
    "supportsPauseResume": True,
    "v2icpParameters": {"ambientTemp": None, "interiorHvac": "HotWaterAndHeating", "preconditioning": True},
    "v2icp": {"odometer": "182000", "v2icp": None, "response": {}},
    "vin": "string",
    "chargingCurve": [{"soc": 0, "powerKw": 1}],
}
