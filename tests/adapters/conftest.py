"""Real HTTP servers on the loopback, started once and emptied for every test."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from adapters.chargeye.simulator import Seed, SimulatorControl, serving_simulator
from adapters.transport import Retries
from tests.adapters.scripted_server import ScriptedServer, serving_script

NOW = datetime(2026, 3, 9, 18, 0, tzinfo=UTC)
REFRESH_TOKEN = "rt-5f0c2b7e9a"

# As in production, but with waits of a millisecond.
FAST = Retries(attempts=4, wait_initial_s=0.001, wait_max_s=0.002, wait_jitter_s=0.001, retry_after_max_s=5.0)


@pytest.fixture(scope="session")
def _simulator() -> Iterator[SimulatorControl]:
    with serving_simulator() as control:
        yield control


@pytest.fixture
def simulator(_simulator: SimulatorControl) -> SimulatorControl:
    """An empty ChargEye whose clock stands at NOW."""
    _simulator.clear_faults()
    _simulator.load(Seed(now=NOW, clock_running=False, refresh_tokens=[REFRESH_TOKEN]))
    _simulator.expire_tokens()
    _simulator.clear_requests()
    return _simulator


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    """A server that answers as the test says."""
    with serving_script() as server:
        yield server
