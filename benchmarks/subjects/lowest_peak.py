"""The strategy `peak-supression`: the lowest peak first, then the cheapest plan under it."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="lowest-peak",
    purpose="lowest peak, then cost: two programmes, one after the other",
    build=of_kind(DepotKind(strategy="peak-supression", cap_slack=1.5)),
)
