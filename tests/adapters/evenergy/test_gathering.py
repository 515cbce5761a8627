"""The evidence of a fleet, fetched from the simulator over HTTP."""

import pytest

from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.evidence import VehicleEvidence
from adapters.evenergy.gathering import gather_evidence
from adapters.evenergy.simulator import SimulatorControl
from adapters.evenergy.simulator.example import example_id
from adapters.simulation.faults import FaultKind, FaultRule
from adapters.tokens import StaticToken
from optimiser.units import MS_PER_MINUTE, to_ms
from tests.adapters.conftest import FAST, NOW
from tests.adapters.evenergy.builders import TOKEN, a_location, a_seed, a_status, a_vehicle

NOW_MS = to_ms(NOW)
FLEET = {f"bus-{number}": example_id("vhcl", number) for number in range(1, 131)}


@pytest.fixture
def fleet(evenergy: SimulatorControl) -> SimulatorControl:
    """130 vehicles: all were seen two minutes ago but the last ten, which were silent for an hour."""
    ages = {vehicle: 2 if number <= 120 else 60 for number, vehicle in enumerate(FLEET.values(), 1)}
    evenergy.load(
        a_seed(
            vehicles=[a_vehicle(vehicle) for vehicle in FLEET.values()],
            status_logs=[a_status(-age - back, v) for v, age in ages.items() for back in (0, 15)],
            location_logs=[a_location(-age - back, v) for v, age in ages.items() for back in (0, 15)],
        )
    )
    return evenergy


def test_a_fleet_costs_two_calls_and_one_for_each_vehicle_that_was_seen(
    fleet: SimulatorControl, client: EvEnergyClient
) -> None:
    """The newest of each log, by our own id."""
    gathered = gather_evidence(client, FLEET, NOW_MS)
    assert gathered.notices == () and gathered.evidence.keys() == FLEET.keys()
    then = NOW_MS - 2 * MS_PER_MINUTE
    assert gathered.evidence["bus-7"] == VehicleEvidence(then, 43, True, None, then, True)
    assert gathered.evidence["bus-125"].located_ms is None
    assert len(fleet.requests()) == 2 + 120


def test_vehicles_that_are_not_linked_are_not_asked_for(
    fleet: SimulatorControl, client: EvEnergyClient
) -> None:
    """And without any link nothing is asked at all."""
    assert gather_evidence(client, {}, NOW_MS).evidence == {} and fleet.requests() == []
    links = {"bus-1": FLEET["bus-1"], "bus-x": example_id("vhcl", 999)}
    assert gather_evidence(client, links, NOW_MS).evidence.keys() == {"bus-1"}
    assert len(fleet.requests()) == 3


def test_a_vendor_that_is_down_stops_nothing(fleet: SimulatorControl, client: EvEnergyClient) -> None:
    """No evidence and one notice, after one call and its retries."""
    fleet.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR))
    gathered = gather_evidence(client, FLEET, NOW_MS)
    assert gathered.evidence == {} and [notice.code for notice in gathered.notices] == ["evidence-missing"]
    assert "500" in gathered.notices[0].message and len(fleet.requests()) == FAST.attempts


def test_a_vendor_that_cannot_be_reached_stops_nothing() -> None:
    """Nobody listens at the port."""
    with EvEnergyClient(StaticToken(TOKEN), "http://127.0.0.1:9", retries=FAST) as client:
        gathered = gather_evidence(client, FLEET, NOW_MS)
    assert gathered.evidence == {} and len(gathered.notices) == 1


def test_what_was_had_before_the_vendor_failed_is_used(
    fleet: SimulatorControl, client: EvEnergyClient
) -> None:
    """SoC of the whole fleet, some locations, one notice; soon nothing more is asked."""
    fleet.add_fault(FaultRule(kind=FaultKind.SERVER_ERROR, path="*location_logs", skip=20))
    gathered = gather_evidence(client, FLEET, NOW_MS)
    located = [seen for seen in gathered.evidence.values() if seen.at_home is not None]
    assert len(gathered.evidence) == 130 and 20 <= len(located) < 60 and len(gathered.notices) == 1
    assert len(fleet.requests()) < 80


def test_one_vehicle_that_is_refused_does_not_spoil_the_rest(
    fleet: SimulatorControl, client: EvEnergyClient
) -> None:
    """Deleted between two calls, say; its status is still known."""
    fleet.add_fault(FaultRule(kind=FaultKind.NOT_FOUND, path=f"*{FLEET['bus-3']}/location_logs"))
    gathered = gather_evidence(client, FLEET, NOW_MS)
    assert gathered.notices == () and gathered.evidence["bus-3"].at_home is None
    assert sum(seen.at_home is True for seen in gathered.evidence.values()) == 119
