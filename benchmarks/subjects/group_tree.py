"""Halls, feeders and shared power units between the vehicles and the grid: caps inside caps."""

from benchmarks.feeders import behind_feeders
from benchmarks.generator import DepotKind, Request, generate
from benchmarks.subject import Subject


def build(n_vehicles: int, slot_minutes: int) -> Request:
    """A night of buses, two of them at every power unit."""
    return behind_feeders(generate(DepotKind(), n_vehicles, slot_minutes=slot_minutes))


SUBJECT = Subject(
    name="group-tree",
    purpose="two halls, a feeder for every 50 vehicles, a power unit for every two",
    build=build,
)
