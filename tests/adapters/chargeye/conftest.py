"""A small depot in the simulator, and a client that talks to it."""

from collections.abc import Iterator

import pytest

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.simulator import Seed, SimulatorControl
from tests.adapters.chargeye.builders import DEPOT, a_station, a_vehicle
from tests.adapters.conftest import FAST, NOW, REFRESH_TOKEN
from tests.adapters.store.conftest import (  # noqa: F401, fixtures: a store on both databases
    backend,
    migrated_file,
    migrated_postgres,
    store_url,
)


@pytest.fixture
def depot(simulator: SimulatorControl) -> SimulatorControl:
    """Two depots, two buses at the first, one station, a feeder inside a grid connection; no schedules."""
    feeder = {"groupId": "feeder", "limitationType": "InputCurrent", "maxCurrentA": 250}
    grid = {"groupId": "grid", "limitationType": "InputCurrent", "maxCurrentA": 800}
    simulator.load(
        Seed(
            now=NOW,
            clock_running=False,
            refresh_tokens=[REFRESH_TOKEN],
            locations=[{"id": DEPOT, "name": "North"}, {"id": "elsewhere", "name": "South"}],
            stations=[a_station("DEP-04"), a_station("SOUTH-1", "elsewhere")],
            power_groups={"grid": {**grid, "subgroups": {"feeder": feeder}}},
            vehicles=[
                {"vehicle": a_vehicle("bus-1")},
                {"vehicle": a_vehicle("bus-2"), "v2icp": {"odometer": 7}},
            ],
        )
    )
    return simulator


@pytest.fixture
def client(depot: SimulatorControl) -> Iterator[ChargEyeClient]:
    """A client of that depot, with the depot's clock."""
    with ChargEyeClient(REFRESH_TOKEN, depot.api_url, retries=FAST, clock_ms=depot.now_ms) as client:
        yield client
