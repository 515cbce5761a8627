"""Replans over HTTP: start, look, cancel, and follow as they go."""

from asyncio import sleep
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from adapters.records import JobRun, JobState
from adapters.service_records import Scope
from api.auth import needs
from api.examples import RUN_ID
from api.exceptions import NotFoundError, NotYetError
from api.metrics import REPLAN
from api.openapi import REPLAN_BODY, problem_responses, run_links
from api.replans import Wish
from api.resources import ReplanBody, ReplanList, ReplanRun
from api.routes.dependencies import Body, ServicesHere, json_response
from api.service import json_text, parse_json
from api.services import Services
from api.shape import faults_of
from api.views import replan_run
from optimiser.exceptions import InvalidRequestError

router = APIRouter(prefix="/v1/replans", tags=["replans"])

_READ = [Depends(needs(Scope.READ))]
_PUSH = [Depends(needs(Scope.PUSH))]
_LOOK_EVERY_S = 0.5
RunId = Annotated[str, Path(alias="runId", examples=[RUN_ID])]


@router.post(
    "",
    status_code=202,
    summary="Replan sites now",
    response_model=ReplanRun,
    responses={**problem_responses(400, 401, 403, 409, 413, 422, 429, 503), **run_links()},
    openapi_extra=REPLAN_BODY,
    dependencies=_PUSH,
)
async def post_replan(services: ServicesHere, body: Body) -> Response:
    """Read them, plan them and push what changed, in the background; 409 while a replan runs here."""
    run = await run_in_threadpool(services.replans.start, _wish(parse_json(body)))
    return json_response(replan_run(run, (), {}), 202, {"location": f"/v1/replans/{run.run_id}"})


def _wish(document: Any) -> Wish:
    try:
        wanted = ReplanBody.model_validate(document)
    except ValidationError as error:
        raise InvalidRequestError(faults_of(error, document)) from None
    uids = None if wanted.location_uids is None else tuple(wanted.location_uids)
    return Wish(uids, wanted.dry_run, wanted.force)


@router.get(
    "",
    summary="Replans so far",
    response_model=ReplanList,
    responses=problem_responses(401, 403, 422, 429, 503),
    dependencies=_READ,
)
async def list_replans(services: ServicesHere, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Response:
    """Newest first, those of the batch job too."""
    return json_response({"replans": await run_in_threadpool(_lines, services, limit)})


def _lines(services: Services, limit: int) -> list[dict[str, Any]]:
    return [_document(services, run) for run in services.store.jobs.latest(REPLAN, limit)]


@router.get(
    "/{runId}",
    summary="How far a replan is",
    response_model=ReplanRun,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def get_replan(services: ServicesHere, run_id: RunId) -> Response:
    """The run with what became of each site so far."""
    return json_response(await run_in_threadpool(_found, services, run_id))


@router.post(
    "/{runId}/cancel",
    status_code=202,
    summary="Cancel a replan",
    response_model=ReplanRun,
    responses=problem_responses(401, 403, 404, 409, 422, 429, 503),
    dependencies=_PUSH,
)
async def cancel_replan(services: ServicesHere, run_id: RunId) -> Response:
    """Begin no further site; those at hand are finished. 409 where the run is over."""
    return json_response(await run_in_threadpool(_cancelled, services, run_id), 202)


def _cancelled(services: Services, run_id: str) -> dict[str, Any]:
    _found(services, run_id)
    if not services.store.jobs.request_cancel(run_id):
        raise NotYetError("the run is over")
    return _found(services, run_id)


@router.get(
    "/{runId}/events",
    summary="Follow a replan",
    response_class=StreamingResponse,
    responses={
        200: {"description": "Server-sent events", "content": {"text/event-stream": {}}},
        **problem_responses(401, 403, 404, 422, 429, 503),
    },
    dependencies=_READ,
)
async def follow_replan(services: ServicesHere, run_id: RunId) -> StreamingResponse:
    """Server-sent events named `run`, each with the run as it then is, until it is over."""
    first = await run_in_threadpool(_found, services, run_id)
    return StreamingResponse(
        _events(services, run_id, first),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(services: Services, run_id: str, run: dict[str, Any]) -> AsyncIterator[bytes]:
    yield _event(run)
    while run["state"] == JobState.RUNNING and not services.stopping.is_set():
        await sleep(_LOOK_EVERY_S)
        latest = await run_in_threadpool(_found, services, run_id)
        if latest != run:
            run = latest
            yield _event(run)


def _event(run: dict[str, Any]) -> bytes:
    return b"event: run\ndata: " + json_text(run) + b"\n\n"


def _found(services: Services, run_id: str) -> dict[str, Any]:
    run = services.store.jobs.get(run_id)
    if run is None or run.kind != REPLAN:
        raise NotFoundError("there is no such replan")
    return _document(services, run)


def _document(services: Services, run: JobRun) -> dict[str, Any]:
    stages = services.replans.stages() if run.state is JobState.RUNNING else {}
    return replan_run(run, services.store.jobs.outcomes(run.run_id), stages)
