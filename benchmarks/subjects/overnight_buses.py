"""Buses of one depot over one night: the usual case, and the one that grows."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="overnight-buses",
    purpose="12 m and 18 m buses, 15 % more cap than the least that is enough",
    build=of_kind(DepotKind()),
    sizes=(20, 50, 100, 200, 500),
)
