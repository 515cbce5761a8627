"""What only the document can break."""

from copy import deepcopy
from dataclasses import replace

import pytest

from api.document_check import check_document
from api.plan_reading import read_response, to_plan
from api.requests import read_request
from api.responses import render_plan
from tests.plan_builders import NOW_MS, a_plan, a_request_document, a_schedule, a_shortfall

BEYOND = a_schedule(
    id="s-0",
    plannedArrivalTime="2027-01-01T10:00:00Z",
    plannedDepartureTime="2027-01-02T10:00:00Z",
    plan={"pastSegments": [{"from": 1, "to": 2}]},
)


def read():
    return read_request(a_request_document(schedules=[a_schedule(), BEYOND]), clock_now_ms=NOW_MS)


def breaches(response):
    answer = read_response(response)
    return check_document(answer, to_plan(answer, read()).sessions, read())


@pytest.fixture(scope="module")
def response():
    plan = a_plan(read().plan_request.sessions[0], shortfalls=(a_shortfall(),))
    return render_plan(read(), plan, plan_id="01JQ", created_at_ms=NOW_MS + 1)


def test_a_right_document_has_no_breach(response):
    assert breaches(response) == ()


PLAN = ("schedules", 0, "plan")


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (("schedules", 0, "targetSoC"), 80, "/schedules/0/targetSoC"),
        (("schedules", 0, "colour", "roof"), "blue", "/schedules/0/colour"),
        (("schedules", 0, "extra"), 1, "/schedules/0/extra"),
        (("schedules", 1, "startSoC"), 41, "/schedules/1/startSoC"),
        (("schedules", 1, "plan", "pastSegments"), [], "/schedules/1/plan"),
        ((*PLAN, "pastSegments"), [{"from": 3}], "/schedules/0/plan/pastSegments"),
        ((*PLAN, "energyKwh"), 201.0, "/schedules/0/plan/energyKwh"),
        ((*PLAN, "endSoc"), 91.0, "/schedules/0/plan/endSoc"),
        ((*PLAN, "endTime"), NOW_MS, "/schedules/0/plan/endTime"),
        ((*PLAN, "reachedTargetSocInSchedule"), False, "/schedules/0/plan/reachedTargetSocInSchedule"),
        ((*PLAN, "segments", 1, "durationMs"), 1, "/schedules/0/plan/segments/1/durationMs"),
        ((*PLAN, "segments", 1, "paused"), True, "/schedules/0/plan/segments/1/paused"),
        ((*PLAN, "segments", 0, "paused"), False, "/schedules/0/plan/segments/0/paused"),
        ((*PLAN, "departureMarginMs"), 0, "/schedules/0/plan/departureMarginMs"),
        ((*PLAN, "schedule", "to"), NOW_MS, "/schedules/0/plan/schedule/to"),
        ((*PLAN, "schedule", "ev", "maxPowerkW"), 1.0, "/schedules/0/plan/schedule/ev"),
        (("schedules", 0, "planMeta", "strategy"), "asap", "/schedules/0/planMeta/strategy"),
        (("shortfalls", 0, "evId"), "bus-2", "/shortfalls/0/evId"),
        (("shortfalls", 0, "targetSoC"), 85.0, "/shortfalls/0/targetSoC"),
        (("shortfalls", 0, "belowMinimumSoC"), True, "/shortfalls/0/belowMinimumSoC"),
        (("solver", "gap"), 0.1, "/solver/gap"),
        (("solver", "bound"), 1.0, "/solver/bound"),
        (("solver", "objective"), 1.0, "/solver/objective"),
        (("solver", "stages", 0, "gap"), 0.5, "/solver/stages/0/gap"),
        (("rejected",), [{"pointer": "/schedules/3", "message": "?"}], "/rejected"),
    ],
)
def test_every_change_is_found_where_it_is(response, path, value, where):
    changed = deepcopy(response)
    *parents, last = path
    here = changed
    for part in parents:
        here = here[part]
    here[last] = value
    assert where in [breach.where for breach in breaches(changed)]


def test_a_schedule_that_does_not_come_back_is_missed(response):
    changed = deepcopy(response)
    del changed["schedules"][1]
    assert [breach.where for breach in breaches(changed)] == ["/schedules"]


def test_a_field_that_was_lost_is_missed(response):
    changed = deepcopy(response)
    del changed["schedules"][0]["colour"]
    assert [breach.where for breach in breaches(changed)] == ["/schedules/0/colour"]


def test_a_schedule_out_of_nowhere_is_a_breach(response):
    changed = deepcopy(response)
    changed["schedules"].append(a_schedule(id="s-9"))
    assert [breach.where for breach in breaches(changed)] == ["/schedules/2"]


def test_an_occurrence_keeps_what_its_rule_says():
    """Only id and times are its own."""
    rule = a_schedule(id="r-7", recurrenceRule="FREQ=DAILY")
    request = read_request(a_request_document(schedules=[], recurringSchedules=[rule]), clock_now_ms=NOW_MS)
    session = replace(request.plan_request.recurring[0].template, schedule_id="r-7@20260310T010000Z")
    response = render_plan(request, a_plan(session), plan_id="01JQ", created_at_ms=NOW_MS + 1)
    response["schedules"][0]["colour"] = {"roof": "blue"}
    answer = read_response(response)
    found = check_document(answer, to_plan(answer, request).sessions, request)
    assert [breach.where for breach in found] == ["/schedules/0/colour"]
