"""A plan for people: a table of the vehicles, the site's totals, and who goes short and why."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.documents import planned_schedules
from optimiser.units import from_ms

Json = Mapping[str, Any]

_REASONS = {
    "window": "too little time",
    "site-cap": "site cap",
    "group-cap": "group cap",
    "connector": "connector limit",
    "min-power": "least power",
    "no-pause": "cannot pause",
    "frozen": "frozen plan",
}
_NOT_A_TERMINAL_WIDTH = 110


def print_summary(request: Json, response: Json, *, to_stderr: bool) -> None:
    """The whole summary, in the site's own time."""
    console = Console(stderr=to_stderr, highlight=False)
    if not console.is_terminal:
        console = Console(stderr=to_stderr, highlight=False, width=_NOT_A_TERMINAL_WIDTH)
    zone = ZoneInfo(request["site"]["timeZone"])
    console.print(vehicle_table(response, zone))
    for line in (*_totals(request, response), *_shortfalls(response, zone), *_remarks(response)):
        console.print(line, soft_wrap=True)


def vehicle_table(response: Json, zone: tzinfo) -> Table:
    """One row per planned schedule, in the order of departure."""
    table = Table(title=f"Depot plan {response['planId']} ({response['strategy']})", title_justify="left")
    table.add_column("vehicle", overflow="fold")
    for heading in ("arrives", "leaves"):
        table.add_column(heading, no_wrap=True)
    for heading in ("SoC", "target", "kWh"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("first charge", no_wrap=True)
    table.add_column("status")
    for schedule in sorted(planned_schedules(response), key=lambda entry: entry["plan"]["schedule"]["to"]):
        table.add_row(*_vehicle_row(schedule, zone))
    return table


def _vehicle_row(schedule: Json, zone: tzinfo) -> Iterator[Text | str]:
    plan = schedule["plan"]
    inputs, segments = plan["schedule"], plan["segments"]
    first = next((segment["from"] for segment in segments if not segment["paused"]), None)
    yield Text(schedule["evId"])
    yield _clock(inputs["from"], zone)
    yield _clock(inputs["to"], zone)
    yield f"{segments[0]['startSoc']:.0f} → {plan['endSoc']:.1f} %"
    yield f"{inputs['targetSoc']:.0f} %"
    yield f"{plan['energyKwh']:.1f}"
    yield "-" if first is None else _clock(first, zone)
    yield Text("ready", "green") if plan["reachedTargetSocInSchedule"] else Text("short", "bold red")


def _totals(request: Json, response: Json) -> Iterator[Text]:
    site, solver, currency = response["site"], response["solver"], request["site"].get("currency", "")
    slots = site["slots"]
    cap = f"cap {_range(slot['powerCapKw'] for slot in slots)} kW" if slots else "no slots"
    demand = f" + {site['demandCost']:.2f} {currency} for the peak" if site["demandCost"] else ""
    yield Text(f"Site     peak {site['peakKw']:.1f} kW, {cap}; {site['energyKwh']:.1f} kWh from the grid")
    yield Text(f"Cost     {site['energyCost']:.2f} {currency} for energy{demand}")
    milliseconds = sum(solver["phasesMs"].values())
    proof = f"{solver['status']}, gap {solver['gap']:.2%}"
    yield Text(f"Solved   {proof}, by {solver['engine']} in {milliseconds:.0f} ms")


def _shortfalls(response: Json, zone: tzinfo) -> Iterator[Text]:
    for shortfall in response["shortfalls"]:
        reasons = ", ".join(_reason(reason, zone) for reason in shortfall["reasons"])
        soc = f"leaves at {shortfall['plannedSoC']:.1f} % of {shortfall['targetSoC']:.0f} %"
        missing = f"{shortfall['shortfallKwh']:.1f} kWh missing: {reasons or 'no reason found'}"
        colour = "red" if shortfall["belowMinimumSoC"] else "yellow"
        yield Text(f"Short    {shortfall['evId']} {soc}, {missing}", colour)


def _reason(reason: Json, zone: tzinfo) -> str:
    kind, _, name = reason["code"].partition(":")
    words = f"{_REASONS.get(kind, kind)} {name}".strip()
    start, end = (datetime.fromisoformat(reason[edge]).astimezone(zone) for edge in ("from", "to"))
    return f"{words} ({start:%a %H:%M} to {end:%a %H:%M})"


def _remarks(response: Json) -> Iterator[Text]:
    for warning in response["warnings"]:
        about = f"{warning['scheduleId']}: " if "scheduleId" in warning else ""
        yield Text(f"Warning  {about}{warning['message']}", "yellow")
    for rejected in response["rejected"]:
        yield Text(f"Rejected {rejected['pointer']}: {rejected['message']}", "red")


def _clock(instant_ms: int, zone: tzinfo) -> str:
    return from_ms(instant_ms).astimezone(zone).strftime("%a %d %H:%M")


def _range(values: Iterator[float]) -> str:
    seen = sorted(set(values))
    return f"{seen[0]:g}" if len(seen) == 1 else f"{seen[0]:g} to {seen[-1]:g}"
