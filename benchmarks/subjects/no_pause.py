"""Three in ten vehicles charge in one unbroken run, and all have a least power."""

from benchmarks.generator import DepotKind
from benchmarks.subject import Subject, of_kind

SUBJECT = Subject(
    name="no-pause",
    purpose="30 % cannot pause, least power on all",
    build=of_kind(DepotKind(no_pause_share=0.3, least_power=True)),
    linear=False,
    sizes=(20, 100),
)
