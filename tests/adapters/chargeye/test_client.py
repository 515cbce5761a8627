"""Every endpoint of the client, against the simulator over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.paths import ChargEyePaths
from adapters.chargeye.simulator import FaultKind, FaultRule, SimulatorControl
from adapters.chargeye.wire import ScheduleJson, VehicleJson
from adapters.exceptions import (
    UnsafeWriteError,
    VendorAnswerError,
    VendorRefusedError,
    VendorUnreachableError,
)
from optimiser.domain import Window
from optimiser.units import MS_PER_HOUR
from tests.adapters.chargeye.builders import DEPOT, NOW_MS, a_stay, a_vehicle, at, put_schedules, stored
from tests.adapters.conftest import FAST, REFRESH_TOKEN
from tests.adapters.scripted_server import ScriptedServer

SAME_AS_9 = "2026-03-10T05:00:00+02:00"


def hours(start: float, end: float) -> Window:
    return Window(NOW_MS + round(start * MS_PER_HOUR), NOW_MS + round(end * MS_PER_HOUR))


def test_list_vehicles(client: ChargEyeClient) -> None:
    """Vehicles come with their last message, all or of one home."""
    assert [record.vehicle["id"] for record in client.list_vehicles()] == ["bus-1", "bus-2"]
    assert client.list_vehicles()[1].v2icp == {"odometer": 7}
    assert client.list_vehicles("elsewhere") == []
    assert len(client.list_vehicles(DEPOT)) == 2


def test_get_vehicle(client: ChargEyeClient) -> None:
    """One vehicle comes bare, as it is stored; an unknown one is refused."""
    assert client.get_vehicle("bus-1") == a_vehicle("bus-1")
    with pytest.raises(VendorRefusedError, match="404"):
        client.get_vehicle("bus-9")


def test_put_vehicle_creates_and_replaces(client: ChargEyeClient) -> None:
    """The id is our choice; a field left out is cleared, the VIN is the vendor's and stays."""
    assert client.put_vehicle("bus 3/ä", {"name": "New", "notes": "x"}) == "bus 3/ä"
    assert client.get_vehicle("bus 3/ä") == {"id": "bus 3/ä", "name": "New", "notes": "x"}
    client.put_vehicle("bus-1", {"name": "Renamed"})
    assert client.get_vehicle("bus-1") == {"id": "bus-1", "name": "Renamed", "vin": a_vehicle("bus-1")["vin"]}


def test_patch_vehicle_changes_only_what_is_sent(client: ChargEyeClient) -> None:
    """Every other field keeps its value."""
    client.patch_vehicle("bus-1", {"enableChargeScheduling": False})
    assert client.get_vehicle("bus-1") == a_vehicle("bus-1", enableChargeScheduling=False)


def test_another_vehicles_object_is_not_written(client: ChargEyeClient, depot: SimulatorControl) -> None:
    """A mix-up of path and object is refused before it is sent."""
    depot.clear_requests()
    with pytest.raises(UnsafeWriteError, match="bus-1"):
        client.put_vehicle("bus-2", a_vehicle("bus-1"))
    assert depot.requests() == []


@pytest.mark.parametrize("vehicle_id", ["", ".", ".."])
def test_an_id_cannot_lead_elsewhere(client: ChargEyeClient, vehicle_id: str) -> None:
    """An empty id would turn a vehicle's path into the list's."""
    with pytest.raises(ValueError, match="step in a path"):
        client.get_vehicle(vehicle_id)


def test_location_schedules(client: ChargEyeClient, depot: SimulatorControl) -> None:
    """Dated and recurring schedules of that location only; a window picks those that touch it."""
    recurring = stored("r", -48, -40, recurrenceRule="FREQ=DAILY")
    dated = [stored("a", 1, 9), stored("b", 9, 12, "bus-2"), stored("x", 1, 9, locationUid="elsewhere")]
    put_schedules(depot, recurring, *dated)
    answer = client.location_schedules(DEPOT)
    assert answer.schedules == dated[:2] and answer.recurring_schedules == [recurring]
    assert client.location_schedules(DEPOT, hours(9, 10)).schedules == [dated[1]]


@pytest.mark.parametrize("names", [("from", "to"), ("startTime", "endTime"), None, ("unknown", "names")])
def test_vehicle_schedules_in_a_window(depot: SimulatorControl, names: tuple[str, str] | None) -> None:
    """Whatever the range parameters are called, and even if the vendor ignores them."""
    put_schedules(depot, stored("a", 1, 9), stored("b", 9, 12), stored("c", 1, 9, "bus-2"))
    paths = ChargEyePaths(range_parameters=names)
    with ChargEyeClient(REFRESH_TOKEN, depot.api_url, paths=paths, retries=FAST) as client:
        assert [entry["id"] for entry in client.vehicle_schedules("bus-1")] == ["a", "b"]
        assert [entry["id"] for entry in client.vehicle_schedules("bus-1", hours(0, 9))] == ["a"]


def test_a_schedule_that_cannot_be_read_does_not_hide_the_others(
    script: ScriptedServer, depot: SimulatorControl
) -> None:
    """It is handed on as it came, window or not, for whoever reports it."""
    odd = {"id": "odd", "plannedArrivalTime": 5}
    script.will_say({"token": "t", "validUntil": at(8)})
    script.will_say({"schedules": [odd, stored("a", 1, 9)]})
    with ChargEyeClient(REFRESH_TOKEN, script.url, retries=FAST) as client:
        assert client.vehicle_schedules("bus-1", hours(0, 1.5)) == [odd, stored("a", 1, 9)]


@pytest.mark.parametrize("answer", [{}, {"schedules": None}, {"schedules": [4]}, [], "x"])
def test_an_undocumented_shape_is_named(script: ScriptedServer, answer: Any) -> None:
    """The error names the place."""
    script.will_say({"token": "t", "validUntil": at(8)})
    script.will_say(answer)
    with ChargEyeClient(REFRESH_TOKEN, script.url, retries=FAST) as client, pytest.raises(VendorAnswerError):
        client.vehicle_schedules("bus-1")


def test_add_schedules(client: ChargEyeClient, depot: SimulatorControl) -> None:
    """What is there stays; the new ones get ids."""
    put_schedules(depot, stored("a", 1, 9))
    answer = client.add_schedules("bus-1", [a_stay(24, 33), a_stay(48, 57)])
    assert [entry["id"] for entry in client.vehicle_schedules("bus-1")] == ["a", *answer.ids]
    assert answer.removed_schedule_ids == []


def test_add_schedules_is_not_repeated_after_a_cut(client: ChargEyeClient, depot: SimulatorControl) -> None:
    """The cut came after the write took effect: one schedule, not two, and the caller knows."""
    depot.add_fault(FaultRule(kind=FaultKind.CUT_AFTER, method="POST", count=1))
    with pytest.raises(VendorUnreachableError) as caught:
        client.add_schedules("bus-1", [a_stay(24, 33)])
    assert caught.value.perhaps_done
    assert len(depot.schedules("bus-1")) == 1


@pytest.mark.parametrize("kind", [FaultKind.CUT_BEFORE, FaultKind.CUT_AFTER])
def test_replace_is_repeated_after_a_cut(
    client: ChargEyeClient, depot: SimulatorControl, kind: FaultKind
) -> None:
    """Twice is the same as once, so the second attempt ends with exactly what was sent."""
    put_schedules(depot, stored("a", 1, 9), stored("b", 24, 33))
    depot.add_fault(FaultRule(kind=kind, method="POST", count=1))
    client.replace_future_schedules("bus-1", [a_stay(1, 9), a_stay(48, 57)])
    departures = [entry["plannedDepartureTime"] for entry in depot.schedules("bus-1")]
    assert departures == [at(9), at(57)]
    assert depot.request_counts()["POST /vehicles/bus-1/schedules"] == 2


def test_an_empty_replace_needs_an_explicit_word(client: ChargEyeClient, depot: SimulatorControl) -> None:
    """It would delete the whole future of the vehicle."""
    put_schedules(depot, stored("a", -1, 9))
    with pytest.raises(UnsafeWriteError, match="delete every schedule"):
        client.replace_future_schedules("bus-1", [])
    assert len(depot.schedules("bus-1")) == 1
    answer = client.replace_future_schedules("bus-1", [], allow_empty=True)
    assert answer.removed_schedule_ids == ["a"] and depot.schedules("bus-1") == []


@pytest.mark.parametrize(
    ("schedules", "why"),
    [
        ([a_stay(1, 9), a_stay(2, 9)], "two schedules depart"),
        (
            [a_stay(1, 9), a_stay(1, 9, plannedDepartureTime="2026-03-10T05:00:00+02:00")],
            "two schedules depart",
        ),
        ([a_stay(-9, 0)], "is over"),
        ([a_stay(-9, -1)], "is over"),
        ([a_stay(9, 1)], "before it arrives"),
        ([a_stay(1, 9, evId="bus-2")], "belongs to vehicle"),
        ([a_stay(1, 9, recurrenceRule="FREQ=DAILY")], "recurs"),
        ([a_stay(1, 9, locationUid="")], "locationUid"),
        ([a_stay(1, 9, plannedArrivalTime="2026-03-09T20:00:00")], "plannedArrivalTime"),
        ([a_stay(1, 9, plannedDepartureTime=None)], "plannedDepartureTime"),
    ],
)
def test_unsafe_posts_are_refused_unsent(
    client: ChargEyeClient, depot: SimulatorControl, schedules: list[ScheduleJson], why: str
) -> None:
    """Nothing that would double, delete or misplace a schedule leaves the house."""
    depot.clear_requests()
    for write in (client.add_schedules, client.replace_future_schedules):
        with pytest.raises(UnsafeWriteError, match=why):
            write("bus-1", schedules)
    assert depot.requests() == []


def test_patch_schedules(client: ChargEyeClient, depot: SimulatorControl) -> None:
    """Named fields change; what is over, unknown or another vehicle's is skipped."""
    put_schedules(depot, stored("a", 1, 9), stored("old", -9, -1), stored("c", 1, 9, "bus-2"))
    changes: list[ScheduleJson] = [{"id": name, "startSoC": 22} for name in ("a", "old", "c", "nobody")]
    answer = client.patch_schedules("bus-1", changes)
    assert answer.skipped_schedule_ids == ["old", "c", "nobody"]
    assert depot.schedules("bus-1")[0] == stored("a", 1, 9, startSoC=22)


def test_unsafe_patches_are_refused_unsent(client: ChargEyeClient) -> None:
    """A patch without an id, or into the past."""
    with pytest.raises(UnsafeWriteError, match="without the id"):
        client.patch_schedules("bus-1", [{"startSoC": 22}])
    with pytest.raises(UnsafeWriteError, match="is over"):
        client.patch_schedules("bus-1", [{"id": "a", "plannedDepartureTime": at(-1)}])


def test_success_false_is_an_error(script: ScriptedServer) -> None:
    """An answer of 200 that says no is not taken for a yes."""
    script.will_say({"token": "t", "validUntil": at(8)})
    script.will_say({"success": False, "message": "busy", "skippedScheduleIds": []})
    with (
        ChargEyeClient(REFRESH_TOKEN, script.url, retries=FAST) as client,
        pytest.raises(VendorRefusedError, match="busy"),
    ):
        client.patch_schedules("bus-1", [{"id": "a", "startSoC": 22}])


def test_active_schedule(client: ChargEyeClient, depot: SimulatorControl) -> None:
    """Nothing, then the one under way and the one that ended last."""
    assert client.active_schedule("bus-1").current_or_next is None
    ended = [stored("old", -20, -9), stored("late", -9, -1)]
    put_schedules(depot, *ended, stored("now", -1, 9), stored("b", 24, 33))
    answer = client.active_schedule("bus-1")
    assert answer.current_or_next == stored("now", -1, 9) and answer.previous == ended[1]


def test_locations(client: ChargEyeClient) -> None:
    """All, and one by its id."""
    assert [location.id for location in client.list_locations()] == [DEPOT, "elsewhere"]
    assert client.get_location(DEPOT).name == "North"


def test_stations(client: ChargEyeClient) -> None:
    """Of one location by either endpoint, or by id, with limits, groups and the running transaction."""
    (station,) = client.list_stations(DEPOT)
    assert client.location_stations(DEPOT) == [station]
    assert client.list_stations(station_ids=["DEP-04", "SOUTH-1"])[0] == station
    assert station.power_limit_kw == 240 and station.power_group_parent_path == ["grid", "feeder"]
    assert station.connectors[0].transaction == {"soc": 48}


def test_power_groups(client: ChargEyeClient) -> None:
    """Subgroups are found wherever they are nested, and a patch changes one of them."""
    client.patch_power_group("feeder", {"maxCurrentA": 200})
    groups = client.power_groups()
    assert [(group.group_id, group.parent_id) for group in groups] == [("grid", None), ("feeder", "grid")]
    assert groups[1].max_current_a == 200


def test_paths_are_settings(script: ScriptedServer) -> None:
    """Where the vendor's page leaves a path open, it can be given."""
    script.will_say({"token": "t", "validUntil": at(8)})
    paths = ChargEyePaths(active_schedule="/vehicles/{vehicle_id}/activeSchedule", token_exchange="/token")
    with ChargEyeClient(REFRESH_TOKEN, f"{script.url}/api", paths=paths, retries=FAST) as client:
        client.active_schedule("bus 1")
    assert [asked.path for asked in script.asked] == ["/api/token", "/api/vehicles/bus%201/activeSchedule"]


def test_many_threads_share_a_client(client: ChargEyeClient, depot: SimulatorControl) -> None:
    """Every thread gets its own answer, and one token serves them all."""
    ids = ["bus-1", "bus-2"] * 20
    with ThreadPoolExecutor(8) as threads:
        assert [vehicle["id"] for vehicle in threads.map(client.get_vehicle, ids)] == ids
    assert depot.request_counts()["GET /auth/refreshAccessToken"] == 1


NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
UNKNOWN = st.dictionaries(st.text(min_size=1).map("x-".__add__), VALUES, max_size=4)
SEGMENTS = st.fixed_dictionaries({"powerkW": VALUES, "tag": st.lists(st.text())})
PLANS = st.fixed_dictionaries(
    {"segments": st.lists(SEGMENTS, max_size=2)}, optional={"schedule": UNKNOWN, "x-new": VALUES}
)
TIMES = st.sampled_from([at(9), SAME_AS_9, "2026-03-10T03:00:00.000000Z", "2026-03-10 03:00Z"])
THROUGH_HTTP = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@THROUGH_HTTP
@given(unknown=UNKNOWN, plan=PLANS, strategy=st.text(), departure=TIMES)
def test_read_change_write_of_a_schedule_keeps_everything(
    client: ChargEyeClient, depot: SimulatorControl, unknown: Any, plan: Any, strategy: str, departure: str
) -> None:
    """Unknown fields, open enums, and the very spelling of times and numbers come back untouched."""
    meta = {"strategy": strategy, "frozen": False}
    before = stored("a", -1, 9, **unknown, plan=plan, planMeta=meta, plannedDepartureTime=departure)
    put_schedules(depot, before)
    (read,) = client.vehicle_schedules("bus-1")
    read["targetSoC"] = 77
    client.replace_future_schedules("bus-1", [read])
    assert json.dumps(depot.schedules("bus-1")) == json.dumps([{**before, "targetSoC": 77}])


@THROUGH_HTTP
@given(unknown=UNKNOWN, port_type=st.text())
def test_read_change_write_of_a_vehicle_keeps_everything(
    client: ChargEyeClient, unknown: Any, port_type: str
) -> None:
    """A PUT of what was read clears nothing."""
    ports = [{"type": port_type, "macAddress": "04:E7:7E:00:F0:FA"}]
    before = VehicleJson(**{**a_vehicle("bus-1", chargingPorts=ports), **unknown})
    client.put_vehicle("bus-1", before)
    read = client.get_vehicle("bus-1")
    read["notes"] = "changed"
    client.put_vehicle("bus-1", read)
    assert client.get_vehicle("bus-1") == {**before, "notes": "changed"}
