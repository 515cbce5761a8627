"""Colours, and text as plotly takes it.

Told apart by the colour-blind: ramps rise in lightness, and the warning colour (vermilion of Okabe
and Ito's set, jfly.uni-koeln.de/color) never stands without a sign.
"""

from html import escape
from typing import Any

DEPARTURE_RAMP = ("#5b4b9a", "#3f6fae", "#2a93a5", "#45b38a", "#a8c957")
POWER_RAMP = ("#8fc1ea", "#4a90dd", "#2c55c9")
WARNING = "#d55e00"
PRICE = "#b8679c"
CHEAP = "#0f9b73"
GREY = "#808a97"
PRESENCE = "rgba(128,138,151,0.24)"
BASE_LOAD = "#8f98a4"
UNSTEERED = "#66707d"
CLEAR = "rgba(0,0,0,0)"
SHORT_SIGN = "\u25b2"

_INK = {"light": "#1b2430", "dark": "#e6eaf0"}
_GRID = {"light": "#e2e6eb", "dark": "#303844"}
_CARD = {"light": "#ffffff", "dark": "#1a2029"}
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"


def on_ramp(colours: tuple[str, ...], share: float, *, shade: float = 1.0) -> str:
    """The colour at `share` (0 to 1) of evenly spaced colours, darker where `shade` is below 1.

    Bars get colours, not numbers for plotly to colour: its bars then warn once per bar (plotly.js 4.1).
    """
    place = min(max(share, 0.0), 1.0) * (len(colours) - 1)
    first = min(int(place), len(colours) - 2)
    pair = zip(_channels(colours[first]), _channels(colours[first + 1]), strict=True)
    return "#" + "".join(f"{round(shade * (a + (b - a) * (place - first))):02x}" for a, b in pair)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def themes() -> dict[str, dict[str, Any]]:
    """Plotly templates by name, `light` and `dark`; the figures leave to them what depends on either."""
    return {name: _template(name) for name in ("light", "dark")}


def _template(name: str) -> dict[str, Any]:
    axis = {"gridcolor": _GRID[name], "linecolor": _GRID[name], "tickcolor": _GRID[name]}
    return {
        "layout": {
            "font": {"color": _INK[name], "family": _FONT, "size": 12},
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {
                "bgcolor": _CARD[name],
                "bordercolor": GREY,
                "font": {"color": _INK[name], "size": 13},
            },
        }
    }


def literal(text: str) -> str:
    """Somebody's id for a plotly text, which reads a little HTML: shown as it is, never obeyed."""
    return escape(text, quote=False)


def shortened(text: str, most: int = 18) -> str:
    """An id that fits beside a row, its middle left out."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}\u2026{text[-tail:]}"
