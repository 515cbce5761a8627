"""The plan response of contract section 3, out and back."""

from copy import deepcopy
from time import perf_counter

import numpy as np
import pytest
from pydantic_core import from_json

from api.documents import planned_schedules
from api.exceptions import InvalidPlanError
from api.plan_reading import read_plan
from api.plan_schemas import PlanResponse
from api.requests import OnInvalid, read_request
from api.responses import plain, render_plan
from api.service import json_text
from tests.plan_builders import NOW_MS, a_plan, a_request_document, a_schedule, a_shortfall

CREATED = NOW_MS + 412


def read(document=None, **how):
    return read_request(document or a_request_document(), clock_now_ms=NOW_MS, **how)


def rendered(request=None, plan=None):
    request = request or read()
    plan = plan or a_plan(*request.plan_request.sessions)
    return render_plan(request, plan, plan_id="01JQ", created_at_ms=CREATED)


def test_the_response_has_the_contracts_shape():
    response = rendered(plan=a_plan(shortfalls=(a_shortfall(),)))
    assert list(response) == [
        "planId",
        "createdAt",
        "strategy",
        "schedules",
        "site",
        "shortfalls",
        "warnings",
        "rejected",
        "solver",
    ]
    assert response["createdAt"] == "2026-03-09T16:00:00.412Z"
    assert PlanResponse.model_validate(response).strategy == "cost"


def test_slots_and_totals_are_rounded_and_unknown_values_null():
    site = rendered()["site"]
    assert site["slots"][2] == {
        "from": "2026-03-09T18:00:00.000Z",
        "to": "2026-03-09T19:00:00.000Z",
        "loadKw": 131.111111111,
        "baseLoadKw": 20.0,
        "powerCapKw": 300.0,
        "pricePerKwh": 0.1,
        "capValuePerKw": 0.0,
    }
    assert site["slots"][-1]["capValuePerKw"] is None
    assert (site["energyKwh"], site["carbonKg"]) == (222.222222222, None)


def test_shortfalls_name_reasons_and_repairs():
    shortfall = rendered(plan=a_plan(shortfalls=(a_shortfall(),)))["shortfalls"]
    window = {"from": "2026-03-09T17:00:00.000Z", "to": "2026-03-09T18:00:00.000Z"}
    assert shortfall == [
        {
            "scheduleId": "s-1",
            "evId": "bus-1",
            "shortfallKwh": 31.4,
            "plannedSoC": 82.1,
            "targetSoC": 90.0,
            "belowMinimumSoC": False,
            "reasons": [{"code": "site-cap", **window}],
            "repairs": [
                {"kind": "raise-site-cap", "byKw": 14.2, **window},
                {"kind": "delay-departure", "byMinutes": 22.0},
            ],
        }
    ]


def test_warnings_name_the_schedule_where_there_is_one():
    assert rendered()["warnings"] == [
        {"code": "assumed", "message": "a start SoC was assumed", "scheduleId": "s-1"},
        {"code": "prices", "message": "prices repeat"},
    ]


def test_the_solver_part_speaks_of_the_strategys_stage():
    solver = rendered()["solver"]
    assert solver["objective"] == solver["bound"] == 22.222222222
    assert [stage["name"] for stage in solver["stages"]] == ["missing-target", "cost"]
    assert solver["certificate"] == {"site": [0.0, 0.25], "none": None}
    assert solver["phasesMs"]["solve"] == 1.5


def test_schedules_come_back_in_order_and_unplanned_ones_as_they_came():
    beyond = a_schedule(
        id="s-0", plannedArrivalTime="2027-01-01T10:00:00Z", plannedDepartureTime="2027-01-02T10:00:00Z"
    )
    request = read(a_request_document(schedules=[beyond, a_schedule()]))
    response = rendered(request, a_plan(request.plan_request.sessions[1]))
    assert response["schedules"][0] == beyond
    assert response["schedules"][1]["plan"]["segments"]
    assert [entry["id"] for entry in planned_schedules(response)] == ["s-1"]


def test_occurrences_follow_the_dated_schedules():
    """Also where the rule stands among the dated ones, as one of the vendor's calls mixes them."""
    rule = {"plannedDepartureTime": "2026-03-09T23:00:00Z", "recurrenceRule": "FREQ=WEEKLY"}
    mixed, apart = a_schedule(id="r-1", **rule), a_schedule(id="r-2", **rule)
    request = read(a_request_document(schedules=[mixed], recurringSchedules=[apart]))
    occurrences = [
        _occurrence(rule.template, f"{rule.template.schedule_id}@20260310T010000Z")
        for rule in request.plan_request.recurring
    ]
    response = rendered(request, a_plan(*occurrences))
    assert response["schedules"][0] == mixed
    assert [entry["id"] for entry in response["schedules"][1:]] == [
        "r-1@20260310T010000Z",
        "r-2@20260310T010000Z",
    ]
    assert [session.schedule_id for session in read_plan(response, request).sessions] == [
        "r-1@20260310T010000Z",
        "r-2@20260310T010000Z",
    ]


def _occurrence(template, schedule_id):
    from dataclasses import replace

    return replace(template, schedule_id=schedule_id)


def test_rejected_entries_are_listed_and_come_back():
    bad = a_schedule(id="s-2", startSoC=140)
    request = read(a_request_document(schedules=[a_schedule(), bad]), on_invalid=OnInvalid.SKIP)
    response = rendered(request)
    assert response["schedules"][1] == bad
    assert [(entry["pointer"], entry["id"]) for entry in response["rejected"]] == [
        ("/schedules/1/startSoC", "s-2")
    ]


def test_a_response_survives_text_and_reads_as_the_same_plan():
    plan = a_plan(*read().plan_request.sessions, shortfalls=(a_shortfall(),))
    found = read_plan(from_json(json_text(rendered(plan=plan))), read())
    assert (found.strategy, found.now_ms, found.sessions) == (plan.strategy, plan.now_ms, plan.sessions)
    assert (found.notices, found.shortfalls) == (plan.notices, plan.shortfalls)
    np.testing.assert_array_equal(found.segments.start_ms, plan.segments.start_ms)
    np.testing.assert_array_equal(found.segments.tags, plan.segments.tags)
    np.testing.assert_allclose(found.segments.energy_kwh, plan.segments.energy_kwh)
    np.testing.assert_allclose(found.slots.cap_value_per_kw, plan.slots.cap_value_per_kw)
    np.testing.assert_array_equal(found.slots.end_ms, plan.slots.end_ms)
    assert found.totals.energy_cost == pytest.approx(plan.totals.energy_cost)
    assert found.report.strategy.name == "cost"
    assert found.report.certificate == {"site": [0.0, 0.25], "none": None}


def _without(response, *path):
    *parents, last = path
    for part in parents:
        response = response[part]
    del response[last]


def _with(response, value, *path):
    *parents, last = path
    for part in parents:
        response = response[part]
    response[last] = value


@pytest.mark.parametrize(
    "path",
    [
        ("planId",),
        ("site", "slots", 0, "loadKw"),
        ("solver", "stages"),
        ("shortfalls", 0, "reasons", 0, "code"),
        ("schedules", 0, "id"),
        ("schedules", 0, "plan", "segments", 2, "to"),
        ("schedules", 0, "planMeta", "frozen"),
    ],
)
def test_a_missing_field_is_named(path):
    response = rendered(plan=a_plan(shortfalls=(a_shortfall(),)))
    _without(response, *path)
    with pytest.raises(InvalidPlanError) as caught:
        read_plan(response, read())
    assert caught.value.faults[0].path == path


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("soon", ("createdAt",)),
        (1_773_072_000_000, ("createdAt",)),
        ("2026-03-09T16:00:00", ("site", "slots", 0, "from")),
        (float("nan"), ("site", "peakKw")),
        ("12", ("solver", "objective")),
        ([], ("solver", "stages")),
        ([], ("schedules", 0, "plan", "segments")),
        ("s-77", ("shortfalls", 0, "scheduleId")),
        ("perfect", ("solver", "status")),
        ("much", ("shortfalls", 0, "repairs", 1, "byMinutes")),
    ],
)
def test_a_wrong_value_is_named(value, path):
    response = rendered(plan=a_plan(shortfalls=(a_shortfall(),)))
    _with(response, value, *path)
    with pytest.raises(InvalidPlanError) as caught:
        read_plan(response, read())
    assert caught.value.faults[0].path == path


@pytest.mark.parametrize("document", [None, [], "plan", 7, {}])
def test_what_is_no_response_at_all_is_refused(document):
    with pytest.raises(InvalidPlanError):
        read_plan(document, read())


def test_a_plan_for_a_schedule_that_nobody_asked_for_is_refused():
    response = rendered()
    response["schedules"].append({**deepcopy(response["schedules"][0]), "id": "s-9"})
    with pytest.raises(InvalidPlanError, match="/schedules/1/id"):
        read_plan(response, read())


def test_proofs_are_written_unrounded():
    assert plain({"a": np.float64(1 / 3), 2: (np.int64(7), np.array([[0.1]])), "b": None, "c": "text"}) == {
        "a": 1 / 3,
        "2": [7, [[0.1]]],
        "b": None,
        "c": "text",
    }


def test_five_hundred_schedules_are_rendered_in_milliseconds():
    """About 5 ms on an idle core; the bound is loose, and only a change of order breaks it."""
    schedules = [a_schedule(id=f"s-{i}", evId=f"bus-{i}") for i in range(500)]
    vehicles = [{**a_request_document()["vehicles"][0], "id": f"bus-{i}"} for i in range(500)]
    request = read(a_request_document(schedules=schedules, vehicles=vehicles))
    plan = a_plan(*request.plan_request.sessions)
    best = min(_seconds(lambda: json_text(rendered(request, plan))) for _ in range(5))
    assert best < 0.1


def _seconds(work):
    start = perf_counter()
    work()
    return perf_counter() - start
