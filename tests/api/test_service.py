"""The use cases behind every way in."""

from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic_core import from_json

from api.exceptions import NotJsonError, SelfCheckError
from api.ids import new_id
from api.requests import OnInvalid, read_request
from api.service import check_plan_documents, json_text, make_plan, parse_json, refuse_breaches
from optimiser.exceptions import InvalidRequestError
from tests.plan_builders import NOW_MS, a_plan, a_request_document, a_schedule, some_segments


def planned(document=None, now_ms=NOW_MS, **how):
    return make_plan(document or a_request_document(), clock=lambda: now_ms, **how)


def without_times_of_making(response):
    solver = {name: value for name, value in response["solver"].items() if name != "phasesMs"}
    kept = {name: value for name, value in response.items() if name not in ("planId", "createdAt")}
    return kept | {"solver": solver}


def test_a_plan_stands_its_check_after_a_trip_through_text():
    request, response = a_request_document(), from_json(json_text(planned()))
    assert check_plan_documents(request, response) == ()


def test_the_same_request_gives_the_same_plan_byte_for_byte():
    first, second = planned(), planned()
    assert json_text(without_times_of_making(first)) == json_text(without_times_of_making(second))
    assert first["planId"] != second["planId"]


def test_every_phase_is_timed():
    spent = planned()["solver"]["phasesMs"]
    assert {"parse", "expand", "build", "solve", "segments", "check", "respond"} <= set(spent)
    assert "plan" not in spent
    assert all(milliseconds >= 0 for milliseconds in spent.values())
    assert spent["solve"] > 0


def test_a_request_without_now_is_planned_and_checked_at_the_clock():
    """The response alone tells what `now` was, so that a check years later is right."""
    request = a_request_document()
    del request["now"]
    response = planned(request, now_ms=NOW_MS + 7_654_321)
    assert response["createdAt"] == "2026-03-09T18:07:34.321Z"
    assert response["schedules"][0]["plan"]["segments"][0]["from"] == NOW_MS + 7_654_321
    assert check_plan_documents(request, response) == ()


def test_skipped_entries_do_not_spoil_the_check():
    request = a_request_document(schedules=[a_schedule(id="bad", startSoC=-1), a_schedule()])
    with pytest.raises(InvalidRequestError):
        planned(request)
    response = planned(request, on_invalid=OnInvalid.SKIP)
    assert [entry["id"] for entry in response["rejected"]] == ["bad"]
    assert check_plan_documents(request, response) == ()


def test_a_fault_that_only_the_calendar_shows_is_skipped_too():
    """Two stays of one bus at once: read alone, each is in order."""
    request = a_request_document(schedules=[a_schedule(), a_schedule(id="s-2")])
    with pytest.raises(InvalidRequestError):
        planned(request)
    response = planned(request, on_invalid=OnInvalid.SKIP)
    assert len(response["schedules"]) == 2
    assert response["rejected"]
    assert check_plan_documents(request, response) == ()


def test_a_fault_of_the_request_itself_is_never_skipped():
    request = a_request_document(settings={"minRunMinutes": -1})
    with pytest.raises(InvalidRequestError, match="/settings/minRunMinutes"):
        planned(request, on_invalid=OnInvalid.SKIP)


def test_occurrences_come_back_planned_and_stand_their_check():
    rule = a_schedule(id="r-7", recurrenceRule="FREQ=DAILY")
    request = a_request_document(schedules=[], recurringSchedules=[rule], horizonHours=48)
    response = planned(request)
    assert [entry["id"] for entry in response["schedules"]] == [
        "r-7@20260310T010000Z",
        "r-7@20260311T010000Z",
    ]
    assert check_plan_documents(request, response) == ()


def test_a_missing_occurrence_is_a_breach():
    rule = a_schedule(id="r-7", recurrenceRule="FREQ=DAILY")
    request = a_request_document(schedules=[], recurringSchedules=[rule], horizonHours=48)
    response = planned(request)
    del response["schedules"][1]
    assert any("r-7@20260311T010000Z" in breach.where for breach in check_plan_documents(request, response))


def test_a_depot_with_nothing_to_plan_is_a_plan():
    request = a_request_document(schedules=[], vehicles=[])
    response = planned(request)
    assert response["schedules"] == []
    assert check_plan_documents(request, response) == ()


def test_our_own_bad_plan_is_kept_back():
    read = read_request(a_request_document(), clock_now_ms=NOW_MS)
    segments = some_segments()
    segments.power_kw[1] = 500.0
    with pytest.raises(SelfCheckError) as caught:
        refuse_breaches(read, a_plan(*read.plan_request.sessions, segments=segments))
    assert any(breach.rule.startswith("4.2") for breach in caught.value.breaches)
    assert "500" not in str(caught.value)


@pytest.mark.parametrize("text", [b"", b"{", b"nul", b"\xff", b'{"a": 01}', b"[" * 100_000])
def test_what_is_not_json_is_said_to_be_none(text):
    with pytest.raises(NotJsonError, match="not JSON"):
        parse_json(text)


def test_nan_is_read_so_that_its_place_can_be_named():
    assert np.isnan(parse_json(b'{"a": NaN}')["a"])


def test_ids_sort_by_time_of_making_and_never_repeat():
    ids = [new_id(NOW_MS + i) for i in range(100)] + [new_id(NOW_MS) for _ in range(100)]
    assert ids[:100] == sorted(ids[:100])
    assert len(set(ids)) == 200
    assert {len(name) for name in ids} == {26}
    assert new_id(0)[:10] == "0" * 10
    assert new_id(int(datetime(2026, 3, 9, tzinfo=UTC).timestamp() * 1000)).startswith("01K")
