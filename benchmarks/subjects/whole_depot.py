"""What a real depot has, all at once: feeders, shared power units, tapering batteries, no pauses."""

from typing import Any

from benchmarks.feeders import behind_feeders
from benchmarks.generator import DepotKind, Request, generate
from benchmarks.subject import Subject

KIND = DepotKind(no_pause_share=0.3, least_power=True)
TAPER_FROM_SOC = 80.0
FULL_SHARE = 0.2  # of the largest power, where the battery is full


def build(n_vehicles: int, slot_minutes: int) -> Request:
    """A night of buses whose power falls in a straight line above 80 %."""
    return tapering(generate(KIND, n_vehicles, slot_minutes=slot_minutes))


def tapering(request: Request) -> Request:
    """The same depot behind feeders, with that curve for every vehicle."""
    request = behind_feeders(request)
    return request | {"vehicles": [entry | {"chargingCurve": _curve(entry)} for entry in request["vehicles"]]}


def _curve(vehicle: dict[str, Any]) -> list[dict[str, float]]:
    largest_kw = vehicle["maxChargePowerkW"]
    corners = ((0.0, 1.0), (TAPER_FROM_SOC, 1.0), (100.0, FULL_SHARE))
    return [{"soc": soc, "powerKw": share * largest_kw} for soc, share in corners]


SUBJECT = Subject(
    name="whole-depot",
    purpose="feeders, shared power units, a least power and a taper on all, 30 % cannot pause",
    build=build,
    linear=False,
    sizes=(20, 100),
)
