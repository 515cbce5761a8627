"""What a check found, for people: every breach by rule, or what was looked at and held."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from api.documents import planned_schedules
from optimiser.checker import Breach

Json = Mapping[str, Any]

_RULES = (
    "4.1  schedules are back as they came; segments have no gap and no overlap; energy and SoC agree",
    "4.2  power is 0 or within the limits of vehicle, connector, station and curve; it changes at pieces",
    "4.3  nothing is charged before arrival or now, nor after departure less margin",
    "4.4  base load and charging stay under the caps of the site and of every group, and of every station",
    "4.5  vehicles that cannot pause charge in one run; runs and pauses as the settings want them",
    "4.6  frozen plans are kept; 4.7 preconditioning is drawn as asked",
    "3    totals, slots, shortfalls and the value of every stage are what the segments give",
)


def print_report(response: Json, breaches: Sequence[Breach]) -> None:
    """The report on standard output."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for line in _found(breaches) if breaches else _held(response):
        console.print(line)


def _found(breaches: Sequence[Breach]) -> Iterator[str]:
    yield "1 breach:" if len(breaches) == 1 else f"{len(breaches)} breaches:"
    for rule in dict.fromkeys(breach.rule for breach in breaches):
        yield rule
        yield from (f"  {breach.where}: {breach.message}" for breach in breaches if breach.rule == rule)


def _held(response: Json) -> Iterator[str]:
    planned = list(planned_schedules(response))
    segments = sum(len(schedule["plan"]["segments"]) for schedule in planned)
    slots = len(response["site"]["slots"])
    yield f"No rule is broken: {len(planned)} vehicle plans, {segments} segments, {slots} slots."
    yield "Checked at every instant:"
    yield from (f"  - {rule}" for rule in _RULES)
    yield "Confirmed from the plan's own proof:"
    for stage in response["solver"]["stages"]:
        name, value, bound, gap = (stage[key] for key in ("name", "value", "bound", "gap"))
        yield f"  - {name}: {value:.6g}; no plan gets below {bound:.6g} (gap {gap:.4%})"
