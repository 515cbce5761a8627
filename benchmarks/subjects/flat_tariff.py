"""One price all day: every plan that serves all is as cheap as any other, so ties are everywhere."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind
from benchmarks.tariffs import flat

SUBJECT = Subject(
    name="flat-tariff",
    purpose="one price for every quarter hour",
    build=of_kind(DepotKind(tariff=flat)),
)
