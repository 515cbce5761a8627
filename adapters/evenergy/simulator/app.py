"""The simulated ev.energy as an application: the vendor's paths under `/v2`, its tokens under `/o`."""

from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException

from adapters.evenergy.simulator.connection_routes import onboarding_routes, reconnect_routes
from adapters.evenergy.simulator.control import API
from adapters.evenergy.simulator.log_routes import log_routes
from adapters.evenergy.simulator.oauth_routes import oauth_routes
from adapters.evenergy.simulator.problems import ProblemError, problem_answer, problem_of_status
from adapters.evenergy.simulator.resource_routes import resource_routes
from adapters.evenergy.simulator.seed import Seed
from adapters.evenergy.simulator.world import Simulated, World
from adapters.simulation.application import simulator_app
from adapters.simulation.paths import CONTROL

state_routes = APIRouter(prefix=CONTROL, tags=["simulator"])


def create_simulator_app(world: World) -> FastAPI:
    """The application around a world. Paths with names in them come before those that match any kind."""
    vendor = APIRouter(prefix=API)
    for routes in (onboarding_routes, reconnect_routes, log_routes, resource_routes):
        vendor.include_router(routes)
    routers = (state_routes, vendor, oauth_routes)
    app = simulator_app("ev.energy simulator", world, API, problem_of_status, routers)
    app.add_exception_handler(HTTPException, problem_answer)
    return app


@state_routes.get("/state")
async def read_state(world: Simulated) -> dict[str, Any]:
    """The whole state; it can be given back with PUT or saved as a seed file."""
    return world.dump().model_dump(mode="json")


@state_routes.put("/state", status_code=204)
async def load_state(seed: Seed, world: Simulated) -> None:
    """Replace the whole state and forget the counted calls; tokens, faults and call log stay."""
    try:
        world.load(seed)
    except ValueError as error:
        raise ProblemError(400, str(error)) from None


@state_routes.delete("/tokens", status_code=204)
async def expire_tokens(world: Simulated) -> None:
    """End every token that was issued."""
    world.tokens.expire_all()
