"""A plan in ChargEye's words, and back."""

import numpy as np
import pytest
from pydantic import ValidationError

from adapters.chargeye.plan_payload import (
    PlanStamp,
    charging_end_ms,
    filled_schedule,
    occurrence_schedule,
    reached,
    segment_payloads,
)
from adapters.chargeye.plan_reading import PlanDocument, segment_columns
from optimiser.domain import PowerRule, Preconditioning
from tests.plan_builders import HOUR, NOW_MS, a_schedule, a_session, some_segments

STAMP = PlanStamp(
    "2026-03-09T16:00:00.000Z", "cost", "depot-charging-planner/0.1.0", "manual", "Planned on request"
)

PLAN_FIELDS = {
    "departureMarginMs",
    "endSoc",
    "endTime",
    "energyKwh",
    "pastSegments",
    "reachedTargetSocInSchedule",
    "schedule",
    "segments",
}
SEGMENT_FIELDS = {
    "durationMs",
    "endSoc",
    "energykWh",
    "from",
    "paused",
    "powerIsBeingLimited",
    "powerUnlimited",
    "powerkW",
    "startSoc",
    "tag",
    "to",
}
META_FIELDS = {"frozen", "strategy", "strategyVersion", "timestamp", "trigger", "triggerDescription"}
INPUT_FIELDS = {"ev", "from", "id", "priority", "settings", "startSoc", "targetSoc", "to"}
EV_FIELDS = {
    "batteryEnergyNeedkWh",
    "batterySizekWh",
    "energyNeedkWh",
    "maxPowerkW",
    "preconditioning",
    "supportsPausing",
}
SETTING_FIELDS = {
    "bulkSoC",
    "departureMarginMinutes",
    "evMaxPowerkW",
    "evMinPowerkW",
    "minimumSoC",
    "powerRules",
}


def filled(schedule=None, session=None):
    return filled_schedule(
        schedule or a_schedule(), session or a_session(), segment_payloads(some_segments()), STAMP
    )


def test_every_field_has_chargeyes_spelling():
    plan = filled()["plan"]
    assert set(plan) == PLAN_FIELDS
    assert set(filled()["planMeta"]) == META_FIELDS
    assert all(set(segment) == SEGMENT_FIELDS for segment in plan["segments"])
    assert set(plan["schedule"]) == INPUT_FIELDS
    assert set(plan["schedule"]["ev"]) == EV_FIELDS
    assert set(plan["schedule"]["settings"]) == SETTING_FIELDS


def test_segments_are_percent_milliseconds_and_tag_lists():
    assert segment_payloads(some_segments())[1] == {
        "durationMs": 2 * HOUR,
        "endSoc": 90.0,
        "energykWh": 200.0,
        "from": NOW_MS + 2 * HOUR,
        "paused": False,
        "powerIsBeingLimited": False,
        "powerUnlimited": True,
        "powerkW": 100.0,
        "startSoc": 40.0,
        "tag": ["minimum", "bulk"],
        "to": NOW_MS + 4 * HOUR,
    }


def test_the_plan_says_when_charging_ends_and_what_it_brings():
    plan = filled()["plan"]
    assert (plan["endTime"], plan["energyKwh"], plan["endSoc"]) == (NOW_MS + 4 * HOUR, 200.0, 90.0)
    assert plan["departureMarginMs"] == 900_000
    assert plan["reachedTargetSocInSchedule"] is True


def test_the_inputs_that_were_used_stand_in_the_plan():
    session = a_session(
        priority=3.0,
        power_rules=(PowerRule("bulk", 60.0),),
        preconditioning=Preconditioning(12.0, 1_800_000),
    )
    inputs = filled(session=session)["plan"]["schedule"]
    assert inputs == {
        "id": "s-1",
        "from": NOW_MS + HOUR,
        "to": NOW_MS + 9 * HOUR,
        "priority": 3.0,
        "startSoc": 40,
        "targetSoc": 90.0,
        "ev": {
            "batterySizekWh": 400.0,
            "batteryEnergyNeedkWh": 200.0,
            "energyNeedkWh": 212.0,
            "maxPowerkW": 100.0,
            "supportsPausing": True,
            "preconditioning": {
                "batteryPreconditioningTimeMs": 0,
                "vehiclePreconditioningEnergykWh": 12.0,
                "vehiclePreconditioningTimeMs": 1_800_000,
            },
        },
        "settings": {
            "bulkSoC": 80.0,
            "minimumSoC": 20.0,
            "departureMarginMinutes": 15.0,
            "evMaxPowerkW": 100.0,
            "evMinPowerkW": 10.0,
            "powerRules": [{"idealPowerkW": 60.0, "tag": "bulk"}],
        },
    }


def test_what_is_not_ours_comes_back_untouched():
    past = [{"from": 1, "to": 2, "note": "as it was"}]
    tx = {"chargingStartTime": "2026-03-09T15:00:00.000Z", "meter": 7}
    came = a_schedule(
        plan={
            "pastSegments": past,
            "later": 1,
            "schedule": {"tx": tx, "ev": {"axles": 3}, "settings": {"x": 0}},
        },
        planMeta={"frozen": False, "operator": "Ann"},
    )
    schedule = filled(came)
    assert schedule["colour"] == {"roof": "red"}
    assert schedule["plannedArrivalTime"] == "2026-03-09T19:00:00+02:00"
    assert schedule["plan"]["pastSegments"] == past
    assert schedule["plan"]["later"] == 1
    assert schedule["plan"]["schedule"]["tx"] == tx
    assert schedule["plan"]["schedule"]["ev"]["axles"] == 3
    assert schedule["plan"]["schedule"]["settings"]["x"] == 0
    assert schedule["planMeta"]["operator"] == "Ann"


def test_the_request_is_not_changed_by_rendering():
    came = a_schedule(plan={"schedule": {"ev": {"axles": 3}}}, planMeta={"frozen": False})
    filled(came)
    assert came == a_schedule(plan={"schedule": {"ev": {"axles": 3}}}, planMeta={"frozen": False})


def test_an_occurrence_is_a_dated_schedule_without_rule_or_past():
    recurring = a_schedule(
        id="r-7", recurrenceRule="FREQ=DAILY", plan={"pastSegments": [{"from": 1}]}, planMeta={"frozen": True}
    )
    session = a_session(schedule_id="r-7@20260310T010000Z")
    dated = filled(occurrence_schedule(recurring, session), session)
    assert "recurrenceRule" not in dated
    assert dated["id"] == "r-7@20260310T010000Z"
    assert dated["plannedArrivalTime"] == "2026-03-09T17:00:00.000Z"
    assert dated["plannedDepartureTime"] == "2026-03-10T01:00:00.000Z"
    assert dated["plan"]["pastSegments"] == []
    assert dated["planMeta"]["frozen"] is False
    assert dated["colour"] == {"roof": "red"}


def test_without_any_charging_the_plan_ends_where_it_begins():
    assert charging_end_ms([{"from": 5, "to": 9, "paused": True}]) == 5


@pytest.mark.parametrize(
    ("end_soc", "expected"), [(0.9, True), (0.8995, True), (0.8994, False), (0.95, True)]
)
def test_reached_means_within_five_hundredths_of_a_point(end_soc, expected):
    assert reached(end_soc, 0.9) is expected


def test_noise_below_nine_decimals_is_not_written():
    segments = some_segments()
    segments.power_kw[1] = 100.0 + 1e-12
    segments.energy_kwh[0] = -1e-15
    rows = segment_payloads(segments)
    assert rows[1]["powerkW"] == 100.0
    assert str(rows[0]["energykWh"]) == "0.0"


def test_plans_come_back_as_the_same_columns():
    plans = [PlanDocument.model_validate(filled()["plan"]) for _ in range(3)]
    columns, expected = segment_columns(plans), some_segments(3)
    for name in ("first", "start_ms", "end_ms", "tags", "limited", "unlimited"):
        np.testing.assert_array_equal(getattr(columns, name), getattr(expected, name))
    for name in ("power_kw", "energy_kwh", "start_soc", "end_soc"):
        np.testing.assert_allclose(getattr(columns, name), getattr(expected, name), atol=1e-11)


def test_no_plans_are_no_rows():
    columns = segment_columns([])
    assert columns.first.tolist() == [0]
    assert columns.power_kw.shape == (0,)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("powerkW", "100"),
        ("powerkW", float("nan")),
        ("paused", 0),
        ("from", 1.5),
        ("to", -1),
        ("to", 10**30),
        ("durationMs", None),
    ],
)
def test_a_segment_is_read_strictly(field, value):
    """Each of these would have to be guessed at; the error leads to it."""
    plan = filled()["plan"]
    plan["segments"][1][field] = value
    with pytest.raises(ValidationError) as caught:
        PlanDocument.model_validate(plan)
    assert caught.value.errors()[0]["loc"][:3] == ("segments", 1, field)
