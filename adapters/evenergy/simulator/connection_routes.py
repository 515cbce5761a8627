"""The simulated ev.energy's links for a user's browser: onboarding, and reconnecting a vehicle."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from adapters.evenergy.simulator.problems import ProblemError, not_found
from adapters.evenergy.simulator.resource_routes import found
from adapters.evenergy.simulator.seed import JsonObject
from adapters.evenergy.simulator.world import ActingUser, Simulated, authorised
from optimiser.units import MS_PER_DAY, iso_z

onboarding_routes = APIRouter()
reconnect_routes = APIRouter(dependencies=[Depends(authorised)])

_START = "vehicle-onboarding/start"
_CHOICES = ("make_id", "model_id", "trim_id")


@onboarding_routes.get("/vehicle_onboarding")
async def onboard(request: Request, world: Simulated) -> Response:
    """A redirect for the user's browser, or the same as JSON. Needs no token."""
    asked = request.query_params
    _refuse_missing([name for name in ("user_id", "client_id") if not asked.get(name)])
    if asked["user_id"] not in world.records.registers["users"]:
        raise not_found()
    request_id = str(uuid4())
    url = f"{request.base_url}{_START}/{request_id}"
    if asked.get("response_type") != "json":
        return RedirectResponse(url, 302)
    if not any(asked.get(name) for name in _CHOICES):
        _refuse_missing(["make_id"])
    answer = {"authorization_request_id": request_id, "url": url, "auth_method": "api"}
    return JSONResponse({**answer, "scopes": None, "single_select": None})


@reconnect_routes.post("/vehicles/{vehicle_id}/reconnect", status_code=201)
async def reconnect(
    vehicle_id: str,
    request: Request,
    world: Simulated,
    user_id: ActingUser,
    _body: Annotated[dict[str, Any] | None, Body()] = None,
) -> JsonObject:
    """A link to connect the vehicle again, good for a day."""
    found(world, "vehicles", vehicle_id, user_id)
    end = iso_z(world.clock.now_ms() + MS_PER_DAY)
    return {"url": f"{request.base_url}{_START}/{uuid4()}", world.reconnect_spelling: end}


def _refuse_missing(names: list[str]) -> None:
    if names:
        raise ProblemError(
            400,
            f"Error on fields: {', '.join(names)}",
            title="Request failed validation.",
            kind="validation-failed-vehicle-onboarding",
            field_errors={name: ["This field is required."] for name in names},
        )
