"""The depot of the demonstration: sixty vehicles, one windy winter night, and what makes nights hard.

    python -m benchmarks.overnight_60        writes benchmarks/instances/overnight_60.json

A generated depot with some vehicles made special: five that cannot pause, one of which charges already;
three that must be served first; two whose stay is too short for what they need; two whose stays recur.
"""

from pathlib import Path

from benchmarks.fleet import ARTICULATED_BUS, SOLO_BUS, TRUCK
from benchmarks.generator import DepotKind, Request, at, generate
from benchmarks.layout import readable_json
from benchmarks.tariffs import windy_night

INSTANCE = Path(__file__).parent / "instances" / "overnight_60.json"

N_VEHICLES = 60
NOW_MINUTES = 330  # half past five
CAP_KW = 1100

NIGHT = DepotKind(
    fleet=((0.6, SOLO_BUS), (0.3, ARTICULATED_BUS), (0.1, TRUCK)),
    tariff=windy_night,
    least_power=True,
    now_minutes=NOW_MINUTES,
    # A winter tariff: power is billed on working days from 07:00 to 21:00.
    demand_charge={
        "pricePerKw": 3.2,
        "billedPeakKw": 640,
        "windows": [{"from": at(300), "to": at(540)}, {"from": at(1140), "to": at(1980)}],
    },
)

CANNOT_PAUSE = ("solo-04", "solo-11", "solo-27", "artic-06", "truck-02")
CHARGES_ALREADY = "solo-04"
SERVED_FIRST = ("solo-02", "solo-19", "artic-12")
WITHOUT_LEAST_POWER = ("truck-01", "truck-05")
TOO_SHORT = {"artic-15": (795, 945), "truck-06": (765, 1035)}  # arrival and departure
RECURRING = ("solo-33", "artic-18")


def overnight_60() -> Request:
    """The request; always the same."""
    request = generate(NIGHT, N_VEHICLES, seed=60)
    for vehicle in request["vehicles"]:
        vehicle["supportsPauseResume"] = vehicle["id"] not in CANNOT_PAUSE
        if vehicle["id"] in WITHOUT_LEAST_POWER:
            vehicle["minChargePowerkW"] = 0.0
    request["site"]["powerCapKw"] = CAP_KW
    _drop_the_past(request["site"])
    _begin_charging(request)
    _serve_first(request)
    _cut_short(request)
    _let_recur(request)
    return request


def _drop_the_past(site: Request) -> None:
    for name in ("baseLoadKw", "prices"):
        site[name] = [entry for entry in site[name] if entry["to"] > at(NOW_MINUTES)]


def _begin_charging(request: Request) -> None:
    schedule = _schedule_of(request, CHARGES_ALREADY)
    began = {"chargingStartTime": at(NOW_MINUTES - 25)}
    schedule |= {
        "plannedArrivalTime": at(NOW_MINUTES - 35),
        "startSoC": 31.0,
        "currentSoC": 43.0,
        "plan": {"schedule": {"tx": began}},
    }


def _serve_first(request: Request) -> None:
    for vehicle_id in SERVED_FIRST:
        _schedule_of(request, vehicle_id)["plan"] = {"schedule": {"priority": 2}}


def _cut_short(request: Request) -> None:
    """Late in, early out, nearly empty: even full power all the time is not enough."""
    for vehicle_id, (arrival, departure) in TOO_SHORT.items():
        schedule = _schedule_of(request, vehicle_id)
        schedule |= {
            "plannedArrivalTime": at(arrival),
            "plannedDepartureTime": at(departure),
            "startSoC": 22.0,
            "targetSoC": 95.0,
        }


def _let_recur(request: Request) -> None:
    """The same stay every working day, first last week."""
    recurring = [_schedule_of(request, vehicle_id) for vehicle_id in RECURRING]
    request["schedules"] = [entry for entry in request["schedules"] if entry not in recurring]
    request["recurringSchedules"] = [
        {
            "id": f"weekdays-{entry['evId']}",
            "evId": entry["evId"],
            "locationUid": entry["locationUid"],
            "recurrenceRule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "plannedArrivalTime": entry["plannedArrivalTime"].replace("2026-02-11", "2026-02-02"),
            "plannedDepartureTime": entry["plannedDepartureTime"].replace("2026-02-12", "2026-02-03"),
            "startSoC": entry["startSoC"],
            "targetSoC": entry["targetSoC"],
        }
        for entry in recurring
    ]


def _schedule_of(request: Request, vehicle_id: str) -> Request:
    return next(entry for entry in request["schedules"] if entry["evId"] == vehicle_id)


if __name__ == "__main__":
    INSTANCE.write_text(readable_json(overnight_60()), encoding="utf-8")
