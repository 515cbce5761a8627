"""One simulated ev.energy for all tests, emptied for each; and a client that talks to it."""

from collections.abc import Iterator

import pytest

from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.simulator import SimulatorControl, serving_simulator
from adapters.tokens import StaticToken
from tests.adapters.conftest import FAST
from tests.adapters.evenergy.builders import TOKEN, a_seed
from tests.adapters.scripted_server import ScriptedServer


@pytest.fixture(scope="session")
def _evenergy() -> Iterator[SimulatorControl]:
    with serving_simulator() as control:
        yield control


@pytest.fixture
def evenergy(_evenergy: SimulatorControl) -> SimulatorControl:
    """One van without logs; the clock stands at NOW."""
    _evenergy.clear_faults()
    _evenergy.load(a_seed())
    _evenergy.expire_tokens()
    _evenergy.clear_requests()
    return _evenergy


@pytest.fixture
def client(evenergy: SimulatorControl) -> Iterator[EvEnergyClient]:
    """A client of it with a bearer token."""
    with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, retries=FAST) as client:
        yield client


@pytest.fixture
def scripted(script: ScriptedServer) -> Iterator[EvEnergyClient]:
    """A client of a server that answers as the test says."""
    with EvEnergyClient(StaticToken(TOKEN), script.url, retries=FAST) as client:
        yield client
