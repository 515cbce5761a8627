"""The simulator's own endpoints for state and tokens: none of them exists at ChargEye."""

from typing import Any

from fastapi import APIRouter, HTTPException

from adapters.chargeye.simulator.depot import Seed
from adapters.chargeye.simulator.world import Simulated
from adapters.simulation.paths import CONTROL

state_routes = APIRouter(prefix=CONTROL, tags=["simulator"])


@state_routes.get("/state")
async def read_state(world: Simulated) -> dict[str, Any]:
    """The whole state; it can be given back with PUT or saved as a seed file."""
    return world.dump().model_dump(mode="json", by_alias=True)


@state_routes.put("/state", status_code=204)
async def load_state(seed: Seed, world: Simulated) -> None:
    """Replace the whole state; tokens, faults and call log stay."""
    try:
        world.load(seed)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None


@state_routes.delete("/tokens", status_code=204)
async def expire_tokens(world: Simulated) -> None:
    """End every token that was issued."""
    world.tokens.expire_all()
