"""A third of the buses come at midday as well: two stays of one vehicle in one plan."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="two-visits",
    purpose="35 % of the buses also charge at midday",
    build=of_kind(DepotKind(visit_share=0.35)),
)
