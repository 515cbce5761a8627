"""What ev.energy says, as tables for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = Mapping[str, Any]

_COLOURS = {
    "unreachable": "bold red",
    "not-started": "bold red",
    "stopped-early": "red",
    "started-late": "yellow",
    "followed": "green",
    "unknown": "dim",
}
_FINE = ("followed", "unknown")
_NOT_A_TERMINAL_WIDTH = 130


def print_audit(document: Json) -> None:
    """One row per vehicle, the worst first, then what could not be judged."""
    console = _console()
    console.print(audit_table(document))
    for name in document["unlinked"]:
        hint = f"depot evenergy vehicles --link {name} EVENERGY_ID"
        console.print(Text(f"Not linked  {name}: {hint}", "yellow"))
    for unread in document["unread"]:
        console.print(Text(f"Not read    {unread['vehicleId']}: {unread['problem']}", "red"))
    for vehicle in document["vehicles"]:
        if vehicle["needsReconnect"]:
            console.print(_offer_line(vehicle), soft_wrap=True)


def audit_table(document: Json) -> Table:
    """Vehicle, verdict, runs that went wrong, errors with their count."""
    table = Table(title=f"Audit {document['since']} to {document['until']}", title_justify="left")
    for heading in ("vehicle", "depot", "verdict"):
        table.add_column(heading, no_wrap=True)
    table.add_column("planned runs", justify="right")
    for heading in ("went wrong", "errors"):
        table.add_column(heading, overflow="fold")
    order = list(_COLOURS)
    for vehicle in sorted(document["vehicles"], key=lambda v: (order.index(v["verdict"]), v["vehicleId"])):
        table.add_row(
            Text(vehicle["vehicleId"]),
            Text(vehicle["locationUid"]),
            Text(vehicle["verdict"], _COLOURS[vehicle["verdict"]]),
            str(len(vehicle["runs"])),
            Text("\n".join(_wrong(run) for run in vehicle["runs"] if run["verdict"] not in _FINE)),
            Text("\n".join(f"{error['count']} x {error['code']}" for error in vehicle["errors"])),
        )
    return table


def print_sites(sites: Sequence[Json]) -> None:
    """One row per charge point, under its site."""
    table = Table("site", "depot", "system", "charge point", "state", "seen at", "plugged in")
    for site in sites:
        named = (site["siteId"], site["locationUid"] or "-", site["cpmsName"] or "-")
        for evse in site["evses"] or [{}]:
            shown = (evse.get("cpid") or evse.get("evseId"), evse.get("lifecycle"), evse.get("seenAt"))
            cells = (Text(str(cell or "-")) for cell in (*named, *shown))
            table.add_row(*cells, _yes_no(evse.get("pluggedIn")))
            named = ("", "", "")
    _console().print(table)


def print_vehicles(vehicles: Sequence[Json]) -> None:
    """One row per vehicle at ev.energy."""
    table = Table("ev.energy", "ours", "description", "VIN", "integrated", "seen at", "SoC", "plugged in")
    for vehicle in vehicles:
        names = ("evenergyId", "vehicleId", "description", "vin", "integrated", "seenAt", "soc")
        cells = ("-" if vehicle[name] is None else str(vehicle[name]) for name in names)
        table.add_row(*(Text(cell) for cell in cells), _yes_no(vehicle["pluggedIn"]))
    _console().print(table)


def _wrong(run: Json) -> str:
    planned = f"{run['from'][11:16]} to {run['to'][11:16]} UTC {run['verdict']}"
    began = f", from {run['startedAt'][11:16]}" if run["verdict"] == "started-late" else ""
    ended = f", at {run['stoppedAt'][11:16]}" if run["verdict"] == "stopped-early" else ""
    return planned + began + ended


def _offer_line(vehicle: Json) -> Text:
    offer, name = vehicle["reconnect"], vehicle["vehicleId"]
    if offer is None:
        return Text(f"Reconnect   {name}: depot evenergy reconnect {name}", "yellow")
    if "problem" in offer:
        return Text(f"Reconnect   {name}: no link, {offer['problem']}", "red")
    return Text(f"Reconnect   {name}, until {offer['expiresAt']}: {offer['url']}", "yellow")


def _yes_no(flag: bool | None) -> str:
    return "-" if flag is None else "yes" if flag else "no"


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_NOT_A_TERMINAL_WIDTH)
