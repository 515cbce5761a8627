"""Reading a plan request: what it becomes, and what is said about a wrong one."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.example_request import EXAMPLE_REQUEST
from api.requests import OnInvalid, ReadRequest, read_request
from api.schemas import PlanRequestBody
from optimiser.domain import ChargingCurve, DemandCharge, PowerRule, ShortfallPolicy, Strategy, Window
from optimiser.exceptions import InvalidRequestError
from tests.api.bad_inputs import BAD_INPUTS, ENTRIES, OWN_OBJECTS, SITES, BadInput
from tests.builders import NOW_MS, a_request, a_schedule, a_site, a_vehicle

CLOCK_MS = NOW_MS + 3_600_000


def read(document: object, on_invalid: OnInvalid = OnInvalid.REJECT) -> ReadRequest:
    return read_request(document, clock_now_ms=CLOCK_MS, on_invalid=on_invalid)


def pointers(document: object, on_invalid: OnInvalid = OnInvalid.REJECT) -> list[str]:
    with pytest.raises(InvalidRequestError) as caught:
        read(document, on_invalid)
    return [fault.pointer for fault in caught.value.faults]


def by_name(bad: BadInput) -> str:
    return bad.name


def test_a_good_request_becomes_sessions_at_a_site() -> None:
    """Every field of the small request arrives in the planner's units."""
    request = read(a_request()).plan_request
    assert request.now_ms == NOW_MS
    assert request.horizon_ms == 48 * 3_600_000
    assert request.strategy is Strategy.COST
    assert [session.schedule_id for session in request.sessions] == ["s-1", "s-2", "s-3"]
    first = request.sessions[0]
    assert (first.soc, first.target_soc, first.minimum_soc, first.bulk_soc) == (0.3, 0.9, 0.2, 0.8)
    assert (first.arrival_ms, first.departure_ms) == (NOW_MS + 3_600_000, NOW_MS + 13 * 3_600_000)
    assert (first.margin_ms, first.station_id, first.connector_id) == (600_000, "A", "1")
    assert first.vehicle.max_power_kw == 100  # the connector's 80 kW is another limit
    assert first.source == ("schedules", 0)
    assert request.site.time_zone == ZoneInfo("Europe/Helsinki")
    assert request.notices == ()


def test_what_is_not_said_has_its_default() -> None:
    """A request of a cap and a stay is enough: one zone, no price, peak suppression, 48 hours."""
    vehicle = {"id": "bus-1", "fullChargeEnergykWh": 300, "maxChargePowerkW": 100}
    site = {"locationUid": "yard", "powerCapKw": 100}
    document = {"site": site, "vehicles": [vehicle], "schedules": [a_schedule("s-1", "bus-1")]}
    request = read(document).plan_request
    assert (request.now_ms, request.slot_minutes) == (CLOCK_MS, 15)
    assert request.strategy is Strategy.PEAK_SUPPRESSION
    assert (request.site.currency, request.site.time_zone.key) == ("EUR", "UTC")
    assert request.site.ac_dc_power_ratio == 1.0
    assert float(request.site.price_per_kwh.values[0]) == float(request.site.base_load_kw.values[0]) == 0.0
    made = request.sessions[0].vehicle
    assert (made.min_power_kw, made.pausable, made.controllable) == (0.0, False, True)
    assert request.sessions[0].margin_ms == 0


def test_every_feature_of_the_example_is_read() -> None:
    """The example of the service's own description reaches the domain in full."""
    read_back = read(EXAMPLE_REQUEST)
    request = read_back.plan_request
    group, station = request.site.groups[0], request.site.stations[0]
    assert (group.group_id, group.parent_id, group.station_ids) == ("west-feeder", None, ("W-1",))
    assert (station.max_power_kw, station.connector_max_power_kw) == (180, {"1": 120, "2": 120})
    assert request.site.demand_charge == DemandCharge(
        9.8, 180, (Window(NOW_MS + 24_796_800_000, NOW_MS + 24_796_800_000 + 3 * 3_600_000),)
    )
    assert request.sessions[0].vehicle.charging_curve == ChargingCurve((0.0, 0.75, 1.0), (120, 120, 24))
    assert request.sessions[0].power_rules == (PowerRule("bulk", 90),)
    assert (request.min_run_minutes, request.max_pauses) == (10, 4)
    assert request.shortfall_policy is ShortfallPolicy.FAIR
    assert request.recurring[0].recurrence_rule == "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    assert request.recurring[0].template.source == ("recurringSchedules", 0)
    assert request.site.power_cap_kw.values.tolist() == [320, 260]
    assert request.site.carbon_g_per_kwh is not None


def test_the_published_example_fits_the_published_schema() -> None:
    """The schema's field names are the wire names, and it holds the example."""
    schema = PlanRequestBody.model_json_schema()
    assert set(schema["properties"]) == set(EXAMPLE_REQUEST)
    assert schema["examples"] == [EXAMPLE_REQUEST]


@pytest.mark.parametrize("spelling", ["peak-supression", "peak-suppression"])
def test_both_spellings_of_peak_suppression_are_one_strategy(spelling: str) -> None:
    """The vendor's spelling and the dictionary's mean the same."""
    assert read(a_request(strategy=spelling)).plan_request.strategy is Strategy.PEAK_SUPPRESSION


def test_times_are_rounded_inward_to_the_millisecond() -> None:
    """A stay never becomes longer than it is: arrival up, departure down."""
    document = a_request()
    document["schedules"][0]["plannedArrivalTime"] = "2026-01-19T18:00:00.000001+02:00"
    document["schedules"][0]["plannedDepartureTime"] = "2026-01-20T06:00:00.000999+02:00"
    session = read(document).plan_request.sessions[0]
    assert session.arrival_ms == NOW_MS + 3_600_001
    assert session.departure_ms == NOW_MS + 13 * 3_600_000


def test_series_may_come_in_any_order() -> None:
    """Entries are joined by their times, not by their places."""
    document = a_request()
    ordered = read(document).plan_request.site.price_per_kwh
    document["site"]["prices"].reverse()
    turned = read(document).plan_request.site.price_per_kwh
    assert turned.starts_ms.tolist() == ordered.starts_ms.tolist()
    assert turned.values.tolist() == ordered.values.tolist()
    assert turned.end_ms == ordered.end_ms == NOW_MS + 16 * 3_600_000


def test_an_entry_inside_another_is_one_fault() -> None:
    """The entry that lies inside a longer one is at fault, and the one that joins the longer one is not."""
    hours = [("12:00", "18:00"), ("13:00", "14:00"), ("18:00", "20:00")]
    caps = [
        {"from": f"2026-01-19T{start}Z", "to": f"2026-01-19T{end}Z", "powerCapKw": 50} for start, end in hours
    ]
    assert pointers(a_request(site=a_site(powerCapKw=caps))) == ["/site/powerCapKw/1/from"]


def test_missing_soc_is_assumed_and_said() -> None:
    """Defaults of the settings fill in, with a notice for each, and none for a stay that is not planned."""
    document = a_request(settings={"assumedStartSoC": 15, "assumedTargetSoC": 85})
    late = {"plannedArrivalTime": "2026-03-01T16:00:00Z", "plannedDepartureTime": "2026-03-02T04:00:00Z"}
    document["schedules"].append(a_schedule("s-4", "bus-1", **late))
    for schedule in document["schedules"]:
        schedule.pop("startSoC"), schedule.pop("targetSoC")
    request = read(document).plan_request
    assert {(session.soc, session.target_soc) for session in request.sessions} == {(0.15, 0.85)}
    said = [(notice.schedule_id, notice.code) for notice in request.notices]
    assert said == [
        (name, code) for name in ("s-1", "s-2", "s-3") for code in ("assumed-start-soc", "assumed-target-soc")
    ]


def test_a_rule_makes_a_schedule_recur_in_either_list() -> None:
    """One vendor call mixes dated and recurring schedules in one list; the rule tells them apart."""
    document = a_request()
    document["schedules"][1]["recurrenceRule"] = "RRULE:FREQ=DAILY"
    document["schedules"][2]["recurrenceRule"] = ""
    request = read(document).plan_request
    assert [session.schedule_id for session in request.sessions] == ["s-1", "s-3"]
    assert [recurring.template.source for recurring in request.recurring] == [("schedules", 1)]


def test_a_station_named_only_by_a_group_has_no_limit_of_its_own() -> None:
    """Groups may be described without their stations."""
    site = a_site(stations=[])
    request = read(a_request(site=site, schedules=[a_schedule("s-1", "bus-1", stationId="A")])).plan_request
    assert [station.station_id for station in request.site.stations] == ["B", "A"]
    assert request.sessions[0].station_id == "A"


def test_a_site_without_stations_counts_every_stay_against_the_site_only() -> None:
    """Where the site describes no stations, a station's name limits nothing."""
    document = a_request(site=a_site(stations=[], groups=[]))
    assert read(document).plan_request.sessions[0].station_id is None


def test_a_vehicle_without_own_limit_takes_what_its_connector_gives() -> None:
    """The largest power may be known from the connector alone."""
    document = a_request()
    del document["vehicles"][0]["maxChargePowerkW"]
    assert read(document).plan_request.sessions[0].vehicle.max_power_kw == 80


def test_least_power_above_the_connector_is_no_fault() -> None:
    """It is a shortfall of the plan, not a wrong request."""
    document = a_request()
    document["vehicles"][0]["minChargePowerkW"] = 90
    assert read(document).plan_request.sessions[0].vehicle.min_power_kw == 90


def test_the_document_comes_back_untouched() -> None:
    """Unknown fields of vendor objects survive, and reading changes nothing."""
    document = a_request()
    document["schedules"][0]["depotNote"] = {"lane": [1, 2]}
    before = deepcopy(document)
    answer = read(document)
    assert answer.document is document
    assert document == before


def test_the_table_of_bad_inputs_starts_from_a_good_request() -> None:
    """Each entry breaks a request that is good, and there are enough of them, with distinct names."""
    assert read(a_request()).rejected == ()
    assert len({bad.name for bad in BAD_INPUTS}) == len(BAD_INPUTS) >= 45


@pytest.mark.parametrize("bad", BAD_INPUTS, ids=by_name)
def test_a_bad_request_is_refused_at_the_right_place(bad: BadInput) -> None:
    """The fault names the field by JSON pointer, with a message."""
    with pytest.raises(InvalidRequestError) as caught:
        read(bad.request())
    assert bad.pointer in [fault.pointer for fault in caught.value.faults]
    assert all(fault.message for fault in caught.value.faults)


@pytest.mark.parametrize("bad", [*OWN_OBJECTS, *SITES], ids=by_name)
def test_faults_of_the_request_itself_cannot_be_skipped(bad: BadInput) -> None:
    """Without a sound site and sound settings nobody can be planned."""
    assert pointers(bad.request(), OnInvalid.SKIP)


def _entries_only(bad: BadInput) -> bool:
    return not bad.pointer.startswith("/vehicles/0/")  # the settings spoil every vehicle there


@pytest.mark.parametrize("bad", [bad for bad in ENTRIES if _entries_only(bad)], ids=by_name)
def test_bad_entries_are_set_aside_and_the_good_ones_planned(bad: BadInput) -> None:
    """What is wrong is listed with its place; the rest is read; nothing wrong reaches the planner."""
    document = bad.request()
    answer = read(document, OnInvalid.SKIP)
    assert bad.pointer in [rejected.pointer for rejected in answer.rejected]
    planned = {session.source for session in answer.plan_request.sessions}
    assert len(planned) >= len(document["schedules"]) - 1
    told = {tuple(rejected.pointer.split("/")[1:3]) for rejected in answer.rejected}
    for place in range(len(document["schedules"])):
        assert (("schedules", place) in planned) != (("schedules", str(place)) in told)


def test_a_rejected_entry_is_named_by_its_id() -> None:
    """The caller finds the entry by pointer or by id, and a bad vehicle takes its schedules along."""
    document = a_request()
    document["vehicles"][1]["fullChargeEnergykWh"] = -1
    rejected = read(document, OnInvalid.SKIP).rejected
    assert [(entry.pointer, entry.id) for entry in rejected] == [
        ("/vehicles/1/fullChargeEnergykWh", "bus-2"),
        ("/schedules/1/evId", "s-2"),
    ]


def test_a_plan_inside_does_not_stand_in_for_a_bad_vehicle_entry() -> None:
    """The entry is nearer, and what it would have said (not ours to steer, perhaps) cannot be read."""
    document = a_request()
    document["vehicles"][1]["enableChargeScheduling"] = "no"
    document["schedules"][1]["plan"] = {"schedule": {"ev": {"batterySizekWh": 200, "maxPowerkW": 50}}}
    answer = read(document, OnInvalid.SKIP)
    assert [session.schedule_id for session in answer.plan_request.sessions] == ["s-1", "s-3"]
    assert [entry.pointer for entry in answer.rejected] == [
        "/vehicles/1/enableChargeScheduling",
        "/schedules/1/evId",
    ]


def test_every_fault_is_told_at_once() -> None:
    """Faults of shape and of meaning, in the site, the settings and several entries: one answer."""
    document = a_request()
    document["site"]["timeZone"] = "Mars/Olympus"
    document["site"]["prices"].pop(7)
    document["settings"]["minimumSoC"] = 400
    document["vehicles"][2]["minChargePowerkW"] = 500
    document["schedules"][0]["startSoC"] = "half"
    document["schedules"][1]["plannedDepartureTime"] = "2026-01-19T10:00:00Z"
    document["schedules"][2]["evId"] = "ghost"
    assert set(pointers(document)) == {
        "/site/timeZone",
        "/site/prices/7/from",
        "/settings/minimumSoC",
        "/vehicles/2/minChargePowerkW",
        "/schedules/0/startSoC",
        "/schedules/1/plannedDepartureTime",
        "/schedules/2/evId",
    }


def test_a_fault_draws_no_others_after_it() -> None:
    """One bad vehicle, one bad `now` or one bad station list is one fault, not one per consequence."""
    spoiled: list[tuple[tuple[Any, ...], Any, str]] = [
        (("vehicles", 0, "fullChargeEnergykWh"), 0, "/vehicles/0/fullChargeEnergykWh"),
        (("now",), "soon", "/now"),
        (("site", "stations", 0, "maxPowerKw"), "x", "/site/stations/0/maxPowerKw"),
    ]
    for (*path, key), value, pointer in spoiled:
        document = a_request()
        document["site"]["stations"].append({"stationId": "C"})
        document["schedules"][2]["stationId"] = "C"
        here: Any = document
        for part in path:
            here = here[part]
        here[key] = value
        assert pointers(document) == [pointer]


@pytest.mark.parametrize("document", [None, 5, "plan", [], [{}], {}, {"site": None}])
def test_documents_that_are_no_request_are_refused(document: object) -> None:
    """Whatever JSON comes in, the answer is a list of faults."""
    assert pointers(document)
    assert pointers(document, OnInvalid.SKIP)


KEYS = st.sampled_from(sorted({*a_request(), *a_site(), *a_vehicle("v"), *a_schedule("s", "v"), "from", "x"}))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("2026-01-19T17:00Z")
GARBAGE = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=12,
)


def _refuses_or_reads(document: object) -> None:
    for on_invalid in OnInvalid:
        try:
            read(document, on_invalid)
        except InvalidRequestError as error:
            assert error.faults
            json.dumps([fault.pointer for fault in error.faults])


@given(GARBAGE)
def test_garbage_is_refused_and_nothing_else_happens(document: object) -> None:
    """No JSON value makes the reader fail in any other way than by listing faults."""
    _refuses_or_reads(document)


@given(st.data())
def test_a_good_request_with_garbage_in_it_is_read_or_refused(data: st.DataObject) -> None:
    """The same with one place of a good request replaced, where the rest gets far into the reader."""
    document: Any = a_request(recurringSchedules=[a_schedule("r", "bus-1", recurrenceRule="FREQ=DAILY")])
    here = document
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            here[key] = data.draw(GARBAGE)
            break
        here = here[key]
    _refuses_or_reads(document)


def test_stays_of_one_vehicle_share_it() -> None:
    """Vehicles are mapped once: 5,000 stays of 500 buses hold 500 vehicles."""
    schedules = [a_schedule(f"s-{n}", "bus-1") for n in range(3)]
    sessions = read(a_request(schedules=schedules)).plan_request.sessions
    assert sessions[0].vehicle is sessions[1].vehicle is sessions[2].vehicle
    assert replace(sessions[0], schedule_id="s-1", source=("schedules", 1)) == sessions[1]
