"""The site's load over time: every vehicle's AC power on the base load, under the cap, over the price."""

from typing import Any

import numpy as np

from api.chart.clock import time_axis
from api.chart.load_stack import NOTHING_KW, Band, LoadStack, stack_loads
from api.chart.night import Night
from api.chart.palette import (
    BASE_LOAD,
    CHEAP,
    CLEAR,
    DEPARTURE_RAMP,
    GREY,
    PRICE,
    UNSTEERED,
    WARNING,
    literal,
    on_ramp,
)
from optimiser.series import Floats

Figure = dict[str, Any]

_HEIGHT_PX = 460
_ROOM_ABOVE = 1.08
_SHADES = (1.0, 0.86)  # every other band is darker, or neighbours in a ramp of 200 would be one


def site_load_figure(night: Night) -> Figure:
    """A plotly figure of the whole planned time; an empty one where there are no slots.

    Layers are bars rather than filled lines: a bar knows what the pointer is over, a filled line only
    where its corners are. Each is as wide as a piece, so that the stack is exact at every instant.
    `layout.meta` has the tick levels from which a page may choose when it knows its width.
    """
    if not len(night.slots):
        return {"data": [], "layout": _layout(night)}
    stack = stack_loads(night)
    ground = [("Base load", stack.base_kw, BASE_LOAD), ("Not ours to steer", stack.unsteered_kw, UNSTEERED)]
    return {
        "data": [
            *(_layer(night, stack, *layer) for layer in ground if layer[1].max() > NOTHING_KW),
            *_band_layers(night, stack),
            _free_layer(night, stack),
            _cap_line(night),
            _price_bars(night),
        ],
        "layout": _layout(night),
    }


def _band_layers(night: Night, stack: LoadStack) -> list[Figure]:
    last = max(1, len(stack.bands) - 1)
    return [
        _band_layer(night, stack, band, on_ramp(DEPARTURE_RAMP, rank / last, shade=_SHADES[rank % 2]))
        for rank, band in enumerate(stack.bands)
    ]


def _band_layer(night: Night, stack: LoadStack, band: Band, colour: str) -> Figure:
    return {
        **_layer(night, stack, literal(band.name), band.power_kw, colour),
        "meta": f"leaving {night.clock.day_time(band.departure_ms)}",
        "hovertemplate": "<b>%{fullData.name}</b>, %{fullData.meta}<br>"
        "%{customdata}<br>%{y:.1f} kW<extra></extra>",
    }


def _layer(night: Night, stack: LoadStack, name: str, power_kw: Floats, colour: str) -> Figure:
    """Bars from `x` on, `width` milliseconds wide, where there is any power."""
    drawn = np.flatnonzero(power_kw > NOTHING_KW)
    starts, ends = stack.edges_ms[:-1][drawn].tolist(), stack.edges_ms[1:][drawn].tolist()
    return {
        "type": "bar",
        "name": name,
        "x": starts,
        "width": [end - start for start, end in zip(starts, ends, strict=True)],
        "offset": 0,
        "y": np.round(power_kw[drawn], 4).tolist(),
        "customdata": [night.clock.span(start, end) for start, end in zip(starts, ends, strict=True)],
        "hovertemplate": "<b>%{fullData.name}</b><br>%{customdata}<br>%{y:.1f} kW<extra></extra>",
        "textposition": "none",
        "marker": {"color": colour, "line": {"width": 0}},
    }


def _free_layer(night: Night, stack: LoadStack) -> Figure:
    """The unseen rest up to the cap: over it the pointer tells what holds for the site."""
    layer = _layer(night, stack, "Free", stack.free_kw, CLEAR)
    told = [_slot_words(night, int(i)) for i in stack.slot[stack.free_kw > NOTHING_KW]]
    return {
        **layer,
        "customdata": [[span, words] for span, words in zip(layer["customdata"], told, strict=True)],
        "hovertemplate": "<b>%{y:.0f} kW free</b><br>%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    }


def _slot_words(night: Night, i: int) -> str:
    slots = night.slots
    words = (
        f"load {slots.load_kw[i]:.0f} of {slots.power_cap_kw[i]:.0f} kW, base {slots.base_load_kw[i]:.0f} kW"
    )
    value = slots.cap_value_per_kw[i]
    if np.isnan(value) or value == 0.0:
        return words
    return f"{words}<br>one more kW of cap would save {value:.4f} {literal(night.currency)}"


def _cap_line(night: Night) -> Figure:
    x, y = _steps(night, night.slots.power_cap_kw)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "Site cap",
        "x": x,
        "y": y,
        "line": {"shape": "hv", "color": WARNING, "width": 2.5},
        "hovertemplate": "<b>Site cap</b> %{y:.0f} kW<extra></extra>",
    }


def _steps(night: Night, values: Floats) -> tuple[list[int], list[float]]:
    """A value per slot as the corners of a step line, the last value drawn to its slot's end."""
    return [*night.slots.start_ms.tolist(), night.end_ms], [*values.tolist(), float(values[-1])]


def _price_bars(night: Night) -> Figure:
    slots = night.slots
    return {
        "type": "bar",
        "name": "Price",
        "x": slots.start_ms.tolist(),
        "width": (slots.end_ms - slots.start_ms).tolist(),
        "offset": 0,
        "y": slots.price_per_kwh.tolist(),
        "yaxis": "y2",
        "customdata": [night.clock.span(a, b) for a, b in zip(slots.start_ms, slots.end_ms, strict=True)],
        "hovertemplate": f"<b>%{{y:.4f}} {literal(night.currency)}/kWh</b><br>%{{customdata}}<extra></extra>",
        "textposition": "none",
        "marker": {
            "color": [CHEAP if price < 0 else PRICE for price in slots.price_per_kwh],
            "line": {"width": 0},
        },
    }


def _layout(night: Night) -> Figure:
    ticks = night.clock.ticks(night.start_ms, night.end_ms)
    top = max([*night.slots.power_cap_kw, *night.slots.load_kw, 1.0])
    return {
        "height": _HEIGHT_PX,
        "margin": {"l": 62, "r": 12, "t": 12, "b": 44},
        "barmode": "stack",
        "bargap": 0,
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "zoom",
        "xaxis": {**time_axis(ticks, night.start_ms, night.end_ms), "anchor": "y2"},
        "yaxis": {
            "domain": [0.27, 1],
            "range": [0, top * _ROOM_ABOVE],
            "fixedrange": True,
            "title": {"text": "kW"},
        },
        "yaxis2": {
            "domain": [0, 0.19],
            "fixedrange": True,
            "title": {"text": f"{literal(night.currency)}/kWh"},
            "nticks": 4,
            "zeroline": True,
            "zerolinecolor": GREY,
        },
        "meta": {"ticks": ticks, "padPx": [0, 0]},
    }
