"""The vehicles over time: one row per stay, by departure, with power, SoC and who goes short."""

from collections.abc import Sequence
from typing import Any

from api.chart.clock import time_axis
from api.chart.night import Charging, Night, Stay
from api.chart.palette import (
    CLEAR,
    GREY,
    POWER_RAMP,
    PRESENCE,
    SHORT_SIGN,
    WARNING,
    literal,
    on_ramp,
    shortened,
)

Figure = dict[str, Any]

MOST_ROWS = 400  # taller pictures help nobody; the table of stays has them all
_ROW_PX = 24
_FRAME_PX = 96
_SIGN_PX = 26
_LETTER_PX = 7  # of 12 px type, on average
_PAST_OPACITY = 0.45
_STAY_WIDTH = 0.82  # of a row
_LEAST_WIDTH, _MOST_WIDTH = 0.18, 0.82  # a bar is as thick as its power, so that colour is not alone


def drawn_stays(night: Night) -> tuple[Stay, ...]:
    """The stays that get a row, by departure: all, or where they are too many the short ones first."""
    if len(night.stays) <= MOST_ROWS:
        return night.stays
    kept = sorted(night.stays, key=lambda stay: stay.shortfall is None)[:MOST_ROWS]
    return tuple(sorted(kept, key=lambda stay: (stay.departure_ms, stay.ev_id, stay.schedule_id)))


def gantt_figure(night: Night) -> Figure:
    """A plotly figure: row i is `drawn_stays(night)[i]`, the first departure on top.

    The traces in their order: presence, margin, past and planned charging, SoC at both ends.
    """
    stays = drawn_stays(night)
    rows = list(enumerate(stays))
    return {
        "data": [
            _presence(night, stays),
            _margin(night, rows),
            _charging_bars(night, rows, past=True),
            _charging_bars(night, rows, past=False),
            _soc_texts(rows),
        ],
        "layout": _layout(night, stays),
    }


def _bars(name: str, rows: Sequence[int], spans: Sequence[tuple[int, int]], told: list[str]) -> Figure:
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "y": list(rows),
        "base": [start for start, _ in spans],
        "x": [end - start for start, end in spans],
        "customdata": told,
        "hovertemplate": "%{customdata}<extra></extra>",
        "textposition": "none",
    }


def _presence(night: Night, stays: Sequence[Stay]) -> Figure:
    spans = [(stay.arrival_ms, stay.departure_ms) for stay in stays]
    bars = _bars("Present", range(len(stays)), spans, [_stay_words(night, stay) for stay in stays])
    outline = [1.5 if stay.shortfall else 0 for stay in stays]
    marker = {"color": PRESENCE, "line": {"color": WARNING, "width": outline}}
    return {**bars, "width": _STAY_WIDTH, "marker": marker}


def _margin(night: Night, rows: Sequence[tuple[int, Stay]]) -> Figure:
    kept = [(row, stay) for row, stay in rows if stay.margin_ms > 0]
    spans = [
        (max(stay.arrival_ms, stay.departure_ms - stay.margin_ms), stay.departure_ms) for _, stay in kept
    ]
    told = [
        f"<b>{literal(stay.ev_id)}</b><br>kept free before departure<br>{night.clock.span(*span)}"
        for (_, stay), span in zip(kept, spans, strict=True)
    ]
    pattern = {"shape": "/", "size": 5, "solidity": 0.35, "fgcolor": GREY, "bgcolor": CLEAR}
    bars = _bars("Margin", [row for row, _ in kept], spans, told)
    marker = {"color": CLEAR, "pattern": pattern, "line": {"width": 0}}
    return {**bars, "width": _STAY_WIDTH, "marker": marker}


def _charging_bars(night: Night, rows: Sequence[tuple[int, Stay]], *, past: bool) -> Figure:
    kept = [(row, stay, s) for row, stay in rows for s in stay.charging if s.past is past]
    bars = _bars(
        "Charged" if past else "Charging",
        [row for row, _, _ in kept],
        [(stretch.start_ms, stretch.end_ms) for _, _, stretch in kept],
        [_stretch_words(night, stay, stretch) for _, stay, stretch in kept],
    )
    largest_kw = largest_power_kw(night)
    shares = [stretch.power_kw / largest_kw for _, _, stretch in kept]
    return {
        **bars,
        "width": [_LEAST_WIDTH + (_MOST_WIDTH - _LEAST_WIDTH) * share for share in shares],
        "opacity": _PAST_OPACITY if past else 1.0,
        "marker": {"color": [on_ramp(POWER_RAMP, share) for share in shares], "line": {"width": 0}},
    }


def _soc_texts(rows: Sequence[tuple[int, Stay]]) -> Figure:
    """SoC at arrival left of the window and at departure right of it, a short one with its sign."""
    starts = [(row, stay.arrival_ms, _percent(stay.start_soc), "middle left") for row, stay in rows]
    ends = [(row, stay.departure_ms, _end_text(stay), "middle right") for row, stay in rows]
    marks = starts + ends
    return {
        "type": "scatter",
        "mode": "text",
        "name": "SoC",
        "x": [at for _, at, _, _ in marks],
        "y": [row for row, _, _, _ in marks],
        "text": [text for _, _, text, _ in marks],
        "textposition": [side for _, _, _, side in marks],
        "textfont": {"size": 11},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def _percent(soc: float | None) -> str:
    return "" if soc is None else f"{soc:.0f}\u202f%"


def _end_text(stay: Stay) -> str:
    if not stay.planned:
        return "no plan"
    soc = _percent(stay.end_soc)
    return f"\u2009{_warned(soc)}" if stay.shortfall else f"\u2009{soc}"


def _warned(text: str) -> str:
    """The sign alone is coloured: no one orange has the contrast of small text on light and on dark."""
    return f'<span style="color:{WARNING}">{SHORT_SIGN}</span> <b>{text}</b>'


def _stay_words(night: Night, stay: Stay) -> str:
    lines = [f"<b>{literal(stay.ev_id)}</b>", night.clock.span(stay.arrival_ms, stay.departure_ms)]
    if not stay.planned:
        return "<br>".join([*lines, "no plan"])
    lines.append(
        f"{_percent(stay.start_soc)} to {_percent(stay.end_soc)}, wanted {_percent(stay.target_soc)}"
    )
    lines.append(f"{stay.energy_kwh:.1f} kWh to charge")
    if stay.shortfall:
        lines.append(f"{SHORT_SIGN} {stay.shortfall['shortfallKwh']:.1f} kWh will be missing")
    return "<br>".join(lines)


def _stretch_words(night: Night, stay: Stay, stretch: Charging) -> str:
    lines = [
        f"<b>{literal(stay.ev_id)}</b>",
        night.clock.span(stretch.start_ms, stretch.end_ms),
        f"{stretch.power_kw:.1f} kW, {stretch.energy_kwh:.1f} kWh",
    ]
    if stretch.start_soc is not None and stretch.end_soc is not None:
        lines.append(f"{stretch.start_soc:.1f} % to {stretch.end_soc:.1f} %")
    if stretch.tags:
        lines.append(literal(", ".join(stretch.tags)))
    return "<br>".join(lines)


def _layout(night: Night, stays: Sequence[Stay]) -> Figure:
    start_ms = min([night.now_ms, *(stay.arrival_ms for stay in stays)])
    end_ms = max((stay.departure_ms for stay in stays), default=night.end_ms)
    ticks = night.clock.ticks(start_ms, end_ms, on_top=True)
    return {
        "height": _FRAME_PX + _ROW_PX * max(1, len(stays)),
        "margin": {"l": _room_for_names(stays), "r": 8, "t": 44, "b": 44},
        "barmode": "overlay",
        "bargap": 0,
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "zoom",
        "xaxis": {**time_axis(ticks, start_ms, end_ms), "side": "top"},
        "yaxis": _row_axis(stays),
        "shapes": [_now_line(night)],
        "meta": {"ticks": ticks, "padPx": [38, 52]},
    }


def largest_power_kw(night: Night) -> float:
    """The top of the colour scale, DC kW."""
    return max((stay.largest_kw for stay in night.stays), default=0.0) or 1.0


def _row_axis(stays: Sequence[Stay]) -> Figure:
    return {
        "range": [len(stays) - 0.4, -0.6],
        "fixedrange": True,
        "tickmode": "array",
        "tickvals": list(range(len(stays))),
        "ticktext": [_row_text(stay) for stay in stays],
        "showgrid": False,
        "zeroline": False,
    }


def _room_for_names(stays: Sequence[Stay]) -> int:
    """Pixels left of the rows. Known beforehand, so that a page need not draw twice to fit its labels."""
    longest = max((len(shortened(stay.ev_id)) for stay in stays), default=0)
    return _SIGN_PX + _LETTER_PX * longest


def _row_text(stay: Stay) -> str:
    name = literal(shortened(stay.ev_id))
    return _warned(name) if stay.shortfall else name


def _now_line(night: Night) -> Figure:
    return {
        "type": "line",
        "x0": night.now_ms,
        "x1": night.now_ms,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "layer": "below",
        "line": {"color": GREY, "width": 1.5, "dash": "dot"},
        "label": {
            "text": "now",
            "textposition": "start",
            "textangle": 0,
            "yanchor": "top",
            "font": {"size": 11},
        },
    }
