"""Which of ev.energy's vehicles is which of ours, where both tell the VIN."""

from collections import Counter
from collections.abc import Iterable, Iterator

from adapters.evenergy.payloads import Vehicle


def matches_by_vin(
    ours: Iterable[tuple[str, str | None]], theirs: Iterable[Vehicle]
) -> tuple[tuple[str, str], ...]:
    """Pairs of our id and theirs with one VIN; `ours` gives id and VIN of each vehicle.

    Case and blanks do not count. A VIN that one side has twice proves nothing and matches nobody.
    """
    known = dict(_unambiguous(ours))
    found = dict(_unambiguous((vehicle.id, vehicle.vin) for vehicle in theirs))
    return tuple(sorted((known[vin], found[vin]) for vin in known.keys() & found.keys()))


def _unambiguous(vehicles: Iterable[tuple[str, str | None]]) -> Iterator[tuple[str, str]]:
    written = [("".join((vin or "").split()).upper(), vehicle_id) for vehicle_id, vin in vehicles]
    named = [(vin, vehicle_id) for vin, vehicle_id in written if vin]
    times = Counter(vin for vin, _ in named)
    return ((vin, vehicle_id) for vin, vehicle_id in named if times[vin] == 1)
