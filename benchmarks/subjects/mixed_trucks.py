"""Vans of 11 kW beside trucks of 100 kW: many small vehicles that a cap hardly sees, few that fill it."""

from benchmarks.fleet import SOLO_BUS, TRUCK, VAN
from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="mixed-trucks",
    purpose="vans, trucks and a few buses behind one connection",
    build=of_kind(DepotKind(fleet=((0.4, VAN), (0.4, TRUCK), (0.2, SOLO_BUS)))),
)
