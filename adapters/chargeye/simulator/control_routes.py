"""The simulator's own endpoints, under `/_simulator`: none of them exists at ChargEye."""

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import AwareDatetime, BaseModel

from adapters.chargeye.simulator.depot import Seed
from adapters.chargeye.simulator.faults import FaultRule
from adapters.chargeye.simulator.world import Simulated, World
from optimiser.units import MS_PER_SECOND, iso_z, to_ms

control_routes = APIRouter(prefix="/_simulator", tags=["simulator"])


class ClockSetting(BaseModel):
    """An instant to jump to, and whether the clock runs from there."""

    now: AwareDatetime
    running: bool = False


class Advance(BaseModel):
    """How far to move the clock."""

    seconds: float


@control_routes.get("/state")
async def read_state(world: Simulated) -> dict[str, Any]:
    """The whole state; it can be given back with PUT or saved as a seed file."""
    return world.dump().model_dump(mode="json", by_alias=True)


@control_routes.put("/state", status_code=204)
async def load_state(seed: Seed, world: Simulated) -> None:
    """Replace the whole state; tokens, faults and call log stay."""
    try:
        world.load(seed)
    except ValueError as error:
        raise HTTPException(400, str(error)) from None


@control_routes.get("/clock")
async def read_clock(world: Simulated) -> dict[str, Any]:
    """The simulated time."""
    return _clock(world)


@control_routes.put("/clock")
async def set_clock(setting: ClockSetting, world: Simulated) -> dict[str, Any]:
    """Jump to an instant."""
    world.clock.set(to_ms(setting.now), running=setting.running)
    return _clock(world)


@control_routes.post("/clock/advance")
async def advance_clock(step: Advance, world: Simulated) -> dict[str, Any]:
    """Move the clock."""
    world.clock.advance(int(step.seconds * MS_PER_SECOND))
    return _clock(world)


@control_routes.get("/faults")
async def list_faults(world: Simulated) -> list[dict[str, Any]]:
    """The rules at work, and how often each matched and fired."""
    return [
        {**fault.rule.model_dump(mode="json", by_alias=True), "matched": fault.matched, "fired": fault.fired}
        for fault in world.faults.active
    ]


@control_routes.post("/faults", status_code=204)
async def add_fault(rule: FaultRule, world: Simulated) -> None:
    """One more fault."""
    world.faults.add(rule)


@control_routes.delete("/faults", status_code=204)
async def clear_faults(world: Simulated) -> None:
    """No more faults."""
    world.faults.clear()


@control_routes.get("/requests")
async def read_requests(world: Simulated) -> dict[str, object]:
    """The calls so far: how many, how many per method and path, and the last 10,000 in order."""
    return world.calls.as_json()


@control_routes.delete("/requests", status_code=204)
async def clear_requests(world: Simulated) -> None:
    """Forget the calls so far."""
    world.calls.clear()


@control_routes.delete("/tokens", status_code=204)
async def expire_tokens(world: Simulated) -> None:
    """End every token that was issued."""
    world.tokens.expire_all()


def _clock(world: World) -> dict[str, Any]:
    return {"now": iso_z(world.clock.now_ms()), "running": world.clock.running}
