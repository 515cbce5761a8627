"""A ChargEye to try everything with, without an account: a real HTTP server with faults on demand."""

from adapters.chargeye.simulator.control import SimulatorControl
from adapters.chargeye.simulator.depot import Seed
from adapters.chargeye.simulator.example import example_seed
from adapters.chargeye.simulator.server import read_seed, run_simulator, serving_simulator
from adapters.simulation.faults import FaultKind, FaultRule

__all__ = [
    "FaultKind",
    "FaultRule",
    "Seed",
    "SimulatorControl",
    "example_seed",
    "read_seed",
    "run_simulator",
    "serving_simulator",
]
