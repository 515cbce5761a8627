"""The page's text: its heading, and the order and frames of all that follows."""

from html import escape

from api.chart.gantt import MOST_ROWS
from api.chart.keys import gantt_key, load_key
from api.chart.markup import section
from api.chart.night import Night
from api.chart.ready import not_ready_section, remark_sections
from api.chart.tables import slots_details, stays_section
from api.chart.tiles import tiles_html
from api.chart.words import number, strategy_words


def title_text(night: Night) -> str:
    """The page's title, not escaped."""
    return f"{night.location_uid}: charging plan, {night.clock.dates(night.start_ms, night.end_ms)}"


def sections_html(night: Night) -> dict[str, str]:
    """Everything inside `main` by name, in its order; every text that came from outside is escaped."""
    parts = {"header": _header(night), "tiles": tiles_html(night), "ready": not_ready_section(night)}
    parts["remarks"] = "\n".join(remark_sections(night))
    if len(night.slots):
        parts["load"] = _load_section(night)
    if night.stays:
        parts |= {"gantt": _gantt_section(night), "stays": stays_section(night)}
    return {**parts, "footer": _footer(night)}


def _header(night: Night) -> str:
    clock = night.clock
    zone = f"times in {clock.zone.key} ({clock.offsets(night.start_ms, night.end_ms)})"
    facts = f"{strategy_words(str(night.plan['strategy']))}, planned {clock.day_time(night.now_ms)}, {zone}"
    dates = clock.dates(night.start_ms, night.end_ms)
    return (
        f'<header><p class="eyebrow">Charging plan</p><h1>{escape(night.location_uid)}, {dates}</h1>'
        f'<p class="facts">Strategy: {escape(facts)}</p></header>'
    )


def _load_section(night: Night) -> str:
    peak = float(night.plan["site"]["peakKw"])
    told = f"Site load over time, stacked by vehicle: peak {number(peak)} kW. The numbers are in the tables."
    note = (
        '<p class="note">Power from the grid by vehicle, under the site\u2019s cap; below it the price.</p>'
    )
    return section("load", "Site load", note + load_key(night) + _plot("load", told) + slots_details(night))


def _plot(place: str, told: str) -> str:
    return (
        f'<div class="plot" id="{place}" data-figure="{place}" role="img" aria-label="{escape(told)}"></div>'
    )


def _gantt_section(night: Night) -> str:
    told = f"When every vehicle charges, {len(night.stays)} stays by departure. The numbers are in the table."
    hidden = len(night.stays) - MOST_ROWS
    cut = f" {hidden} more stays are in the table only." if hidden > 0 else ""
    note = f'<p class="note">By departure, with SoC at arrival and at departure.{cut}</p>'
    return section("gantt", "Vehicles", note + gantt_key(night) + _plot("gantt", told))


def _footer(night: Night) -> str:
    solver = night.plan["solver"]
    words = f"Plan {night.plan['planId']}, made {night.plan['createdAt']} by {solver.get('engine')}."
    return f"<footer>{escape(words)}</footer>"
