"""A plan as one document for whoever shows it: plotly figures, their colours, and all words as HTML."""

from typing import Any

from api.chart.gantt import gantt_figure
from api.chart.night import Json, Night, read_night
from api.chart.palette import themes
from api.chart.sections import sections_html, title_text
from api.chart.site_load import site_load_figure
from optimiser.units import iso_z


def chart_document(request_document: Json, plan_document: Json) -> dict[str, Any]:
    """The chart (`api.resources.ChartView`) of a request and its response, both valid by the contract."""
    night = read_night(request_document, plan_document)
    return {
        "planId": plan_document["planId"],
        "locationUid": night.location_uid,
        "timeZone": night.clock.zone.key,
        "now": iso_z(night.now_ms),
        "title": title_text(night),
        "figures": figures(night),
        "themes": themes(),
        "sections": sections_html(night),
        "shortfalls": plan_document["shortfalls"],
    }


def figures(night: Night) -> dict[str, Any]:
    """The plotly figures by the names of their places."""
    return {"load": site_load_figure(night), "gantt": gantt_figure(night)}
