"""What evidence makes of a plan request."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.evenergy.evidence import EvidenceRules, Presence, VehicleEvidence
from adapters.evenergy.matching import matches_by_vin
from adapters.evenergy.payloads import Vehicle
from adapters.evenergy.sharpening import restored, sharpen, trigger_description
from optimiser.units import MS_PER_MINUTE, iso_z, to_ms
from tests.adapters.conftest import NOW

NOW_MS = to_ms(NOW)
Json = dict[str, Any]


def at(minutes: float) -> str:
    return iso_z(NOW_MS + round(minutes * MS_PER_MINUTE))


def a_stay(arrival: float, departure: float, **fields: Any) -> Json:
    """A dated schedule of bus-1; times in minutes after NOW."""
    times = {"plannedArrivalTime": at(arrival), "plannedDepartureTime": at(departure)}
    return {"id": "s-1", "evId": "bus-1", **times, "startSoC": 40, "targetSoC": 90, **fields}


def a_request(*schedules: Json, **parts: Any) -> Json:
    site = {"locationUid": "north", "timeZone": "Europe/Helsinki"}
    return {"now": at(0), "site": site, "schedules": list(schedules), **parts}


def seen(
    minutes_ago: float = 2, *, at_home: bool | None = None, soc: float | None = 55, **fields: Any
) -> VehicleEvidence:
    """Status and location, both measured so many minutes ago."""
    then = NOW_MS - round(minutes_ago * MS_PER_MINUTE)
    return VehicleEvidence(sampled_ms=then, soc_percent=soc, located_ms=then, at_home=at_home, **fields)


def sharpened(request: Json, evidence: VehicleEvidence) -> tuple[Json, list[str]]:
    """The only changed schedule, and the codes of the notices."""
    document, notices = sharpen(request, {"bus-1": evidence}, NOW_MS)
    (schedule,) = document["schedules"]
    return schedule, [notice.code for notice in notices]


def test_a_vehicle_that_is_early_may_charge_now() -> None:
    """Arrival and SoC are those of now, and the notice says why."""
    request = a_request(a_stay(60, 600))
    document, notices = sharpen(request, {"bus-1": seen(at_home=True)}, NOW_MS)
    assert document["schedules"] == [a_stay(0, 600, startSoC=55)]
    assert [(notice.code, notice.schedule_id) for notice in notices] == [("present-early", "s-1")]
    assert trigger_description(notices) == ("bus-1 is there before its planned arrival with 55 % (ev.energy)")


def test_a_plug_without_a_location_is_presence_enough() -> None:
    """A vehicle whose account has no home has no location log to go by."""
    assert sharpened(a_request(a_stay(60, 600)), seen(plugged_in=True))[1] == ["present-early"]


def test_a_plug_elsewhere_is_not_presence() -> None:
    """Charging on the road is not being at the depot."""
    schedule, codes = sharpened(a_request(a_stay(60, 600)), seen(at_home=False, plugged_in=True))
    assert (schedule, codes) == (a_stay(60, 600), [])


def test_a_vehicle_at_the_depot_long_before_may_leave_again() -> None:
    """Four hours before is early, more is another day's business."""
    assert sharpened(a_request(a_stay(241, 600)), seen(at_home=True))[1] == []
    assert sharpened(a_request(a_stay(240, 600)), seen(at_home=True))[1] == ["present-early"]


@pytest.mark.parametrize(("overdue", "delay"), [(1, 15), (20, 20), (90, 60)])
def test_a_late_vehicle_is_expected_later(overdue: float, delay: float) -> None:
    """After as long again as it is late, within a quarter and a whole hour; a lower SoC counts as well."""
    schedule, codes = sharpened(a_request(a_stay(-overdue, 600)), seen(at_home=False, soc=30))
    assert schedule == {**a_stay(-overdue, 600), "plannedArrivalTime": at(delay), "startSoC": 30}
    assert codes == ["expected-late", "soc-lower"]


def test_lateness_never_ends_before_it_begins() -> None:
    """A vehicle expected after its departure is expected a minute before it, and then no more."""
    assert sharpened(a_request(a_stay(-60, 5)), seen(at_home=False))[0]["plannedArrivalTime"] == at(4)
    assert sharpened(a_request(a_stay(-60, 1)), seen(at_home=False))[1] == []


def test_driving_after_the_last_location_is_away() -> None:
    """The newer of the two logs counts."""
    drives = VehicleEvidence(
        sampled_ms=NOW_MS, state="DRIVING", located_ms=NOW_MS - MS_PER_MINUTE, at_home=True
    )
    assert sharpened(a_request(a_stay(-20, 600)), drives)[1] == ["expected-late"]
    assert drives.presence(NOW_MS, EvidenceRules()) is Presence.AWAY


def test_a_running_transaction_beats_any_location() -> None:
    """The charger knows that the vehicle is connected to it."""
    tx = {"chargingStartTime": at(-10)}
    stay = a_stay(-20, 600, plan={"schedule": {"tx": tx}})
    schedule, codes = sharpened(a_request(stay), seen(at_home=False))
    assert schedule["plannedArrivalTime"] == at(-20) and codes == ["soc-measured"]
    ended = a_stay(-20, 600, plan={"schedule": {"tx": {**tx, "chargingEndTime": at(-5)}}})
    assert sharpened(a_request(ended), seen(at_home=False))[1] == ["expected-late"]


def test_the_soc_of_a_stay_under_way_is_that_of_now() -> None:
    """As `currentSoC`, unless the charger's own reading is there."""
    schedule, codes = sharpened(a_request(a_stay(-20, 600)), seen(at_home=True))
    assert (schedule, codes) == (a_stay(-20, 600, currentSoC=55), ["soc-measured"])
    assert sharpened(a_request(a_stay(-20, 600, currentSoC=50)), seen(at_home=True))[1] == []


@pytest.mark.parametrize(("soc", "start", "codes"), [(30, 30, ["soc-lower"]), (55, 40, []), (None, 40, [])])
def test_a_vehicle_on_the_road_arrives_with_no_more_than_it_has(
    soc: float | None, start: float, codes: list[str]
) -> None:
    """Less is believed, more is not: the way is not over."""
    schedule, found = sharpened(a_request(a_stay(60, 600)), seen(soc=soc))
    assert (schedule["startSoC"], found) == (start, codes)


@pytest.mark.parametrize("minutes_ago", [30.1, 600, -5.1])
@pytest.mark.parametrize("stay", [a_stay(60, 600), a_stay(-60, 600)])
def test_stale_evidence_changes_nothing(minutes_ago: float, stay: Json) -> None:
    """Older than half an hour, or from further in the future than clocks differ: the document is the same."""
    request = a_request(stay)
    for at_home in (True, False, None):
        evidence = {"bus-1": seen(minutes_ago, at_home=at_home, soc=10, plugged_in=True)}
        assert sharpen(request, evidence, NOW_MS) == (request, ())


def test_how_long_evidence_is_fresh_is_a_setting() -> None:
    """To the millisecond."""
    request, evidence = a_request(a_stay(60, 600)), {"bus-1": seen(45, at_home=True)}
    assert sharpen(request, evidence, NOW_MS, EvidenceRules(stale_ms=45 * MS_PER_MINUTE))[1]
    assert not sharpen(request, evidence, NOW_MS, EvidenceRules(stale_ms=45 * MS_PER_MINUTE - 1))[1]


def test_only_the_first_stay_that_is_not_over_changes() -> None:
    """Past and later nights are nothing that evidence of now can speak of."""
    stays = [a_stay(-600, -10), a_stay(1_500, 2_000, id="s-3"), a_stay(30, 600, id="s-2")]
    document, notices = sharpen(a_request(*stays), {"bus-1": seen(at_home=True)}, NOW_MS)
    assert document["schedules"][:2] == stays[:2]
    assert document["schedules"][2]["plannedArrivalTime"] == at(0) and len(notices) == 1


def test_an_occurrence_becomes_the_dated_schedule_that_stands_for_it() -> None:
    """With the id that the planner gives it; the rule stays for the other nights."""
    rule = a_stay(30, 600, id="r-1", recurrenceRule="FREQ=DAILY")
    request = a_request(recurringSchedules=[rule])
    document, notices = sharpen(request, {"bus-1": seen(at_home=True)}, NOW_MS)
    assert document["recurringSchedules"] == [rule]
    occurrence = a_stay(0, 600, id="r-1@20260310T040000Z", startSoC=55)
    assert document["schedules"] == [occurrence]
    assert notices[0].schedule_id == occurrence["id"]


def test_a_dated_stay_takes_the_place_of_an_occurrence() -> None:
    """It is the dated one that is sharpened."""
    rule = a_stay(30, 600, id="r-1", recurrenceRule="FREQ=DAILY")
    request = a_request(a_stay(90, 630), recurringSchedules=[rule])
    assert sharpened(request, seen(at_home=True))[0] == a_stay(0, 630, startSoC=55)


def test_a_frozen_plan_stays() -> None:
    """It is kept to the letter, whatever is seen."""
    request = a_request(a_stay(60, 600, planMeta={"frozen": True}))
    assert sharpen(request, {"bus-1": seen(at_home=True)}, NOW_MS) == (request, ())


def test_the_document_that_came_is_left_as_it_is() -> None:
    """A caller may keep it, and plan without the evidence."""
    request = a_request(a_stay(60, 600))
    before = copy.deepcopy(request)
    assert sharpen(request, {"bus-1": seen(at_home=True)}, NOW_MS)[0] != before == request


def test_what_was_planned_can_be_put_back() -> None:
    """For the push: the plan stays, the expectation goes."""
    original = a_stay(-20, 600)
    schedule, _ = sharpened(a_request(original), seen(at_home=False, soc=10))
    planned = {**schedule, "currentSoC": 5, "plan": {"endSoc": 90}}
    assert restored(planned, original) == {**original, "plan": {"endSoc": 90}}


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(at(30)) | st.just("bus-1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["evId", "plannedArrivalTime", "plannedDepartureTime", "plan", "schedule", "tx"])
            | st.sampled_from(["schedules", "recurringSchedules", "site", "timeZone", "recurrenceRule", "id"])
            | st.sampled_from(["startSoC", "planMeta", "frozen"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
names = ["site", "schedules", "recurringSchedules"]


@given(st.dictionaries(st.sampled_from(names), junk))
def test_a_document_that_makes_no_sense_is_left_to_the_planner(document: Json) -> None:
    """Whatever it is, it comes back, and only schedules with readable times change."""
    came, notices = sharpen(document, {"bus-1": seen(at_home=True)}, NOW_MS)
    assert notices or came == document


def test_vehicles_are_matched_by_vin() -> None:
    """Whatever the case and the blanks; not those without, nor those that share one."""
    ours = [("bus-1", "lzy 001"), ("bus-2", "LZY002"), ("bus-3", None), ("bus-4", " "), ("bus-5", "X")]
    theirs = [("v1", "LZY001"), ("v2", "LZY002"), ("v3", "lzy002"), ("v4", None), ("v5", "")]
    vehicles = [Vehicle(id=name, url="u", vin=vin) for name, vin in theirs]
    assert matches_by_vin([*ours, ("bus-6", "X")], vehicles) == (("bus-1", "v1"),)
