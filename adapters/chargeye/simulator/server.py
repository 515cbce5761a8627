"""Runs the simulated ChargEye."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI

from adapters.chargeye.paths import DEFAULT_SIMULATOR_PORT
from adapters.chargeye.simulator.app import create_simulator_app
from adapters.chargeye.simulator.control import SimulatorControl
from adapters.chargeye.simulator.depot import Seed
from adapters.chargeye.simulator.example import example_seed
from adapters.chargeye.simulator.world import World
from adapters.simulation.serving import LOOPBACK, run, serving


def read_seed(path: Path) -> Seed:
    """A seed file. Raises OSError where it cannot be read, ValueError where it is no seed."""
    return Seed.model_validate_json(path.read_bytes())


def run_simulator(
    host: str = LOOPBACK, port: int = DEFAULT_SIMULATOR_PORT, seed_file: Path | None = None
) -> None:
    """Serve until interrupted. Without a seed file there is an example depot to try things with.

    Raises OSError and ValueError as `read_seed` does.
    """
    run(_app(read_seed(seed_file) if seed_file else example_seed()), host, port)


@contextmanager
def serving_simulator(seed: Seed | None = None) -> Iterator[SimulatorControl]:
    """A simulator on a free port of the loopback, as long as the context lasts; empty without a seed."""
    with serving(_app(seed or Seed())) as url, SimulatorControl(url) as control:
        yield control


def _app(seed: Seed) -> FastAPI:
    world = World()
    world.load(seed)
    return create_simulator_app(world)
