"""Less cap than needed: the fair shares of what is missing take solves of their own."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="over-subscribed",
    purpose="15 % less cap than needed, shortfalls shared fairly",
    build=of_kind(DepotKind(cap_slack=0.85)),
)
