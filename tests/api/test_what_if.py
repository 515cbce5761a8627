"""What-if questions over a real socket and on the command line."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from pydantic_core import from_json, to_json
from typer.testing import CliRunner

from api.cli import app
from api.example_what_if import EXAMPLE_WHAT_IF
from api.processes import usable_cores
from api.service import check_plan_documents, make_plan
from api.settings import Settings
from api.what_if import answer, read_parts
from api.what_if_answers import WhatIfResponse
from api.what_if_workers import all_figures, worthwhile_workers
from optimiser.exceptions import InvalidRequestError
from optimiser.lateness import Lateness
from optimiser.what_if import LatenessDraw, Together
from tests.api.bad_changes import BAD_CHANGES, SERIES, WINDOW
from tests.api.serving import serving
from tests.api.test_cli import depot_process, written
from tests.builders import NOW_MS, a_request, a_schedule, a_site, a_vehicle, prices

DRAWS = {"kind": "random-lateness", "draws": 32, "seed": 5, "shareLate": 0.8}


def clock():
    return NOW_MS


@pytest.fixture(scope="module")
def http():
    with serving(Settings(api_keys={})) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def a_cap_with_a_hole():
    """Nothing from 22:00 to 23:00, and 150 kW otherwise."""
    edges = ["2026-01-19T00:00:00Z", "2026-01-19T20:00:00Z", "2026-01-19T21:00:00Z", "2026-01-20T16:00:00Z"]
    spans = zip(edges, edges[1:], (150, 0, 150), strict=False)
    return [{"from": start, "to": end, "powerCapKw": kw} for start, end, kw in spans]


def a_frozen_schedule():
    """A plan that charges too little and may not be touched."""
    plan = make_plan(a_request(schedules=[a_schedule("s-1", "bus-1", targetSoC=50)]), clock=clock)
    (schedule,) = plan["schedules"]
    return {**schedule, "targetSoC": 90, "planMeta": {**schedule["planMeta"], "frozen": True}}


def asked(*changes, **request):
    return {"request": a_request(**request), "changes": list(changes)}


def answered(*changes, **request):
    """The answer without a socket, as a dict of its changes by name, the base among them."""
    found = answer(read_parts(a_request(**request), changes, clock), workers=1)
    WhatIfResponse.model_validate(found)
    return {"base": found["base"]} | {change["name"]: change for change in found["changes"]}


def without_times(document):
    return {name: value for name, value in document.items() if name != "phasesMs"}


def test_the_example_of_the_description_works_and_the_answer_is_as_described(http):
    description = http.get("/openapi.json").json()
    operation = description["paths"]["/v1/what-if"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    assert example == EXAMPLE_WHAT_IF
    response = http.post("/v1/what-if", json=example)
    assert response.status_code == 200
    WhatIfResponse.model_validate(response.json())
    assert [change["kind"] for change in response.json()["changes"]] == [
        change["kind"] for change in example["changes"]
    ]


def test_references_of_the_description_all_lead_somewhere(http):
    text = http.get("/openapi.json").text
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert {"WhatIfBody", "RandomLateness"} <= names <= set(from_json(text)["components"]["schemas"])


def test_the_base_is_what_the_request_alone_is_planned_to(http):
    base = http.post("/v1/what-if", json=asked(DRAWS)).json()["base"]
    site = make_plan(a_request(), clock=clock)["site"]
    for name in ("energyCost", "demandCost", "energyKwh"):
        assert base["figures"][name] == pytest.approx(site[name], rel=1e-6)


def test_every_kind_of_change_does_what_it_says():
    found = answered(
        {"kind": "power-cap", "name": "cap", "powerCapKw": 50},
        {"kind": "power-cap", "name": "cap series", "powerCapKw": SERIES},
        {"kind": "power-cap", "name": "feeder", "powerCapKw": 5, "groupId": "feeder"},
        {"kind": "power-cap", "name": "blackout", "powerCapKw": 0, "window": WINDOW},
        {"kind": "base-load", "name": "load", "baseLoadKw": 120},
        {"kind": "energy-price", "name": "price", "prices": 1.0},
        {"kind": "demand-charge", "name": "peak", "demandCharge": {"pricePerKw": 3}},
        {"kind": "other-strategy", "name": "flat", "strategy": "peak-suppression"},
        {"kind": "late-arrival", "name": "late", "scheduleId": "s-1", "byMinutes": 660},
        {"kind": "other-departure", "name": "early", "evId": "bus-2", "byMinutes": -660},
        {"kind": "other-soc", "name": "fuller", "scheduleId": "s-1", "startSoC": 60},
        {"kind": "away", "name": "away", "evId": "bus-3"},
    )
    need_kwh = (0.6 + 0.6 + 0.35) * 300 / 0.95
    assert found["base"]["figures"]["energyKwh"] == pytest.approx(need_kwh)
    assert found["base"]["figures"]["short"] == []
    differs = {name: each["difference"] for name, each in found.items() if name != "base"}
    assert found["cap"]["figures"]["peakKw"] == pytest.approx(50)
    assert differs["cap"]["newlyShort"]
    assert differs["cap series"]["cost"] >= -1e-6
    assert set(differs["feeder"]["newlyShort"]) == {"s-1", "s-2"}
    assert differs["blackout"]["energyKwh"] == pytest.approx(0, abs=1e-3)
    assert differs["load"]["missingKwh"] > 50
    assert found["price"]["figures"]["cost"] == pytest.approx(need_kwh)
    assert differs["peak"]["demandCost"] > 0
    assert differs["flat"]["peakKw"] < -10
    assert differs["late"]["newlyShort"] == ["s-1"]
    assert differs["early"]["newlyShort"] == ["s-2"]
    assert differs["fuller"]["energyKwh"] == pytest.approx(-0.3 * 300 / 0.95)
    assert differs["away"]["energyKwh"] == pytest.approx(-0.35 * 300 / 0.95)


def test_a_short_stay_is_named_and_one_no_longer_short_too():
    tight = a_schedule("s-1", "bus-1", plannedDepartureTime="2026-01-19T17:00:00Z")
    longer = {"kind": "other-departure", "name": "longer", "scheduleId": "s-1", "byMinutes": 600}
    found = answered(longer, schedules=[tight])
    (short,) = found["base"]["figures"]["short"]
    assert (short["scheduleId"], short["evId"], short["targetSoC"]) == ("s-1", "bus-1", 90)
    assert short["plannedSoC"] == pytest.approx(30 + 100 * (50 / 60) * 100 / 300)
    assert found["longer"]["difference"]["noLongerShort"] == ["s-1"]
    assert found["longer"]["difference"]["missingKwh"] == pytest.approx(-short["shortfallKwh"])


def test_one_more_bus_is_read_as_the_others_are():
    """By the request's settings: 20 % comes first, and ten minutes before departure are kept free."""
    bus = a_vehicle("bus-4")
    more = {"kind": "one-more", "vehicle": bus, "schedule": a_schedule("s-4", "bus-4", startSoC=80)}
    once_more = {
        "kind": "one-more",
        "name": "again",
        "schedule": a_schedule(
            "s-5",
            "bus-1",
            startSoC=80,
            plannedArrivalTime="2026-01-20T05:00:00Z",
            plannedDepartureTime="2026-01-20T08:00:00Z",
        ),
    }
    found = answered(more, once_more)
    for name in ("one-more", "again"):
        assert found[name]["difference"]["energyKwh"] == pytest.approx(0.1 * 300 / 0.95)


def test_changes_together_follow_each_other():
    parts = [
        {"kind": "one-more", "vehicle": a_vehicle("bus-4"), "schedule": a_schedule("s-4", "bus-4")},
        {"kind": "away", "evId": "bus-1"},
        {"kind": "away", "evId": "bus-2"},
        {"kind": "away", "evId": "bus-3"},
    ]
    found = answered({"kind": "together", "changes": parts})["together"]
    assert found["figures"]["energyKwh"] == pytest.approx(0.6 * 300 / 0.95)


SHORT_OF = {
    "site-cap": {"site": a_site(powerCapKw=45)},
    "group and connector": {
        "site": a_site(stations=[{"stationId": "A", "maxPowerKw": 12, "connectors": []}], groups=[]),
        "schedules": [a_schedule("s-1", "bus-1", stationId="A")],
    },
    "group": {
        "site": a_site(groups=[{"id": "a:b", "powerCapKw": 12, "stationIds": ["A"]}]),
        "schedules": [a_schedule("s-1", "bus-1", stationId="A")],
    },
    "least power": {
        "site": a_site(powerCapKw=40),
        "vehicles": [a_vehicle("bus-1", minChargePowerkW=60)],
        "schedules": [a_schedule("s-1", "bus-1")],
    },
    "no pause": {
        "site": a_site(powerCapKw=a_cap_with_a_hole()),
        "vehicles": [a_vehicle("bus-1", supportsPauseResume=False, maxChargePowerkW=18)],
        "schedules": [a_schedule("s-1", "bus-1")],
    },
    "frozen": {"schedules": [a_frozen_schedule()]},
}
KINDS = {
    "raise-site-cap",
    "raise-group-cap:a:b",
    "raise-connector",
    "delay-departure",
    "lower-target",
    "lower-min-power",
    "allow-pausing",
    "unfreeze",
}


def test_every_repair_of_a_plan_can_be_asked_for_as_it_stands():
    """Of every kind: nothing but the repair was needed, so at least what that stay misses is found."""
    tried = set()
    for request in SHORT_OF.values():
        plan = make_plan(a_request(**request), clock=clock)
        assert plan["shortfalls"]
        for short in plan["shortfalls"]:
            for repair in short["repairs"]:
                change = {"kind": "repair", "scheduleId": short["scheduleId"], "repair": repair}
                gained_kwh = -answered(change, **request)["repair"]["difference"]["missingKwh"]
                assert gained_kwh >= short["shortfallKwh"] - 0.2, repair
                tried.add(repair["kind"])
    assert tried == KINDS


def test_a_recurring_schedule_is_changed_as_a_whole_or_by_occurrence():
    rule = a_schedule("r-1", "bus-1", recurrenceRule="FREQ=DAILY;COUNT=2")
    occurrence = "r-1@20260120T040000Z"
    found = answered(
        {"kind": "away", "name": "never", "scheduleId": "r-1"},
        {"kind": "away", "name": "once", "scheduleId": occurrence},
        schedules=[],
        recurringSchedules=[rule],
    )
    assert found["base"]["figures"]["energyKwh"] == pytest.approx(2 * 0.6 * 300 / 0.95)
    assert found["never"]["figures"]["energyKwh"] == 0
    assert found["once"]["figures"]["energyKwh"] == pytest.approx(0.6 * 300 / 0.95)


def test_warnings_are_told_where_they_are_new():
    found = answered({"kind": "base-load", "baseLoadKw": 200}, site=a_site(prices=prices(4)))
    assert [warning["code"] for warning in found["base"]["warnings"]] == ["series-repeated"]
    assert [warning["code"] for warning in found["base-load"]["warnings"]] == ["cap-exceeded"]


def test_draws_tell_how_often_each_vehicle_leaves_short():
    """A bus that needs every minute of its stay is short whenever it is late, the others never."""
    hours = 0.6 * 300 / 80  # at its connector's 80 kW
    leaves = f"2026-01-19T{16 + int(hours)}:{round(hours % 1 * 60) + 11}:00Z"
    schedules = a_request()["schedules"]
    schedules[0]["plannedDepartureTime"] = leaves
    found = answered({**DRAWS, "name": "draws"}, schedules=schedules)["draws"]
    lateness = Lateness(0.8, 15.0, 60.0, 5)
    late = sum(lateness.drawn_ms(draw, "s-1") > 60_000 for draw in range(DRAWS["draws"]))
    risk, *others = found["vehicles"]
    assert (risk["scheduleId"], risk["evId"]) == ("s-1", "bus-1")
    assert risk["shortDraws"] == found["shortDraws"] == late
    assert risk["probabilityShort"] == late / DRAWS["draws"]
    assert risk["expectedMissingKwh"] == pytest.approx(found["missingKwh"]["mean"])
    assert [other["shortDraws"] for other in others] == [0, 0]
    assert found["cost"]["least"] <= found["cost"]["p5"] <= found["cost"]["p50"] <= found["cost"]["most"]


def test_answers_are_the_same_for_one_process_and_for_two():
    caps = [{"kind": "power-cap", "powerCapKw": kw} for kw in (60, 90, 75)]
    question = read_parts(a_request(), [*caps, DRAWS], clock)
    count, seen = len(caps) + DRAWS["draws"], []
    one = answer(question, workers=1)
    two = answer(question, workers=2, on_progress=lambda made, of: seen.append((made, of)))
    assert without_times(one) == without_times(two)
    assert seen == [(made, count) for made in range(1, count + 1)]


def test_processes_are_started_where_they_have_more_to_do_than_to_start():
    """A worker takes half a second to start."""
    assert worthwhile_workers(32, 0.003) == worthwhile_workers(0, 9.0) == 1
    assert worthwhile_workers(100_000, 0.003) == usable_cores()
    assert worthwhile_workers(20, 0.05) == min(2, usable_cores())


def test_a_fault_in_a_worker_comes_out_and_leaves_no_process_waiting():
    """Slots of no length are read from no document: they stand for whatever may go wrong."""
    request = read_parts(a_request(), [DRAWS], clock).read.plan_request
    broken = replace(request, slot_minutes=0)
    draws = [LatenessDraw(Lateness(0.5, 15.0, 60.0, 1), k) for k in range(32)]
    with pytest.raises((ZeroDivisionError, ValueError)):
        all_figures(broken, draws, workers=2)


def test_wrong_input_that_a_worker_finds_comes_out_with_its_places():
    request = read_parts(a_request(), [DRAWS], clock).read.plan_request
    with pytest.raises(InvalidRequestError) as caught:
        all_figures(request, [Together()] * 2, engine="abacus", workers=2)
    assert [fault.pointer for fault in caught.value.faults] == ["/engine"]


def test_plans_come_back_where_asked_for_and_stand_their_check(http):
    changes = [
        {"kind": "late-arrival", "scheduleId": "s-1", "byMinutes": 45},
        {"kind": "other-soc", "evId": "bus-2", "targetSoC": 95},
        {"kind": "one-more", "vehicle": a_vehicle("bus-4"), "schedule": a_schedule("s-4", "bus-4")},
    ]
    question = asked(*changes, {**DRAWS, "draws": 2}) | {"includePlans": True}
    found = http.post("/v1/what-if", json=question).json()
    assert check_plan_documents(a_request(), found["base"]["plan"]) == ()
    late, fuller, more, draws = found["changes"]
    assert "plan" not in draws
    assert late["plan"]["schedules"][0]["plannedArrivalTime"] == "2026-01-19T16:45:00.000Z"
    assert late["plan"]["site"]["energyCost"] == late["figures"]["energyCost"]
    assert fuller["plan"]["schedules"][1]["targetSoC"] == 95
    assert [entry["id"] for entry in more["plan"]["schedules"]] == ["s-1", "s-2", "s-3", "s-4"]
    vehicles = [*a_request()["vehicles"], a_vehicle("bus-4")]
    changed = a_request(vehicles=vehicles, schedules=more["plan"]["schedules"])
    assert check_plan_documents(changed, more["plan"]) == ()


def test_charts_come_back_where_asked_for_without_the_plans(http):
    """Drawn from the changed plan: the late bus begins later than in the base's own figure."""
    late = {"kind": "late-arrival", "scheduleId": "s-1", "byMinutes": 45}
    found = http.post("/v1/what-if", json=asked(late, DRAWS) | {"includeCharts": True}).json()
    WhatIfResponse.model_validate(found)
    changed, draws = found["changes"]
    assert "chart" not in draws and "plan" not in changed and "plan" not in found["base"]
    arrivals = [each["chart"]["figures"]["gantt"]["data"][0]["base"] for each in (found["base"], changed)]
    assert sum(arrivals[1]) - sum(arrivals[0]) == 45 * 60_000
    assert found["base"]["chart"]["title"].startswith("yard")


@pytest.mark.parametrize(
    ("change", "place"), [bad[1:] for bad in BAD_CHANGES], ids=[bad[0] for bad in BAD_CHANGES]
)
def test_every_bad_change_is_a_422_with_its_place(http, change, place):
    text = to_json(asked({"kind": "away", "evId": "bus-1"}, change), inf_nan_mode="constants")
    response = http.post("/v1/what-if", content=text)
    assert response.status_code == 422
    assert [fault["pointer"] for fault in response.json()["errors"]] == [f"/changes/1{place}"]


def test_who_has_arrived_cannot_be_late(http):
    there = [a_schedule("s-1", "bus-1", plannedArrivalTime="2026-01-19T14:00:00Z")]
    late = {"kind": "late-arrival", "evId": "bus-1", "byMinutes": 5}
    faults = http.post("/v1/what-if", json=asked(late, schedules=there)).json()["errors"]
    assert faults == [{"pointer": "/changes/0/byMinutes", "message": "the vehicle has arrived already"}]


def test_all_that_is_wrong_is_told_at_once(http):
    """Shapes of changes even where the request itself is wrong; what they mean where it is sound."""
    bad_shape, bad_meaning = {"kind": "sunshine"}, {"kind": "away", "evId": "bus-9"}
    two = http.post("/v1/what-if", json=asked(bad_meaning, bad_shape)).json()["errors"]
    assert {fault["pointer"] for fault in two} == {"/changes/0/evId", "/changes/1/kind"}
    bad_request = asked(bad_meaning, bad_shape, site=a_site(powerCapKw=-1))
    pointers = {fault["pointer"] for fault in http.post("/v1/what-if", json=bad_request).json()["errors"]}
    assert pointers == {"/request/site/powerCapKw", "/changes/1/kind"}


def test_stays_that_overlap_in_the_request_are_the_requests_fault(http):
    twice = [a_schedule("s-1", "bus-1"), a_schedule("s-2", "bus-1")]
    faults = http.post("/v1/what-if", json=asked(DRAWS, schedules=twice)).json()["errors"]
    assert [fault["pointer"] for fault in faults] == ["/request/schedules/1"]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [([], ""), ({}, "/request"), ({"request": {}, "changes": []}, "/changes"), ({"changes": 7}, "/changes"),
     ({"request": {}, "changes": [1], "includePlans": "yes"}, "/includePlans"), ({"wish": 1}, "/wish")],
)  # fmt: skip
def test_a_document_of_the_wrong_shape_is_a_422(http, document, pointer):
    response = http.post("/v1/what-if", json=document)
    assert response.status_code == 422
    assert pointer in {fault["pointer"] for fault in response.json()["errors"]}


def test_too_many_draws_in_all_are_refused(http):
    half = {"kind": "random-lateness", "draws": 6_000}
    faults = http.post("/v1/what-if", json=asked(half, half)).json()["errors"]
    assert [fault["pointer"] for fault in faults] == ["/changes/1/draws"]


def test_what_is_not_json_is_a_400(http):
    assert http.post("/v1/what-if", content=b"{").status_code == 400


def test_other_answers_are_given_while_a_long_question_is_worked_on(http):
    question = asked({**DRAWS, "draws": 300})
    with ThreadPoolExecutor(1) as pool:
        long = pool.submit(http.post, "/v1/what-if", json=question)
        assert http.get("/healthz").status_code == 200
        still_at_work = not long.done()
        assert long.result().status_code == 200
    assert still_at_work


# --- the command ---


def depot(*arguments, stdin=None):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture
def request_file(tmp_path):
    return written(tmp_path / "request.json", a_request())


@pytest.fixture
def changes_file(tmp_path):
    return written(tmp_path / "changes.json", [{"kind": "power-cap", "name": "half", "powerCapKw": 75}])


def test_the_command_writes_the_answer_and_a_table(request_file, changes_file, tmp_path):
    out = tmp_path / "out.json"
    run = depot("what-if", request_file, changes_file, "-o", out, "--draws", 3, "--seed", 9)
    assert run.exit_code == 0
    found = from_json(out.read_bytes())
    WhatIfResponse.model_validate(found)
    assert [(each["kind"], each.get("seed")) for each in found["changes"]] == [
        ("power-cap", None),
        ("random-lateness", 9),
    ]
    assert all(
        word in run.stdout for word in ("half", "as it came", "3 draws, seed 9", "Anybody short in 0 of 3")
    )
    assert "4/4" in run.stderr


def test_without_a_file_standard_output_is_the_answer_alone(request_file):
    """As a process of its own, in which two workers start: no line of theirs is in it either."""
    run = depot_process("what-if", request_file, "--draws", 32, "--workers", 2)
    assert run.returncode == 0
    found = from_json(run.stdout)
    assert found["changes"][0]["draws"] == 32
    assert "What if" in run.stderr.decode()
    question = read_parts(a_request(), [{"kind": "random-lateness", "draws": 32}], clock)
    assert without_times(found) == without_times(answer(question, workers=1))


def test_who_is_at_risk_and_what_is_warned_of_is_told(tmp_path, request_file):
    changes = [
        {"kind": "base-load", "name": "bakery", "baseLoadKw": 200},
        {"kind": "random-lateness", "draws": 4, "shareLate": 1, "meanMinutes": 1000, "maxMinutes": 700},
    ]
    run = depot("what-if", request_file, written(tmp_path / "c.json", changes), "-o", tmp_path / "o.json")
    assert "bakery: " in run.stdout
    assert "bus-1, bus-2, bus-3" in run.stdout
    assert "bus-1 (s-1): short in " in run.stdout


def test_the_command_gives_plans_where_asked(request_file, changes_file, tmp_path):
    out = tmp_path / "out.json"
    assert depot("what-if", request_file, changes_file, "--plans", "-o", out).exit_code == 0
    assert from_json(out.read_bytes())["changes"][0]["plan"]["schedules"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([{"kind": "sunshine"}, {"kind": "away", "evId": "bus-9"}], ["/0/kind", "/1/evId"]),
        ({"kind": "away"}, ["must be a list"]),
        ([], ["no change"]),
    ],
)
def test_bad_changes_leave_with_2_and_their_places(request_file, tmp_path, changes, told):
    out = tmp_path / "out.json"
    run = depot("what-if", request_file, written(tmp_path / "c.json", changes), "-o", out)
    assert run.exit_code == 2
    assert "c.json" in run.stderr
    assert all(words in run.stderr for words in told)
    assert not out.exists()


def test_a_bad_request_leaves_with_2_under_its_own_name(tmp_path, changes_file):
    bad = written(tmp_path / "bad.json", a_request(site=a_site(powerCapKw=-1)))
    run = depot("what-if", bad, changes_file)
    assert run.exit_code == 2
    assert "bad.json" in run.stderr
    assert "/site/powerCapKw" in run.stderr


def test_an_unknown_engine_leaves_with_2(request_file, changes_file):
    run = depot("what-if", request_file, changes_file, "--engine", "abacus")
    assert run.exit_code == 2
    assert "abacus" in run.stderr


def test_no_change_at_all_leaves_with_2(request_file):
    run = depot("what-if", request_file)
    assert run.exit_code == 2
    assert "--draws" in run.stderr
