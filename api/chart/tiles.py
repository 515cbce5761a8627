"""The key figures of a plan, for whoever has ten seconds."""

from collections.abc import Iterator
from html import escape

import numpy as np

from api.chart.night import Night
from api.chart.words import number


def tiles_html(night: Night) -> str:
    """A description list of key figures."""
    return f'<dl class="tiles" aria-label="Key figures">{"".join(_tiles(night))}</dl>'


def _tiles(night: Night) -> Iterator[str]:
    site = night.plan["site"]
    yield _ready_tile(night)
    yield _peak_tile(night)
    energy = float(site["energyKwh"])
    yield _tile("Energy from the grid", number(energy), "kWh", _per_stay(night, energy))
    yield _cost_tile(night)
    if site.get("carbonKg") is not None:
        yield _tile("Carbon", number(float(site["carbonKg"])), "kg CO\u2082", "")
    vehicles = {stay.ev_id for stay in night.planned}
    yield _tile("Vehicles", str(len(vehicles)), "", f"{len(night.planned)} planned stays")
    yield _gap_tile(night)


def _ready_tile(night: Night) -> str:
    shortfalls, planned = night.plan["shortfalls"], len(night.planned)
    if not shortfalls:
        return _tile("Ready", str(planned), f"of {planned}", "nobody goes short")
    missing = sum(float(entry["shortfallKwh"]) for entry in shortfalls)
    note = f"{len(shortfalls)} short, {number(missing, 1)} kWh missing"
    return _tile("\u25b2 Ready", str(planned - len(shortfalls)), f"of {planned}", note, kind="bad")


def _peak_tile(night: Night) -> str:
    peak, slots = float(night.plan["site"]["peakKw"]), night.slots
    if not len(slots):
        return _tile("Peak", number(peak), "kW", "")
    at = int(np.argmax(slots.load_kw))
    cap = float(slots.power_cap_kw[at])
    note = f"cap {number(cap)} kW, {night.clock.day_time(slots.start_ms[at])}"
    return _tile("Peak", number(peak), "kW", note, meter=peak / cap if cap else None)


def _per_stay(night: Night, energy_kwh: float) -> str:
    return f"{number(energy_kwh / len(night.planned))} kWh a stay" if night.planned else ""


def _cost_tile(night: Night) -> str:
    site = night.plan["site"]
    energy, demand = float(site["energyCost"]), float(site["demandCost"])
    parts = [f"{number(energy, 2)} energy, {number(demand, 2)} peak"] if demand else []
    if site["energyKwh"]:
        parts.append(f"{number(energy / float(site['energyKwh']), 4)} {night.currency}/kWh")
    return _tile("Cost", number(energy + demand, 2), night.currency, "; ".join(parts))


def _gap_tile(night: Night) -> str:
    solver = night.plan["solver"]
    gap = float(solver["gap"])
    note = "proven optimal" if solver["status"] == "optimal" else "from the best that can be"
    at_most = "" if solver["status"] == "optimal" else "≤ "
    return _tile("Proven gap", f"{at_most}{number(gap * 100, 2)}", "%", note)


def _tile(name: str, figure: str, unit: str, note: str, *, kind: str = "", meter: float | None = None) -> str:
    bar = ""
    if meter is not None:
        bar = (
            f'<div class="meter" aria-hidden="true"><i style="width:{100 * min(1.0, meter):.1f}%"></i></div>'
        )
    return (
        f'<div class="tile {kind}"><dt>{escape(name)}</dt><dd><span class="figure">{escape(figure)} '
        f'<small>{escape(unit)}</small></span>{bar}<div class="note">{escape(note)}</div></dd></div>'
    )
