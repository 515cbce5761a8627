"""A night that is planned already, and one bus comes back emptier: a replan moves few others."""

from api.service import make_plan
from benchmarks.generator import DepotKind, Request, generate
from benchmarks.subject import Subject

EMPTIER_SOC = 15
CREATED_AT_MS = 1_770_800_000_000


def build(n_vehicles: int, slot_minutes: int) -> Request:
    """The night of `overnight-buses` with its plan; then the first bus needs more."""
    return after_one_change(generate(DepotKind(), n_vehicles, slot_minutes=slot_minutes))


def after_one_change(request: Request) -> Request:
    """A depot with the plan that it got, and its first vehicle emptier than planned."""
    first, *others = make_plan(request, clock=lambda: CREATED_AT_MS)["schedules"]
    changed = first | {"startSoC": round(first["startSoC"] - EMPTIER_SOC, 1)}
    return request | {"schedules": [changed, *others]}


def afresh(request: Request) -> Request:
    """The same question without the plans that run."""
    given = [
        {name: value for name, value in entry.items() if name not in ("plan", "planMeta")}
        for entry in request["schedules"]
    ]
    return request | {"schedules": given}


SUBJECT = Subject(
    name="replan",
    purpose="a running plan for every bus, one of which comes back 15 points emptier",
    build=build,
)
