"""One HTML page for one plan: it loads nothing, so it opens from a disk, a mail or a USB stick."""

import json
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from api.chart.document import figures
from api.chart.library import plotly_js
from api.chart.night import Json, read_night
from api.chart.palette import themes
from api.chart.sections import sections_html, title_text


def plan_chart_html(request_document: Json, plan_document: Json) -> str:
    """The page for a plan request and its response (both as JSON documents valid by the contract).

    Scripts run only if they are the page's own: its policy names their SHA-256 sums and forbids every
    connection, so an id that got past the escaping would still do nothing.
    """
    night = read_night(request_document, plan_document)
    plotly, script = plotly_js(), _part("plots.js") + _part("page.js")
    return Template(_part("page.html")).substitute(
        title=escape(title_text(night)),
        style=_part("page.css"),
        body="\n".join(sections_html(night).values()),
        figures=_json_in_html({"figures": figures(night), "themes": themes()}),
        plotly=plotly,
        script=script,
        script_hashes=f"{_hash_source(plotly)} {_hash_source(script)}",
    )


@cache
def _part(name: str) -> str:
    return files("api.chart").joinpath(name).read_text(encoding="utf-8")


def _json_in_html(value: Any) -> str:
    """JSON that cannot end its script element, whatever the strings in it say."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _hash_source(script: str) -> str:
    """The script as a source of a Content-Security-Policy (CSP level 3, section 2.3.1)."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
