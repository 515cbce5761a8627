"""A kept plan as figures, over HTTP."""

import httpx
import plotly.graph_objects as go
import pytest

from api.chart import gantt_figure, read_night
from api.resources import ChartView
from api.settings import Settings
from tests.api.depots import a_depot
from tests.api.serving import serving
from tests.plan_builders import a_request_document, a_schedule


@pytest.fixture(scope="module")
def http():
    with (
        serving(Settings(workers=1, long_workers=1)) as url,
        httpx.Client(base_url=url, timeout=180) as client,
    ):
        yield client


def test_the_figures_are_those_of_the_chart_page(http):
    """As plotly takes them, with the words of the page, in the shape that is promised."""
    document = a_depot(4)
    plan = http.post("/v1/plans", json=document).json()
    answer = http.get(f"/v1/plans/{plan['planId']}/chart")
    chart = ChartView.model_validate(answer.json())
    assert answer.status_code == 200
    assert chart.figures["gantt"] == gantt_figure(read_night(document, plan))
    assert all(go.Figure(figure).layout.height for figure in chart.figures.values())
    assert [*chart.sections][:3] == ["header", "tiles", "ready"]
    assert chart.plan_id == plan["planId"]


def test_what_was_rejected_is_named_and_not_drawn(http):
    """Whatever stands in its fields."""
    bad = {**a_schedule(id="bad"), "plannedArrivalTime": "soon", "startSoC": "full"}
    document = a_request_document(schedules=[bad, a_schedule()])
    plan = http.post("/v1/plans?onInvalid=skip", json=document).json()
    chart = http.get(f"/v1/plans/{plan['planId']}/chart").json()
    assert len(chart["figures"]["gantt"]["data"][0]["y"]) == 1
    assert "Left out of the plan" in chart["sections"]["remarks"]


def test_repairs_say_of_which_stay_they_are(http):
    """So that whoever shows them can offer to try them, as the plan names them."""
    tight = a_schedule(plannedDepartureTime="2026-03-09T19:10:00Z", targetSoC=100)
    plan = http.post("/v1/plans", json=a_request_document(schedules=[tight])).json()
    chart = http.get(f"/v1/plans/{plan['planId']}/chart").json()
    assert chart["shortfalls"] == plan["shortfalls"] != []
    for place in range(len(plan["shortfalls"][0]["repairs"])):
        assert f'data-schedule="{tight["id"]}" data-repair="{place}"' in chart["sections"]["ready"]


def test_a_plan_that_is_not_there_has_no_chart(http):
    assert http.get("/v1/plans/nothing/chart").status_code == 404
