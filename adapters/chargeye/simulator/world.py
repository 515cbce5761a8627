"""Everything that one running simulator holds, and how its routes get at it."""

from dataclasses import dataclass
from typing import Annotated, cast
from uuid import uuid4

from fastapi import Depends, HTTPException, Request

from adapters.chargeye.simulator.depot import Depot, Seed
from adapters.chargeye.simulator.rules import Entry
from adapters.simulation.bench import Bench, bearer
from adapters.simulation.faults import FaultKind
from adapters.simulation.tokens import IssuedTokens
from optimiser.units import MS_PER_MINUTE, from_ms, to_ms

_TOKEN_LIFETIME_S = 8.0 * 3600


@dataclass
class World(Bench):
    """The bench, tokens and depots. Only the server's own thread touches it."""

    def __post_init__(self) -> None:
        self.tokens = IssuedTokens(self.clock, _TOKEN_LIFETIME_S)
        self.load(Seed())

    def load(self, seed: Seed) -> None:
        """Take a whole state, the rest stays. Raises ValueError, and then nothing changes."""
        self.depot = Depot.seeded(seed)
        if seed.now is not None:
            self.clock.set(to_ms(seed.now), running=seed.clock_running)
        self.tokens.credentials = seed.refresh_tokens
        self.tokens.lifetime_s = seed.token_lifetime_seconds
        self.recent_ms = int(seed.recently_ended_minutes * MS_PER_MINUTE)

    def dump(self) -> Seed:
        """The whole state, in the form of a seed."""
        return Seed(
            now=from_ms(self.clock.now_ms()),
            clock_running=self.clock.running,
            refresh_tokens=self.tokens.credentials,
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
    if world.tokens.holder(bearer(request)) is None:
        raise HTTPException(401, "Unauthorized")


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
