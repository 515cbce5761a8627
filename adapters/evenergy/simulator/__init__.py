"""An ev.energy to try everything with, without an account: a real HTTP server with faults on demand."""

from adapters.evenergy.simulator.control import SimulatorControl
from adapters.evenergy.simulator.example import example_seed
from adapters.evenergy.simulator.seed import Seed
from adapters.evenergy.simulator.server import read_seed, run_simulator, serving_simulator

__all__ = ["Seed", "SimulatorControl", "example_seed", "read_seed", "run_simulator", "serving_simulator"]
