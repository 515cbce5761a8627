"""Every vehicle off or at 10 kW at least: what the relaxation leaves broken must be mended."""

from benchmarks.fleet import SOLO_BUS, TRUCK, VAN
from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="least-power",
    purpose="least power of 4.1 to 10 kW on all, all able to pause",
    build=of_kind(DepotKind(fleet=((0.3, VAN), (0.3, TRUCK), (0.4, SOLO_BUS)), least_power=True)),
    linear=False,
)
