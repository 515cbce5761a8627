"""The application around a simulated vendor: its routes, ours, and what befalls its calls."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from adapters.simulation.bench import Bench
from adapters.simulation.calls import CallLogging
from adapters.simulation.clock import DateHeader
from adapters.simulation.control_routes import control_routes
from adapters.simulation.faults import ErrorAnswer, FaultInjection
from adapters.simulation.paths import CONTROL


def simulator_app(
    title: str, world: Bench, api: str, error_answer: ErrorAnswer, routes: Sequence[APIRouter]
) -> FastAPI:
    """An application whose vendor's paths begin with `api`; `world` is what its routes find."""
    app = FastAPI(
        title=title, redoc_url=None, docs_url=f"{CONTROL}/docs", openapi_url=f"{CONTROL}/openapi.json"
    )
    app.state.world = world
    for router in (*routes, control_routes):
        app.include_router(router)
    app.add_middleware(
        FaultInjection, faults=world.faults, clock=world.clock, api=api, error_answer=error_answer
    )
    app.add_middleware(CallLogging, log=world.calls, clock=world.clock, api=api)
    app.add_middleware(DateHeader, clock=world.clock)
    return app
