"""Everything that one running simulator holds, and how its routes get at it."""

from dataclasses import dataclass, field
from typing import Annotated, cast
from uuid import uuid4

from fastapi import Depends, HTTPException, Request

from adapters.chargeye.simulator.calls import CallLog
from adapters.chargeye.simulator.clock import SimulatedClock
from adapters.chargeye.simulator.depot import Depot, Seed
from adapters.chargeye.simulator.faults import FaultKind, Faults
from adapters.chargeye.simulator.rules import Entry
from adapters.chargeye.simulator.tokens import IssuedTokens
from optimiser.units import MS_PER_MINUTE, from_ms, to_ms


@dataclass
class World:
    """Clock, tokens, depots, faults and call log. Only the server's own thread touches it."""

    clock: SimulatedClock = field(default_factory=SimulatedClock)
    faults: Faults = field(default_factory=Faults)
    calls: CallLog = field(default_factory=CallLog)

    def __post_init__(self) -> None:
        self.tokens = IssuedTokens(self.clock)
        self.load(Seed())

    def load(self, seed: Seed) -> None:
        """Take a whole state, the rest stays. Raises ValueError, and then nothing changes."""
        self.depot = Depot.seeded(seed)
        if seed.now is not None:
            self.clock.set(to_ms(seed.now), running=seed.clock_running)
        self.tokens.refresh_tokens = seed.refresh_tokens
        self.tokens.lifetime_s = seed.token_lifetime_seconds
        self.recent_ms = int(seed.recently_ended_minutes * MS_PER_MINUTE)

    def dump(self) -> Seed:
        """The whole state, in the form of a seed."""
        return Seed(
            now=from_ms(self.clock.now_ms()),
            clock_running=self.clock.running,
            refresh_tokens=self.tokens.refresh_tokens,
            token_lifetime_seconds=self.tokens.lifetime_s,
            recently_ended_minutes=self.recent_ms / MS_PER_MINUTE,
            locations=list(self.depot.locations.values()),
            stations=list(self.depot.stations.values()),
            power_groups=self.depot.power_groups,
            vehicles=list(self.depot.vehicles.values()),
            schedules=self.depot.all_entries(),
        )


def _world(request: Request) -> World:
    return cast(World, request.app.state.world)


Simulated = Annotated[World, Depends(_world)]


def authorised(request: Request, world: Simulated) -> None:
    """401 without a bearer token that was issued here and has not ended."""
    if not world.tokens.accepts(bearer(request)):
        raise HTTPException(401, "Unauthorized")


def bearer(request: Request) -> str:
    """The bearer token of a call, empty where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def json_body(request: Request) -> object:
    """The JSON body, or a 400."""
    try:
        return await request.json()
    except ValueError:
        raise HTTPException(400, "the body is not JSON") from None


Body = Annotated[object, Depends(json_body)]


def new_id() -> str:
    """A fresh schedule id."""
    return str(uuid4())


def without_plans_if_dropped(request: Request, entries: list[Entry]) -> list[Entry]:
    """The entries as they will be stored: the fault `drop-plan` loses plans and says nothing."""
    if FaultKind.DROP_PLAN not in request.state.faults:
        return entries
    return [{name: entry[name] for name in entry if name not in ("plan", "planMeta")} for entry in entries]
