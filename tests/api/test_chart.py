"""The chart page: its figures agree with the plan's numbers, and it is safe, whole and alone."""

import base64
import hashlib
import json
import re
from collections import defaultdict
from copy import deepcopy
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import pytest
from playwright.sync_api import Browser, Page, expect

from api.chart import gantt_figure, plan_chart_html, read_night, site_load_figure
from api.chart.clock import SiteClock
from api.chart.words import number, reason_words, repair_words
from optimiser.units import to_ms
from tests.api.depot_night import RATIO, Json, depot_night

EVIL = "<script>alert('x')</script><b>%{y}\u2028"


@pytest.fixture(scope="module")
def documents() -> tuple[Json, Json]:
    return depot_night()


@pytest.fixture(scope="module")
def page(documents: tuple[Json, Json]) -> str:
    return plan_chart_html(*documents)


class _Elements(HTMLParser):
    """Start tags with their attributes, and the text of scripts and of everything else."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts.append(data)
        elif self.inside != "style":
            self.text += data


def _stack_at(figure: Json, instant_ms: int) -> float:
    """The height of the load's visible layers at one instant."""
    bars = [trace for trace in figure["data"] if trace["type"] == "bar" and "yaxis" not in trace]
    return sum(
        height
        for trace in bars
        if trace["name"] != "Free"
        for start, width, height in zip(trace["x"], trace["width"], trace["y"], strict=True)
        if start <= instant_ms < start + width
    )


def test_the_stack_is_the_slots_load(documents: tuple[Json, Json]) -> None:
    """In every slot the highest point of the stack is the plan's `loadKw`, to a watt per vehicle."""
    figure = site_load_figure(read_night(*documents))
    edges = sorted({x for trace in figure["data"] if trace["type"] == "bar" for x in trace["x"]})
    for slot in documents[1]["site"]["slots"]:
        start, end = (to_ms(datetime.fromisoformat(slot[name])) for name in ("from", "to"))
        highest = max(_stack_at(figure, edge) for edge in edges if start <= edge < end)
        assert highest == pytest.approx(slot["loadKw"], abs=0.06)


def test_vehicles_in_the_stack_carry_their_energy(documents: tuple[Json, Json]) -> None:
    """Area under a vehicle's layer, times the AC/DC ratio, is the energy of its plan."""
    figure = site_load_figure(read_night(*documents))
    area: dict[str, float] = defaultdict(float)
    for trace in figure["data"]:
        if trace["type"] == "bar":
            area[trace["name"]] += sum(y * w for y, w in zip(trace["y"], trace["width"], strict=True)) / 3.6e6
    for schedule in documents[1]["schedules"]:
        if schedule["plan"]["energyKwh"]:
            expected = schedule["plan"]["energyKwh"]
            assert area[schedule["evId"]] * RATIO == pytest.approx(expected, abs=0.01)


def test_load_that_nobody_planned_is_shown(documents: tuple[Json, Json]) -> None:
    """A vehicle that is not ours to steer is in `loadKw` alone, and gets a layer of its own."""
    request, plan = deepcopy(documents)
    plan["site"]["slots"][3]["loadKw"] += 75.0
    figure = site_load_figure(read_night(request, plan))
    layer = next(trace for trace in figure["data"] if trace["name"] == "Not ours to steer")
    assert max(layer["y"]) == pytest.approx(75.0, abs=0.06)
    assert "not ours to steer" in plan_chart_html(request, plan)


def test_cap_and_price_are_drawn_as_given(documents: tuple[Json, Json]) -> None:
    """The cap is a step line that holds to the last slot's end; prices below zero have their own colour."""
    slots = documents[1]["site"]["slots"]
    traces = {trace["name"]: trace for trace in site_load_figure(read_night(*documents))["data"]}
    assert traces["Site cap"]["y"] == [slot["powerCapKw"] for slot in slots] + [slots[-1]["powerCapKw"]]
    assert traces["Site cap"]["line"]["shape"] == "hv"
    assert traces["Price"]["y"] == [slot["pricePerKwh"] for slot in slots]
    colours = dict(zip(traces["Price"]["marker"]["color"], traces["Price"]["y"], strict=True))
    assert len(colours) == 2 and min(colours.values()) < 0


def test_gantt_has_one_row_per_stay_by_departure(documents: tuple[Json, Json]) -> None:
    """Row i is the i-th departure, with the window, the charging and the SoC of the plan."""
    figure = gantt_figure(read_night(*documents))
    presence, _, _, charging, texts = figure["data"]
    schedules = sorted(documents[1]["schedules"], key=lambda entry: entry["plannedDepartureTime"])
    departures = [to_ms(datetime.fromisoformat(s["plannedDepartureTime"])) for s in schedules]
    assert [b + x for b, x in zip(presence["base"], presence["x"], strict=True)] == departures
    segments = [s for entry in schedules for s in entry["plan"]["segments"] if not s["paused"]]
    assert len(charging["x"]) == len(segments)
    assert sum(charging["x"]) == sum(segment["durationMs"] for segment in segments)
    assert len(texts["text"]) == 2 * len(schedules)
    short = {entry["evId"] for entry in documents[1]["shortfalls"]}
    signed = {t for t in figure["layout"]["yaxis"]["ticktext"] if "\u25b2" in t}
    assert len(signed) == len(short) > 0


def test_figures_are_valid_plotly(documents: tuple[Json, Json]) -> None:
    """Both figures pass plotly's own schema, many and few vehicles alike."""
    for request, plan in (documents, depot_night(0), depot_night(300)):
        night = read_night(request, plan)
        for figure in (site_load_figure(night), gantt_figure(night)):
            assert go.Figure(figure).layout.height > 0


def test_many_vehicles_are_drawn_by_hour_of_departure() -> None:
    """Above 240 stays the layers are hours of departure, and the stack stays what it was."""
    request, plan = depot_night(300)
    figure = site_load_figure(read_night(request, plan))
    assert len(figure["data"]) < 12
    slot = plan["site"]["slots"][20]
    start = to_ms(datetime.fromisoformat(slot["from"]))
    highest = max(_stack_at(figure, start + minute * 60_000) for minute in range(15))
    assert highest == pytest.approx(slot["loadKw"], abs=0.06)


def test_page_loads_nothing(page: str) -> None:
    """No element refers to anything outside the page, and the page's policy forbids it besides."""
    elements = _Elements(page)
    for tag, attributes in elements.tags:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            value = attributes.get(name) or ""
            assert value.startswith(("data:", "#")) or not value, (tag, name, value)
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style and "@import" not in style
    assert "default-src 'none'" in page


def test_policy_names_exactly_the_pages_scripts(page: str) -> None:
    """Only the plotting library and the page's own script may run, by their SHA-256."""
    programs = [text for text in _Elements(page).scripts if not text.startswith("{")]
    policy = next(a["content"] for tag, a in _Elements(page).tags if "http-equiv" in a)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in programs]
    assert re.findall(r"'sha256-([^']+)'", policy or "") == hashes


def test_ids_are_shown_and_never_obeyed() -> None:
    """An id with markup, a script, a template or a line separator is text everywhere."""
    request, plan = depot_night(14)
    for document in (request, plan):
        document["schedules"][11]["evId"] = EVIL
    plan["shortfalls"][0]["evId"] = EVIL
    request["site"]["locationUid"] = EVIL
    plan["warnings"] = [{"code": "x", "message": EVIL, "scheduleId": EVIL}]
    elements = _Elements(plan_chart_html(request, plan))
    assert [tag for tag, _ in elements.tags].count("script") == 3
    assert EVIL in elements.text
    figures = json.loads(elements.scripts[0])["figures"]
    names = [trace["name"] for trace in figures["load"]["data"]] + figures["gantt"]["layout"]["yaxis"][
        "ticktext"
    ]
    assert not any("<script" in name or "<b>%" in name for name in names)


def test_everybody_ready_says_so() -> None:
    """Without shortfalls the page says it in words, and has no table of the short."""
    request, plan = depot_night(10)
    plan["shortfalls"] = []
    page = plan_chart_html(request, plan)
    assert "Everybody leaves ready." in page and "Vehicles that leave below their target" not in page


def test_empty_plan_is_a_page() -> None:
    """No schedules and no slots: a page without figures, and without a verdict on nobody."""
    request, plan = depot_night(0, hours=0)
    page = plan_chart_html(request, plan)
    assert "Nobody is planned in this time." in page
    assert 'class="plot"' not in page


def test_unplanned_and_recurring_schedules(documents: tuple[Json, Json]) -> None:
    """A stay without a plan has a row and no charging; a rule is no stay; a stay far off is counted."""
    request, plan = deepcopy(documents)
    occurrence, unplanned, rule, far = (plan["schedules"][i] for i in range(4))
    occurrence["id"] = "r-7@20260310T030000Z"
    unplanned.update(plan=None, planMeta=None)
    rule["recurrenceRule"] = "FREQ=DAILY"
    far.update(plan=None, planMeta=None)
    far.update(plannedArrivalTime="2026-03-20T18:00:00Z", plannedDepartureTime="2026-03-21T04:00:00Z")
    night = read_night(request, plan)
    stays = {stay.schedule_id: stay for stay in night.stays}
    assert stays[occurrence["id"]].planned and stays[occurrence["id"]].charging
    assert not stays[unplanned["id"]].planned and not stays[unplanned["id"]].charging
    assert rule["id"] not in stays and far["id"] not in stays and night.elsewhere == 1
    assert "1 outside the planned time" in plan_chart_html(request, plan)


def test_a_rejected_schedule_is_no_stay(documents: tuple[Json, Json]) -> None:
    """It comes back as it came, with times that are none: it is told of, and not drawn."""
    request, plan = deepcopy(documents)
    plan["schedules"][5] = {"id": "s-5", "evId": 7, "plannedArrivalTime": "soon", "targetSoC": "full"}
    plan["rejected"] = [{"pointer": "/schedules/5/plannedArrivalTime", "message": "not a time", "id": "s-5"}]
    assert "s-5" not in {stay.schedule_id for stay in read_night(request, plan).stays}
    assert "not a time" in plan_chart_html(request, plan)


def test_a_plan_that_came_with_the_request_is_not_drawn(documents: tuple[Json, Json]) -> None:
    """Segments of an older plan that comes back untouched are nobody's load tonight."""
    request, plan = deepcopy(documents)
    plan["schedules"][5]["planMeta"]["timestamp"] = "2026-03-08T16:00:00.000Z"
    stay = next(s for s in read_night(request, plan).stays if s.schedule_id == "s-5")
    assert stay.charging == ()


def test_clock_change_keeps_the_hours_length() -> None:
    """Helsinki, 29 March 2026: 03:00 does not exist, and 02:00 and 04:00 are one hour apart."""
    clock = SiteClock(ZoneInfo("Europe/Helsinki"))
    start, end = (to_ms(datetime(2026, 3, 28 + day, hour, tzinfo=UTC)) for day, hour in ((0, 22), (1, 3)))
    hourly = next(level for level in clock.ticks(start, end) if len(level["at"]) == 6)
    assert [text[:5] for text in hourly["text"]] == ["00:00", "01:00", "02:00", "04:00", "05:00", "06:00"]
    assert {b - a for a, b in zip(hourly["at"], hourly["at"][1:], strict=False)} == {3_600_000}
    assert clock.offsets(start, end) == "UTC+02:00, then UTC+03:00"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"code": "group-cap:feeder-a"}, "The power cap of group feeder-a is used up"),
        ({"code": "no-pause"}, "It cannot pause, and there is no unbroken room for it"),
        ({"code": "from-the-future"}, "from-the-future"),
    ],
)
def test_reasons_in_words(document: Json, words: str) -> None:
    """A reason reads as a sentence; a code that nobody knows is shown as it is."""
    assert reason_words(document, SiteClock(ZoneInfo("UTC"))) == words


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"kind": "delay-departure", "byMinutes": 22}, "Leave 22 min later"),
        ({"kind": "lower-target", "toSoC": 82.1}, "Accept 82.1 %"),
        ({"kind": "new-bus", "count": 2}, "new bus: count 2"),
        (
            {
                "kind": "raise-site-cap",
                "byKw": 14.2,
                "from": "2026-03-10T01:00:00Z",
                "to": "2026-03-10T02:00:00Z",
            },
            "Raise the site\u2019s cap by 14.2 kW, Tue\u00a001:00\u2060\u2013\u206002:00",
        ),
    ],
)
def test_repairs_in_words(document: Json, words: str) -> None:
    """A repair reads as an instruction with its amount and times."""
    assert repair_words(document, SiteClock(ZoneInfo("UTC"))) == words


def test_numbers_are_set_for_reading() -> None:
    """Thousands apart, a true minus, and no negative zero."""
    assert [number(12345.6), number(-0.5, 1), number(-0.001, 1)] == ["12\u202f346", "\u22120.5", "0.0"]


def _open(chromium: Browser, path: Path, width: int, scheme: Any) -> tuple[list[str], dict[str, Any]]:
    """Opens the page from disk; gives what went wrong, and what is on the screen."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = context.new_page()
    troubles: list[str] = []
    requests: list[str] = []
    tab.on("console", lambda message: troubles.append(f"console: {message.text}"))
    tab.on("pageerror", lambda error: troubles.append(f"error: {error}"))
    tab.on("requestfailed", lambda request: troubles.append(f"failed: {request.url}"))
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("dialog", lambda dialog: troubles.append("a dialog"))
    tab.goto(path.as_uri())
    _wait_until_drawn(tab)
    seen = {
        "requests": [url for url in requests if not url.startswith("data:")],
        "scroll_width": tab.evaluate("document.documentElement.scrollWidth"),
        "bars": {name: tab.locator(f"#{name} .bars .point").count() for name in ("load", "gantt")},
        "rows": tab.locator("#gantt .yaxislayer-above .ytick").count(),
        "ink": tab.evaluate("getComputedStyle(document.querySelector('#load .xtick text')).fill"),
        "hours": tab.locator("#load .xtick").count(),
    }
    seen["hover"] = _hover_text(tab)
    context.close()
    return troubles, seen


def _wait_until_drawn(tab: Page) -> None:
    """By selector: the page's policy allows no eval, which waiting for a function needs."""
    for name in ("load", "gantt"):
        tab.wait_for_selector(f"#{name}[data-drawn]")


def _hover_text(tab: Page) -> str:
    tab.locator("#load").scroll_into_view_if_needed()
    box = tab.locator("#load").bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 250)
    tab.wait_for_selector("#load .hovertext")
    return str(tab.locator("#load .hovertext").first.text_content())


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_page_in_a_browser(
    chromium: Browser, tmp_path: Path, documents: tuple[Json, Json], page: str, width: int, scheme: str
) -> None:
    """From disk, both plots are drawn in the reader's colours, with no error, no request, no overflow."""
    path = tmp_path / "plan.html"
    path.write_text(page, encoding="utf-8")
    troubles, seen = _open(chromium, path, width, scheme)
    assert troubles == []
    assert seen["requests"] == [path.as_uri()]
    assert seen["scroll_width"] == width
    assert seen["bars"]["load"] > 500 and seen["bars"]["gantt"] > 200
    assert seen["rows"] == len(documents[1]["schedules"])
    assert seen["ink"] == {"light": "rgb(27, 36, 48)", "dark": "rgb(230, 234, 240)"}[scheme]
    assert 4 <= seen["hours"] <= 16
    assert "kW" in seen["hover"] and "leaving" in seen["hover"]


def test_zoom_brings_finer_hours(chromium: Browser, tmp_path: Path, page: str) -> None:
    """Dragging over two hours of the load labels quarters of an hour; a double click takes it back."""
    path = tmp_path / "plan.html"
    path.write_text(page, encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 1400, "height": 900})
    tab.goto(path.as_uri())
    _wait_until_drawn(tab)
    tab.locator("#load").scroll_into_view_if_needed()
    box = tab.locator("#load").bounding_box()
    assert box is not None
    y = box["y"] + 60
    tab.mouse.move(box["x"] + 400, y)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 550, y, steps=5)
    tab.mouse.up()
    expect(tab.locator("#load .xaxislayer-above").last).to_contain_text(":45")
    tab.mouse.dblclick(box["x"] + 600, y)
    expect(tab.locator("#load .xaxislayer-above").last).not_to_contain_text(":45")
    tab.close()


def test_evil_ids_in_a_browser(chromium: Browser, tmp_path: Path) -> None:
    """Markup in ids reaches the screen as text: nothing runs, nothing is asked for."""
    request, plan = depot_night(14)
    plan["schedules"][3]["evId"] = '<img src=x onerror="alert(1)"><a href="http://example.invalid">e</a>'
    path = tmp_path / "plan.html"
    path.write_text(plan_chart_html(request, plan), encoding="utf-8")
    troubles, seen = _open(chromium, path, 1400, "light")
    assert troubles == [] and seen["requests"] == [path.as_uri()]
