"""The simulated ChargEye as an application: the vendor's paths under `/api`, ours under `/_simulator`."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from adapters.chargeye.simulator.calls import CallLogging
from adapters.chargeye.simulator.clock import DateHeader
from adapters.chargeye.simulator.control_routes import control_routes
from adapters.chargeye.simulator.faults import API, FaultInjection
from adapters.chargeye.simulator.registry_routes import registry_routes, token_routes
from adapters.chargeye.simulator.schedule_routes import schedule_routes
from adapters.chargeye.simulator.world import World


def create_simulator_app(world: World) -> FastAPI:
    """The application around a world. Schedule paths come first: a vehicle's id may hold a slash."""
    app = FastAPI(
        title="ChargEye simulator",
        redoc_url=None,
        docs_url="/_simulator/docs",
        openapi_url="/_simulator/openapi.json",
    )
    app.state.world = world
    for routes in (token_routes, schedule_routes, registry_routes):
        app.include_router(routes, prefix=API)
    app.include_router(control_routes)
    app.add_exception_handler(HTTPException, _message)
    app.add_middleware(FaultInjection, faults=world.faults, clock=world.clock)
    app.add_middleware(CallLogging, log=world.calls)
    app.add_middleware(DateHeader, clock=world.clock)
    return app


async def _message(request: Request, error: Exception) -> JSONResponse:
    """An error body of the only form that ChargEye's pages hint at."""
    status, text = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    return JSONResponse({"message": text}, status)
