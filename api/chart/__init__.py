"""A plan as pictures: figures for whoever draws them, and one page that needs nothing but a browser."""

from api.chart.gantt import gantt_figure
from api.chart.night import Night, read_night
from api.chart.page import plan_chart_html
from api.chart.site_load import site_load_figure

__all__ = ["Night", "gantt_figure", "plan_chart_html", "read_night", "site_load_figure"]
