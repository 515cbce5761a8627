"""Who will not be ready and why, and what else the plan wants to be known."""

from collections.abc import Iterator
from html import escape

from api.chart.markup import bullets, cell, html_cell, row, section, table
from api.chart.night import Json, Night, Stay
from api.chart.palette import SHORT_SIGN
from api.chart.words import number, percent, reason_words, repair_words


def not_ready_section(night: Night) -> str:
    """Every shortfall with its reasons and repairs, or the sentence that there is none."""
    shortfalls: list[Json] = night.plan["shortfalls"]
    if not night.planned and not shortfalls:
        verdict = '<p class="verdict">Nobody is planned in this time.</p>'
    elif not shortfalls:
        verdict = '<p class="verdict good-text">\u2713 Everybody leaves ready.</p>'
    else:
        verdict = _shortfall_table(night, shortfalls)
    return section("ready", "Who will not be ready", verdict)


def _shortfall_table(night: Night, shortfalls: list[Json]) -> str:
    stays = {stay.schedule_id: stay for stay in night.stays}
    ordered = sorted(shortfalls, key=lambda entry: -float(entry["shortfallKwh"]))
    rows = (_shortfall_row(night, entry, stays.get(entry["scheduleId"])) for entry in ordered)
    headings = ("Vehicle", "Leaves", "#Missing", "#Leaves with", "#Wanted", "Why", "What would help")
    return table(headings, rows, "cards", "Vehicles that leave below their target")


def _shortfall_row(night: Night, entry: Json, stay: Stay | None) -> str:
    leaves = night.clock.day_time(stay.departure_ms) if stay else "\u2013"
    below = " \u25bc below the minimum" if entry.get("belowMinimumSoC") else ""
    soc = f'{percent(entry["plannedSoC"])}<span class="bad-text">{below}</span>'
    name = f'<span class="bad-text" aria-hidden="true">{SHORT_SIGN}</span> {escape(str(entry["evId"]))}'
    reasons = [reason_words(reason, night.clock) for reason in entry.get("reasons") or []]
    return row(
        name,
        cell("Leaves", leaves, "t"),
        cell("Missing", f"{number(entry['shortfallKwh'], 1)} kWh", "n"),
        html_cell("Leaves with", soc, "n"),
        cell("Wanted", percent(entry["targetSoC"]), "n"),
        html_cell("Why", bullets(reasons, "not known"), "wide"),
        html_cell("What would help", _repairs(night, entry), "wide"),
    )


def _repairs(night: Night, entry: Json) -> str:
    """Each with its stay and its place in the plan, so that whoever shows them can offer to try them."""
    name = escape(str(entry["scheduleId"]))
    items = [
        f'<li data-schedule="{name}" data-repair="{place}">{escape(repair_words(repair, night.clock))}</li>'
        for place, repair in enumerate(entry.get("repairs") or [])
    ]
    return f"<ul>{''.join(items)}</ul>" if items else "not worked out"


def remark_sections(night: Night) -> Iterator[str]:
    """The plan's warnings and the entries that were left out; nothing where there are none."""
    warnings = [_remark(entry, "scheduleId") for entry in night.plan.get("warnings") or []]
    rejected = [_remark(entry, "pointer") for entry in night.plan.get("rejected") or []]
    for key, heading, lines in (("warn", "Warnings", warnings), ("left", "Left out of the plan", rejected)):
        if lines:
            yield section(key, heading, f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>")


def _remark(entry: Json | str, place: str) -> str:
    if isinstance(entry, str):
        return entry
    message = str(entry.get("message") or entry.get("code"))
    return f"{entry[place]}: {message}" if entry.get(place) else message
