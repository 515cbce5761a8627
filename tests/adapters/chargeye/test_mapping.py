"""What a schedule and its vehicle mean to the planner, and whose word counts."""

from copy import deepcopy
from typing import Any

import pytest

from adapters.chargeye.checks import stay_faults
from adapters.chargeye.mapping import STRATEGY_VERSION_PREFIX, Stay, Surroundings, to_recurring, to_session
from adapters.chargeye.payloads import EvSchedule, Vehicle
from adapters.chargeye.sources import CallerSettings
from api.requests import read_request
from optimiser.domain import ChargingSession, FixedSegment, PowerRule, Preconditioning
from tests.adapters.chargeye.samples import FULL_SCHEDULE
from tests.builders import NOW_MS, a_request, a_schedule, a_vehicle

HOUR_MS = 3_600_000
EVENING_MS = NOW_MS + 3 * HOUR_MS  # two hours after the arrival of every schedule here
OURS = {"strategyVersion": STRATEGY_VERSION_PREFIX + "0.1.0"}
THEIRS = {"strategyVersion": "7.1"}
INNER: dict[str, Any] = {
    "priority": 3,
    "ev": {
        "batterySizekWh": 210,
        "maxPowerkW": 60,
        "supportsPausing": True,
        "preconditioning": {"vehiclePreconditioningEnergykWh": 12, "vehiclePreconditioningTimeMs": HOUR_MS},
    },
    "settings": {
        "departureMarginMinutes": 7,
        "minimumSoC": 33,
        "bulkSoC": 66,
        "evMinPowerkW": 4,
        "evMaxPowerkW": 55,
        "powerRules": [{"tag": "bulk", "idealPowerkW": 40}, {"tag": None, "idealPowerkW": None}],
    },
}


def session(
    schedule: dict[str, Any],
    vehicle: dict[str, Any] | None = None,
    settings: CallerSettings | None = None,
    now_ms: int = NOW_MS,
) -> ChargingSession:
    """The session that a schedule becomes, beside one vehicle entry or none."""
    entries = {vehicle["id"]: (Vehicle.model_validate(vehicle), ("vehicles", 0))} if vehicle else {}
    around = Surroundings(now_ms, settings or CallerSettings(), entries, stations={})  # type: ignore[arg-type]
    stay = Stay.of(EvSchedule.model_validate(schedule), ("schedules", 0))
    assert list(stay_faults(stay, around)) == []
    return to_session(stay, around)


def planned(
    inner: dict[str, Any] | None = None, meta: dict[str, Any] | None = None, **plan: Any
) -> dict[str, Any]:
    """A schedule with a plan inside."""
    return a_schedule("s", "bus-1", plan={"schedule": inner or {}, **plan}, planMeta=meta or THEIRS)


def segment(start_h: float, end_h: float, power_kw: float, **more: Any) -> dict[str, Any]:
    """A segment by hours after now."""
    start_ms, end_ms = (NOW_MS + round(hour * HOUR_MS) for hour in (start_h, end_h))
    return {"from": start_ms, "to": end_ms, "powerkW": power_kw} | more


def test_an_embedded_plan_fills_in_where_nobody_nearer_speaks() -> None:
    """No vehicle entry and no settings: all comes from the plan inside."""
    made = session(planned(INNER))
    assert (made.vehicle.battery_capacity_kwh, made.vehicle.max_power_kw) == (210, 55)
    assert (made.vehicle.min_power_kw, made.vehicle.pausable) == (4, True)
    assert (made.margin_ms, made.minimum_soc, made.bulk_soc) == (420_000, 0.33, 0.66)
    assert made.priority == 3
    assert made.power_rules == (PowerRule("bulk", 40),)
    assert made.preconditioning == Preconditioning(12, HOUR_MS)


def test_settings_go_before_the_embedded_plan() -> None:
    """What the caller sets for all vehicles replaces what the plan inside says."""
    settings = CallerSettings(
        margin_ms=0, minimum_soc=0.1, bulk_soc=0.7, least_power_kw=0.0, largest_power_kw=58.0, power_rules=()
    )
    made = session(planned(INNER), settings=settings)
    assert (made.margin_ms, made.minimum_soc, made.bulk_soc, made.power_rules) == (0, 0.1, 0.7, ())
    assert (made.vehicle.min_power_kw, made.vehicle.max_power_kw) == (0, 58)


def test_the_vehicle_entry_goes_before_all() -> None:
    """Battery and pausing are the entry's; powers are the tightest of what is said."""
    vehicle = a_vehicle("bus-1", supportsPauseResume=False, minChargePowerkW=9, minPreconditioningPowerkW=20)
    made = session(planned(INNER), vehicle)
    assert (made.vehicle.battery_capacity_kwh, made.vehicle.pausable) == (300, False)
    assert (made.vehicle.min_power_kw, made.vehicle.max_power_kw) == (9, 55)
    assert made.preconditioning == Preconditioning(12, HOUR_MS, 20)


def test_our_own_plan_tells_only_of_transaction_priority_and_preconditioning() -> None:
    """Yesterday's settings, which we wrote into the plan ourselves, do not come back as today's."""
    inner = INNER | {"tx": {"chargingStartTime": "2026-01-19T16:30:00Z"}}
    made = session(planned(inner, OURS), a_vehicle("bus-1"), now_ms=EVENING_MS)
    assert (made.vehicle.max_power_kw, made.vehicle.min_power_kw) == (100, 5)
    assert (made.margin_ms, made.minimum_soc, made.bulk_soc, made.power_rules) == (0, 0.0, 0.8, ())
    assert (made.priority, made.preconditioning, made.charging_now) == (3, Preconditioning(12, HOUR_MS), True)


def test_zero_inside_an_embedded_plan_means_not_known() -> None:
    """The vendor's placeholders of 0 for a size or a power take nothing from the entry."""
    inner = {"ev": {"batterySizekWh": 0, "maxPowerkW": 0}, "settings": {"evMaxPowerkW": 0}}
    made = session(planned(inner), a_vehicle("bus-1"))
    assert (made.vehicle.battery_capacity_kwh, made.vehicle.max_power_kw) == (300, 100)


def test_a_vehicle_that_is_not_ours_to_steer_says_so() -> None:
    """Only an explicit false takes a vehicle out of our hands."""
    flags = (True, None, False)
    made = [
        session(a_schedule("s", "bus-1"), a_vehicle("bus-1", enableChargeScheduling=flag)) for flag in flags
    ]
    assert [one.vehicle.controllable for one in made] == [True, True, False]


PAST = {
    "pastSegments": [segment(1, 2, 50, endSoc=47), segment(2, 3, 50, endSoc=61), segment(0, 1, 0, endSoc=30)]
}


@pytest.mark.parametrize(
    ("more", "now_ms", "soc"),
    [
        ({"currentSoC": 52}, EVENING_MS, 0.52),
        ({}, EVENING_MS, 0.61),
        ({"plan": {"pastSegments": [{"endSoc": None}]}}, EVENING_MS, 0.30),
        ({"plan": None}, EVENING_MS, 0.30),
        ({"currentSoC": 52}, NOW_MS + HOUR_MS, 0.52),
        ({"currentSoC": 52}, NOW_MS + HOUR_MS - 1, 0.30),
    ],
    ids=["measured", "end of the past", "past without SoC", "no plan", "at arrival", "just before arrival"],
)
def test_the_soc_at_now_is_the_best_that_is_known(more: dict[str, Any], now_ms: int, soc: float) -> None:
    """Under way: measured, else where the past segments ended, else as at arrival; before: as at arrival."""
    made = session(planned(meta=OURS, **PAST) | more, a_vehicle("bus-1"), now_ms=now_ms)
    assert made.soc == soc


@pytest.mark.parametrize(
    ("tx", "now_ms", "charging"),
    [
        ({"chargingStartTime": "2026-01-19T16:10:00Z"}, EVENING_MS, True),
        ({"chargingStartTime": "2026-01-19T18:00:00Z"}, EVENING_MS, True),
        ({"chargingStartTime": "2026-01-19T18:00:00.001Z"}, EVENING_MS, False),
        (
            {"chargingStartTime": "2026-01-19T16:10:00Z", "chargingEndTime": "2026-01-19T18:00:00Z"},
            EVENING_MS,
            False,
        ),
        (
            {"chargingStartTime": "2026-01-19T16:10:00Z", "chargingEndTime": "2026-01-19T18:00:01Z"},
            EVENING_MS,
            True,
        ),
        ({"chargingEndTime": None}, EVENING_MS, False),
        ({"chargingStartTime": "2026-01-19T14:10:00Z"}, NOW_MS, False),
    ],
)
def test_charging_now_is_begun_and_not_ended(tx: dict[str, Any], now_ms: int, charging: bool) -> None:
    """Begun at or before now, no end by now, and the vehicle is here."""
    made = session(planned({"tx": tx}), a_vehicle("bus-1"), now_ms=now_ms)
    assert made.charging_now is charging
    assert (made.charging_since_ms is not None) is charging


SEGMENTS = [segment(1, 4, 50), segment(4, 5, 0, paused=True), segment(5, 20, 30)]
CUT = (
    FixedSegment(EVENING_MS, NOW_MS + 4 * HOUR_MS, 50),
    FixedSegment(NOW_MS + 4 * HOUR_MS, NOW_MS + 5 * HOUR_MS, 0),
    FixedSegment(NOW_MS + 5 * HOUR_MS, NOW_MS + 13 * HOUR_MS, 30),
)


@pytest.mark.parametrize("meta", [OURS, THEIRS])
def test_a_frozen_plan_is_kept_from_now_to_departure(meta: dict[str, Any]) -> None:
    """Whoever wrote it: the segments are cut to `[now, departure)` and are no mere wish."""
    made = session(
        planned(meta=meta | {"frozen": True}, segments=SEGMENTS), a_vehicle("bus-1"), now_ms=EVENING_MS
    )
    assert (made.frozen, made.running_plan) == (CUT, ())


def test_a_plan_that_is_not_frozen_is_the_one_that_runs() -> None:
    """It is what a new plan should stay near to."""
    made = session(planned(segments=SEGMENTS), a_vehicle("bus-1"), now_ms=EVENING_MS)
    assert (made.frozen, made.running_plan) == (None, CUT)


def test_frozen_without_segments_freezes_nothing() -> None:
    """There is nothing to keep to the letter, so the schedule is planned."""
    made = session(planned(meta={"frozen": True}), a_vehicle("bus-1"))
    assert made.frozen is None


def test_a_running_plan_that_overlaps_itself_is_no_guide() -> None:
    """It is advice only, so it is left out instead of refusing the request."""
    crossed = [segment(1, 4, 50), segment(3, 5, 20)]
    assert session(planned(segments=crossed), a_vehicle("bus-1")).running_plan == ()


def test_a_recurring_schedule_lends_no_plan_to_its_occurrences() -> None:
    """Segments, transaction and measured SoC belong to one night; limits and priority to all."""
    inner = INNER | {"tx": {"chargingStartTime": "2026-01-19T16:10:00Z"}}
    schedule = planned(inner, {"frozen": True}, segments=SEGMENTS)
    schedule |= {"recurrenceRule": " FREQ=DAILY ", "currentSoC": 70}
    around = Surroundings(EVENING_MS, CallerSettings(), {}, {})
    recurring = to_recurring(Stay.of(EvSchedule.model_validate(schedule), ("recurringSchedules", 0)), around)
    template = recurring.template
    assert recurring.recurrence_rule == "FREQ=DAILY"
    assert (template.frozen, template.running_plan, template.charging_now) == (None, (), False)
    assert (template.soc, template.priority, template.vehicle.max_power_kw) == (0.3, 3, 55)


def test_preconditioning_without_a_time_is_left_out_and_said() -> None:
    """An energy cannot be drawn over no time; the depot is told, and the rest is planned."""
    document = a_request()
    ev = {"preconditioning": {"vehiclePreconditioningEnergykWh": 9}}
    document["schedules"][0]["plan"] = {"schedule": {"ev": ev}}
    request = read_request(document, clock_now_ms=0).plan_request
    assert request.sessions[0].preconditioning is None
    assert [(notice.code, notice.schedule_id) for notice in request.notices] == [
        ("preconditioning-without-time", "s-1")
    ]


@pytest.mark.parametrize("rule", ["string", None])
def test_the_reference_example_of_the_vendor_is_accepted_whole(rule: str | None) -> None:
    """Every field with its placeholder: nothing is refused, nothing is lost, in both kinds of schedule."""
    schedule = FULL_SCHEDULE | {"recurrenceRule": rule}
    document = a_request(vehicles=[a_vehicle("string")], schedules=[schedule])
    before = deepcopy(document)
    answer = read_request(document, clock_now_ms=0)
    request = answer.plan_request
    made = request.recurring[0].template if rule else request.sessions[0]
    assert (made.schedule_id, made.soc, made.target_soc) == ("string", 0.0, 0.0)
    assert (made.bulk_soc, made.minimum_soc, made.vehicle.max_power_kw) == (0.0, 0.2, 100)
    assert made.frozen == (None if rule else ())
    assert answer.document == before
