"""The figures' numbers as tables, folded away: for screen readers, and for whoever wants the digits."""

from html import escape

from api.chart.markup import cell, row, table
from api.chart.night import Night, Stay
from api.chart.palette import SHORT_SIGN
from api.chart.words import number, percent

_HEADINGS = ("Vehicle", "Arrives", "Leaves", "#SoC", "#Leaves with", "#Wanted", "#Energy", "Charges", "Ready")


def slots_details(night: Night) -> str:
    """One row per slot: load, base load, cap and price."""
    headings = ("Time", "#Load, kW", "#Base load, kW", "#Cap, kW", f"#Price, {night.currency}/kWh")
    rows = (_slot_row(night, i) for i in range(len(night.slots)))
    slots = table(headings, rows, "", "Site load by slot")
    return f"<details><summary>Site load as a table</summary>{slots}</details>"


def _slot_row(night: Night, i: int) -> str:
    slots = night.slots
    return row(
        escape(night.clock.span(int(slots.start_ms[i]), int(slots.end_ms[i]))),
        cell("Load", number(float(slots.load_kw[i]), 1), "n"),
        cell("Base load", number(float(slots.base_load_kw[i]), 1), "n"),
        cell("Cap", number(float(slots.power_cap_kw[i]), 1), "n"),
        cell("Price", number(float(slots.price_per_kwh[i]), 4), "n"),
    )


def stays_section(night: Night) -> str:
    """One row per stay, all of them, whatever the picture has room for."""
    rows = (_stay_row(night, stay) for stay in night.stays)
    stays = table(_HEADINGS, rows, "cards", "Every stay of the plan, by departure")
    summary = f"Every stay as a table ({len(night.stays)})"
    far = f"{night.elsewhere} outside the planned time: not shown." if night.elsewhere else ""
    return (
        f'<section aria-label="Every stay"><details><summary>{summary}</summary>{stays}</details>'
        f'<p class="note">{far}</p></section>'
    )


def _stay_row(night: Night, stay: Stay) -> str:
    clock = night.clock
    return row(
        escape(stay.ev_id),
        cell("Arrives", clock.day_time(stay.arrival_ms), "t"),
        cell("Leaves", clock.day_time(stay.departure_ms), "t"),
        cell("SoC", percent(stay.start_soc), "n"),
        cell("Leaves with", percent(stay.end_soc), "n"),
        cell("Wanted", percent(stay.target_soc), "n"),
        cell("Energy", f"{number(stay.energy_kwh, 1)} kWh", "n"),
        cell("Charges", _charging_words(night, stay), "wide"),
        cell("Ready", _ready_word(stay), "t bad-text" if stay.shortfall else "t"),
    )


def _ready_word(stay: Stay) -> str:
    if not stay.planned:
        return "no plan"
    return f"{SHORT_SIGN} short" if stay.shortfall else "yes"


def _charging_words(night: Night, stay: Stay) -> str:
    coming = [stretch for stretch in stay.charging if not stretch.past]
    if not coming:
        return "\u2013"
    span = night.clock.span(coming[0].start_ms, coming[-1].end_ms)
    return f"{span}, at most {number(stay.largest_kw)} kW"
