"""The simulated ChargEye as an application: the vendor's paths under `/api`."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from adapters.chargeye.simulator.control import API
from adapters.chargeye.simulator.control_routes import state_routes
from adapters.chargeye.simulator.registry_routes import registry_routes, token_routes
from adapters.chargeye.simulator.schedule_routes import schedule_routes
from adapters.chargeye.simulator.world import World
from adapters.simulation.application import simulator_app


def create_simulator_app(world: World) -> FastAPI:
    """The application around a world. Schedule paths come first: a vehicle's id may hold a slash."""
    vendor = APIRouter(prefix=API)
    for routes in (token_routes, schedule_routes, registry_routes):
        vendor.include_router(routes)
    app = simulator_app("ChargEye simulator", world, API, _message, (vendor, state_routes))
    app.add_exception_handler(HTTPException, _refusal)
    return app


def _message(status: HTTPStatus, headers: Mapping[str, str]) -> JSONResponse:
    """An error of the only form that ChargEye's pages hint at."""
    return JSONResponse({"message": status.phrase}, status, headers)


async def _refusal(request: Request, error: Exception) -> JSONResponse:
    status, text = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    return JSONResponse({"message": text}, status)
