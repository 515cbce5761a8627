"""Runs the simulator: for the command line, and in a thread for tests and notebooks."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from adapters.chargeye.paths import DEFAULT_SIMULATOR_PORT
from adapters.chargeye.simulator.app import create_simulator_app
from adapters.chargeye.simulator.control import SimulatorControl
from adapters.chargeye.simulator.depot import Seed
from adapters.chargeye.simulator.example import example_seed
from adapters.chargeye.simulator.world import World


class _CuttableConnection(H11Protocol):
    """Hands the connection to the application, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


def read_seed(path: Path) -> Seed:
    """A seed file. Raises OSError where it cannot be read, ValueError where it is no seed."""
    return Seed.model_validate_json(path.read_bytes())


def run_simulator(
    host: str = "127.0.0.1", port: int = DEFAULT_SIMULATOR_PORT, seed_file: Path | None = None
) -> None:
    """Serve until interrupted. Without a seed file there is an example depot to try things with.

    Raises OSError and ValueError as `read_seed` does.
    """
    uvicorn.Server(_config(_world(read_seed(seed_file) if seed_file else example_seed()), host, port)).run()


@contextmanager
def serving_simulator(seed: Seed | None = None) -> Iterator[SimulatorControl]:
    """A simulator on a free port of the loopback, as long as the context lasts; empty without a seed."""
    server = uvicorn.Server(_config(_world(seed or Seed()), "127.0.0.1", 0, log_level="critical"))
    thread = Thread(target=server.run, name="chargeye-simulator", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        port = server.servers[0].sockets[0].getsockname()[1]
        with SimulatorControl(f"http://127.0.0.1:{port}") as control:
            yield control
    finally:
        server.should_exit = True
        thread.join()


def _world(seed: Seed) -> World:
    world = World()
    world.load(seed)
    return world


def _config(world: World, host: str, port: int, log_level: str = "info") -> uvicorn.Config:
    return uvicorn.Config(
        create_simulator_app(world),
        host=host,
        port=port,
        http=_CuttableConnection,
        log_level=log_level,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


def _wait_until_started(server: uvicorn.Server, thread: Thread) -> None:
    while not server.started:
        if not thread.is_alive():
            raise OSError("the simulator did not start")
        time.sleep(0.005)
