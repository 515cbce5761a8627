"""Two per cent more cap than needed: nearly every quarter hour of the night is full."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="tight-cap",
    purpose="2 % more cap than the least that is enough",
    build=of_kind(DepotKind(cap_slack=1.02)),
)
