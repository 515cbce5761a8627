"""Arrivals and departures at odd minutes: every vehicle adds edges, so there are many short pieces."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="ragged-arrivals",
    purpose="arrivals and departures to the minute",
    build=of_kind(DepotKind(grid_minutes=1)),
)
