"""Sites over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from starlette.concurrency import run_in_threadpool

from adapters.service_records import Scope, SiteReading
from api.auth import needs
from api.examples import SITE_UID
from api.exceptions import NotFoundError
from api.openapi import SITE_BODY, problem_responses
from api.resources import SchedulesRead, SiteList, StoredSiteView, VehiclesRead
from api.routes.dependencies import Body, ServicesHere, json_response
from api.service import parse_json
from api.services import Services
from api.site_documents import checked_site, refuse_other_uid
from api.views import site_lines, stored_site
from optimiser.units import iso_z

router = APIRouter(prefix="/v1/sites", tags=["sites"])

_READ = [Depends(needs(Scope.READ))]
LocationUid = Annotated[str, Path(alias="locationUid", examples=[SITE_UID])]


@router.get(
    "",
    summary="Every site",
    response_model=SiteList,
    responses=problem_responses(401, 403, 429, 503),
    dependencies=_READ,
)
async def list_sites(services: ServicesHere) -> Response:
    """Each that was described, read or planned, with its newest plan."""
    return json_response({"sites": await run_in_threadpool(site_lines, services.store)})


@router.get(
    "/{locationUid}",
    summary="A site",
    response_model=StoredSiteView,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def get_site(services: ServicesHere, location_uid: LocationUid) -> Response:
    """The site as it was put."""
    site = await run_in_threadpool(services.store.sites.get, location_uid)
    if site is None:
        raise NotFoundError("there is no such site")
    return json_response(stored_site(site))


@router.put(
    "/{locationUid}",
    summary="Describe a site",
    response_model=StoredSiteView,
    responses={
        201: {"description": "The site is new", "model": StoredSiteView},
        **problem_responses(400, 401, 403, 413, 422, 429, 503),
    },
    openapi_extra=SITE_BODY,
    dependencies=[Depends(needs(Scope.PUSH))],
)
async def put_site(services: ServicesHere, location_uid: LocationUid, body: Body) -> Response:
    """Set its caps, prices, stations and settings, new or not; the next replan goes by them."""
    document, status = await run_in_threadpool(_put, services, location_uid, body)
    return json_response(document, status)


def _put(services: Services, wanted_uid: str, body: bytes) -> tuple[dict[str, Any], int]:
    location_uid, site, settings = checked_site(parse_json(body), services.clock())
    refuse_other_uid(location_uid, wanted_uid)
    status = 200 if services.store.sites.get(location_uid) else 201
    return stored_site(services.store.sites.put(location_uid, site, settings)), status


@router.get(
    "/{locationUid}/schedules",
    summary="The schedules of a site",
    response_model=SchedulesRead,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def get_schedules(services: ServicesHere, location_uid: LocationUid) -> Response:
    """EvSchedules, recurring ones too, as the charging platform gave them when it was read last."""
    reading = await run_in_threadpool(_reading, services, location_uid)
    return json_response({**_when(reading), "schedules": reading.schedules})


@router.get(
    "/{locationUid}/vehicles",
    summary="The vehicles of a site",
    response_model=VehiclesRead,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def get_vehicles(services: ServicesHere, location_uid: LocationUid) -> Response:
    """Vehicles as the charging platform gave them when it was read last."""
    reading = await run_in_threadpool(_reading, services, location_uid)
    return json_response({**_when(reading), "vehicles": reading.vehicles})


def _reading(services: Services, location_uid: str) -> SiteReading:
    reading = services.store.readings.get(location_uid)
    if reading is None:
        raise NotFoundError("nothing was read for this site yet")
    return reading


def _when(reading: SiteReading) -> dict[str, str]:
    return {"locationUid": reading.location_uid, "readAt": iso_z(reading.read_ms)}
