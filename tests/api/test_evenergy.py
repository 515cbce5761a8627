"""`depot evenergy`, and the night that it is for: real HTTP to both vendors' simulators, a real store."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stamina
from pydantic_core import from_json
from typer.testing import CliRunner, Result

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.simulator import SimulatorControl as ChargEyeControl
from adapters.chargeye.simulator import serving_simulator as serving_chargeye
from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.gathering import gather_evidence
from adapters.evenergy.sharpening import restored, sharpen
from adapters.evenergy.simulator import Seed, SimulatorControl, serving_simulator
from adapters.evenergy.simulator.example import example_id
from adapters.simulation.faults import FaultKind, FaultRule
from adapters.store import SqlStore, open_store
from adapters.tokens import StaticToken
from api.cli import app
from api.evenergy import linked_vehicles
from api.service import make_plan
from optimiser.units import iso_z
from tests.adapters.conftest import FAST
from tests.adapters.evenergy.builders import TOKEN
from tests.api import evenergy_night as night

SINCE, UNTIL = iso_z(night.AFTERNOON_MS), iso_z(night.MORNING_MS)
AUDIT = ("audit", "--since", SINCE, "--until", UNTIL)
CUT_OFF = min(night.CUT_OFF)


def planned(document: Any) -> Any:
    return make_plan(document, clock=lambda: night.AFTERNOON_MS)


@pytest.fixture(scope="module")
def chargeye() -> Iterator[ChargEyeControl]:
    """The depot with its 30 buses and their schedules."""
    with serving_chargeye(night.chargeye_seed()) as control:
        yield control


@pytest.fixture(scope="module")
def request_document(chargeye: ChargEyeControl) -> Any:
    with ChargEyeClient("any-token", chargeye.api_url, retries=FAST) as client:
        return night.tonights_request(client, night.AFTERNOON_MS)


@pytest.fixture(scope="module")
def response(request_document: Any) -> Any:
    """The plan of the afternoon."""
    return planned(request_document)


@pytest.fixture(scope="module")
def morning(response: Any) -> Seed:
    """What ev.energy knows when the night is over."""
    return night.evenergy_seed(night.buses(response), night.MORNING_MS)


@pytest.fixture(scope="module")
def _evenergy() -> Iterator[SimulatorControl]:
    with serving_simulator() as control:
        yield control


@pytest.fixture
def evenergy(_evenergy: SimulatorControl, morning: Seed) -> SimulatorControl:
    """ev.energy on the morning after."""
    _evenergy.clear_faults()
    _evenergy.load(morning)
    return _evenergy


@pytest.fixture
def store(tmp_path: Path, response: Any) -> Iterator[SqlStore]:
    """A store with the afternoon's plan in force, and every bus linked."""
    store = open_store(f"sqlite:///{tmp_path / 'depot.db'}", lambda: night.AFTERNOON_MS)
    store.plans.save(*night.stored(response))
    store.links.match_vehicles((bus.name, bus.evenergy_id) for bus in night.buses(response))
    yield store
    store.close()


@pytest.fixture(autouse=True)
def environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, chargeye: ChargEyeControl, evenergy: SimulatorControl
) -> None:
    """The settings of a depot that has both vendors."""
    monkeypatch.setenv("DEPOT_DATABASE_URL", f"sqlite:///{tmp_path / 'depot.db'}")
    monkeypatch.setenv("DEPOT_CHARGEYE_URL", chargeye.api_url)
    monkeypatch.setenv("DEPOT_CHARGEYE_REFRESH_TOKEN", "any-token")
    monkeypatch.setenv("DEPOT_EVENERGY_URL", evenergy.api_url)
    monkeypatch.setenv("DEPOT_EVENERGY_TOKEN", TOKEN)


def depot(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["evenergy", *arguments])


def said(*arguments: str) -> Any:
    """What the command prints as JSON."""
    result = depot(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return from_json(result.stdout)


def test_the_audit_finds_all_ten_and_none_of_the_other_twenty(store: SqlStore) -> None:
    """5 started late, 3 did not start, 2 were unreachable, with the error and its count; 20 followed."""
    vehicles = {vehicle["vehicleId"]: vehicle for vehicle in said(*AUDIT)["vehicles"]}
    verdicts = {name: vehicle["verdict"] for name, vehicle in vehicles.items()}
    expected = dict.fromkeys(night.LATE, "started-late") | dict.fromkeys(night.IGNORING, "not-started")
    expected |= dict.fromkeys(night.CUT_OFF, "unreachable") | dict.fromkeys(night.WELL, "followed")
    assert verdicts == expected
    for name in night.CUT_OFF:
        (error,) = vehicles[name]["errors"]
        runs = len(vehicles[name]["runs"])
        assert (error["code"], error["count"]) == ("AUTHENTICATION_ERROR", 3 * runs)
    assert {name for name, vehicle in vehicles.items() if vehicle["needsReconnect"]} == night.CUT_OFF


def test_the_replan_moves_the_late_and_only_them(
    store: SqlStore, chargeye: ChargEyeControl, evenergy: SimulatorControl, response: Any
) -> None:
    """In the evening: 5 arrivals expected later, 23 measured, 2 unknown; all 30 planned, nobody short."""
    evenergy.load(night.evenergy_seed(night.buses(response), night.EVENING_MS))
    with ChargEyeClient("any-token", chargeye.api_url, retries=FAST) as client:
        request = night.tonights_request(client, night.EVENING_MS)
    with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, retries=FAST) as client:
        gathered = gather_evidence(client, linked_vehicles(store.links), night.EVENING_MS)
    document, notices = sharpen(request, gathered.evidence, night.EVENING_MS)
    assert Counter(notice.code for notice in notices) == {
        "expected-late": 5,
        "soc-measured": 23,
    } | Counter(notice.code for notice in notices if notice.code == "soc-lower")
    moved = {
        after["evId"]
        for before, after in zip(request["schedules"], document["schedules"], strict=True)
        if before["plannedArrivalTime"] != after["plannedArrivalTime"]
    }
    assert moved == night.LATE
    replanned = planned(document)
    assert len(replanned["schedules"]) == 30 and replanned["shortfalls"] == []
    first_ms = {bus.name: bus.runs[0].from_ms for bus in night.buses(replanned)}
    assert all((first_ms[name] > night.EVENING_MS) == (name in night.LATE) for name in first_ms)
    originals = {entry["id"]: entry for entry in request["schedules"]}
    for entry in replanned["schedules"]:
        pushed = restored(entry, originals[entry["id"]])
        assert pushed["plannedArrivalTime"] == originals[entry["id"]]["plannedArrivalTime"]


def test_a_vendor_that_is_down_leaves_the_plan_as_it_would_be_without_it(
    store: SqlStore, evenergy: SimulatorControl, request_document: Any, response: Any
) -> None:
    """The same plan, and a notice."""
    evenergy.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR))
    with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, retries=FAST) as client:
        gathered = gather_evidence(client, linked_vehicles(store.links), night.AFTERNOON_MS)
    document, notices = sharpen(request_document, gathered.evidence, night.AFTERNOON_MS)
    assert document == request_document and notices == () and len(gathered.notices) == 1
    assert planned(document)["schedules"] == response["schedules"]


def test_the_audit_as_a_table(store: SqlStore) -> None:
    """The worst first; who must reconnect is told how, and no link is made unasked."""
    result = depot(*AUDIT)
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if "bus-" in line]
    assert "unreachable" in lines[0] and f"{CUT_OFF}: depot evenergy reconnect {CUT_OFF}" in result.stdout
    assert "vehicle-onboarding" not in result.stdout


def test_the_audit_makes_links_where_asked(store: SqlStore, evenergy: SimulatorControl) -> None:
    """One for each that needs it, with its expiry."""
    offers = {vehicle["vehicleId"]: vehicle["reconnect"] for vehicle in said(*AUDIT, "--links")["vehicles"]}
    assert {name for name, offer in offers.items() if offer} == night.CUT_OFF
    assert offers[CUT_OFF]["expiresAt"] == iso_z(night.MORNING_MS + 24 * 3_600_000)
    assert "vehicle-onboarding/start/" in offers[CUT_OFF]["url"]
    evenergy.add_fault(FaultRule(kind=FaultKind.NOT_FOUND, path="*reconnect", count=1))
    assert "no link, ev.energy" in depot(*AUDIT, "--links").stdout


def test_what_cannot_be_read_is_said_and_the_rest_is_judged(
    store: SqlStore, evenergy: SimulatorControl
) -> None:
    """Exit code 3, the vehicle and the reason; and a vehicle without a link is named."""
    gone = example_id("vhcl", 11)
    evenergy.add_fault(FaultRule(kind=FaultKind.NOT_FOUND, path=f"*{gone}*"))
    store.links.unlink_vehicle("bus-030")
    result = depot(*AUDIT, "--json")
    document = from_json(result.stdout)
    assert result.exit_code == 3 and len(document["vehicles"]) == 28
    assert document["unlinked"] == ["bus-030"]
    assert [unread["vehicleId"] for unread in document["unread"]] == ["bus-011"]
    assert "404" in document["unread"][0]["problem"]
    table = depot(*AUDIT)
    assert (
        table.exit_code == 3
        and "Not read    bus-011" in table.stdout
        and "Not linked  bus-030" in table.stdout
    )


def test_an_audit_of_another_depot_is_empty(store: SqlStore) -> None:
    """Only the named depots are judged."""
    assert said(*AUDIT, "--location", "elsewhere")["vehicles"] == []
    assert len(said(*AUDIT, "--location", night.DEPOT)["vehicles"]) == 30


@pytest.mark.parametrize("since", ["yesterday", "2026-03-09", "2026-03-09T18:00:00"])
def test_an_instant_needs_an_offset(since: str) -> None:
    """Exit code 2, and the option is named."""
    result = depot("audit", "--since", since)
    assert result.exit_code == 2 and "--since" in result.output


def test_reconnecting_by_either_id(store: SqlStore) -> None:
    """Our id where it is linked, ev.energy's otherwise; one of nobody's is wrong input."""
    assert said("reconnect", CUT_OFF)["url"] != said("reconnect", example_id("vhcl", 9))["url"]
    assert depot("reconnect", CUT_OFF).stdout.startswith("Until 2026-03-11T09:00:00.000Z:\nhttp")
    result = depot("reconnect", example_id("vhcl", 99))
    assert result.exit_code == 2 and "404" in result.stderr


def test_sites_show_their_charge_points_and_their_depot(evenergy: SimulatorControl, morning: Seed) -> None:
    """With the name of the system; a link is kept, and one to no site is refused."""
    site, point = example_id("site", 1), example_id("evse", 1)
    log = {"evse": point, "sampled_at": SINCE, "logged_at": SINCE, "is_plugged_in": True}
    parts = {
        "evses": [{"id": point, "cpid": "DEP-01", "lifecycle_state": "COMMISSIONED"}],
        "evse_status_logs": [log],
        "evse_sites": [{"id": site, "evses": [point], "cpms_connection": "SWTCH", "user_connected": True}],
        "cpms_providers": [{"id": "SWTCH", "name": "SWTCH Energy"}],
    }
    evenergy.load(morning.model_copy(update=parts))
    (shown,) = said("sites", "--link", site, night.DEPOT)
    seen = {
        "evseId": point,
        "cpid": "DEP-01",
        "lifecycle": "COMMISSIONED",
        "seenAt": SINCE,
        "pluggedIn": True,
    }
    assert (shown["locationUid"], shown["cpmsName"], shown["evses"]) == (night.DEPOT, "SWTCH Energy", [seen])
    assert shown["userConnected"] is None
    assert said("sites", "--user", morning.users[0]["id"])[0]["userConnected"] is True
    table = depot("sites").stdout
    assert "DEP-01" in table and night.DEPOT in table
    assert depot("sites", "--link", example_id("site", 2), night.DEPOT).exit_code == 2


def test_vehicles_are_matched_by_vin_and_linked_by_hand() -> None:
    """All 30 by VIN; a hand overrules, and is not overruled."""
    assert all(vehicle["vehicleId"] is None for vehicle in said("vehicles"))
    first = example_id("vhcl", 1)
    said("vehicles", "--link", "bus-spare", first)
    vehicles = {vehicle["evenergyId"]: vehicle for vehicle in said("vehicles", "--match")}
    assert vehicles[first]["vehicleId"] == "bus-spare" and vehicles[first]["linkedBy"] == "hand"
    assert {vehicle["vehicleId"] for vehicle in vehicles.values()} == {"bus-spare", *night.BUSES[1:]}
    said("vehicles", "--unlink", "bus-spare")
    assert "bus-001" in depot("vehicles", "--match").stdout
    assert depot("vehicles", "--unlink", "bus-spare").exit_code == 2
    assert depot("vehicles", "--link", "bus-spare", example_id("vhcl", 99)).exit_code == 2


def test_a_vendor_that_cannot_be_reached_is_exit_code_3(
    monkeypatch: pytest.MonkeyPatch, store: SqlStore
) -> None:
    """With words, for one call and for many."""
    monkeypatch.setenv("DEPOT_EVENERGY_URL", "http://127.0.0.1:9/v2")
    for arguments in (("sites",), ("reconnect", CUT_OFF), AUDIT):
        with stamina.set_testing(True):
            result = depot(*arguments)
        assert result.exit_code == 3 and "no answer" in result.output


def test_without_credentials_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2; and client credentials do as well as a token."""
    monkeypatch.delenv("DEPOT_EVENERGY_TOKEN")
    result = depot("sites")
    assert result.exit_code == 2 and "DEPOT_EVENERGY_TOKEN" in result.stderr
    monkeypatch.setenv("DEPOT_EVENERGY_CLIENT_ID", "depot-app")
    monkeypatch.setenv("DEPOT_EVENERGY_CLIENT_SECRET", "s3cr3t")
    assert said("sites") == []
