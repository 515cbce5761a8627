"""Endpoints under `/_simulator` that every simulator has: clock, faults and call log. No vendor has them."""

from typing import Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from adapters.simulation.bench import Bench, OnBench
from adapters.simulation.faults import FaultRule
from adapters.simulation.paths import CONTROL
from optimiser.units import MS_PER_SECOND, iso_z, to_ms

control_routes = APIRouter(prefix=CONTROL, tags=["simulator"])


class ClockSetting(BaseModel):
    """An instant to jump to, and whether the clock runs from there."""

    now: AwareDatetime
    running: bool = False


class Advance(BaseModel):
    """How far to move the clock."""

    seconds: float


@control_routes.get("/clock")
async def read_clock(world: OnBench) -> dict[str, Any]:
    """The simulated time."""
    return _clock(world)


@control_routes.put("/clock")
async def set_clock(setting: ClockSetting, world: OnBench) -> dict[str, Any]:
    """Jump to an instant."""
    world.clock.set(to_ms(setting.now), running=setting.running)
    return _clock(world)


@control_routes.post("/clock/advance")
async def advance_clock(step: Advance, world: OnBench) -> dict[str, Any]:
    """Move the clock."""
    world.clock.advance(int(step.seconds * MS_PER_SECOND))
    return _clock(world)


@control_routes.get("/faults")
async def list_faults(world: OnBench) -> list[dict[str, Any]]:
    """The rules at work, and how often each matched and fired."""
    return [
        {**fault.rule.model_dump(mode="json", by_alias=True), "matched": fault.matched, "fired": fault.fired}
        for fault in world.faults.active
    ]


@control_routes.post("/faults", status_code=204)
async def add_fault(rule: FaultRule, world: OnBench) -> None:
    """One more fault."""
    world.faults.add(rule)


@control_routes.delete("/faults", status_code=204)
async def clear_faults(world: OnBench) -> None:
    """No more faults."""
    world.faults.clear()


@control_routes.get("/requests")
async def read_requests(world: OnBench) -> dict[str, object]:
    """The calls so far: how many, how many per method and path, and the last 10,000 in order."""
    return world.calls.as_json()


@control_routes.delete("/requests", status_code=204)
async def clear_requests(world: OnBench) -> None:
    """Forget the calls so far."""
    world.calls.clear()


def _clock(world: Bench) -> dict[str, Any]:
    return {"now": iso_z(world.clock.now_ms()), "running": world.clock.running}
