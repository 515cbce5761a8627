"""What a tester holds of any simulated vendor, and how routes get at it."""

from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from adapters.simulation.calls import CallLog
from adapters.simulation.clock import SimulatedClock
from adapters.simulation.faults import Faults


@dataclass
class Bench:
    """Clock, faults and call log of one running simulator. Only the server's own thread touches them."""

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    faults: Faults = field(default_factory=Faults)
    calls: CallLog = field(default_factory=CallLog)


def _bench(request: Request) -> Bench:
    return cast(Bench, request.app.state.world)


OnBench = Annotated[Bench, Depends(_bench)]


def bearer(request: Request) -> str:
    """The bearer token of a call, empty where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
