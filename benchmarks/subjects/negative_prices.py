"""Prices below zero at night: cheaper than free, and still nobody is charged beyond the target."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind
from benchmarks.tariffs import windy_night

SUBJECT = Subject(
    name="negative-prices",
    purpose="some quarter hours of the night cost less than nothing",
    build=of_kind(DepotKind(tariff=windy_night)),
)
