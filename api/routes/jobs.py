"""Jobs over HTTP: calls that are answered later."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from starlette.concurrency import run_in_threadpool

from adapters.service_records import CallState, DeferredCall, Scope
from api.auth import needs
from api.examples import JOB_ID
from api.exceptions import NotFoundError, NotYetError
from api.openapi import problem_responses
from api.resources import JobView
from api.routes.dependencies import ServicesHere, job_document, json_response, kept_response
from api.services import Services

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

_READ = [Depends(needs(Scope.READ))]
JobId = Annotated[str, Path(alias="jobId", examples=[JOB_ID])]


@router.get(
    "/{jobId}",
    summary="How far a job is",
    response_model=JobView,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def get_job(services: ServicesHere, job_id: JobId) -> Response:
    """Where it stands, and where its result is to be had."""
    return json_response(job_document(await run_in_threadpool(_found, services, job_id)))


@router.get(
    "/{jobId}/result",
    summary="What a job was answered",
    responses={
        200: {"description": "What the call would have answered at once, with its status"},
        **problem_responses(400, 401, 403, 404, 409, 413, 422, 429, 500, 503),
    },
    dependencies=_READ,
)
async def get_result(services: ServicesHere, job_id: JobId) -> Response:
    """The answer; 409 while there is none yet, and after a cancellation."""
    answer = await run_in_threadpool(services.store.deferred.answer, job_id)
    if answer is not None:
        return kept_response(answer)
    call = await run_in_threadpool(_found, services, job_id)
    raise NotYetError(f"there is no result: the job is {call.state.value}")


@router.delete(
    "/{jobId}",
    status_code=204,
    summary="Cancel a job",
    response_class=Response,
    responses=problem_responses(401, 403, 404, 409, 422, 429, 503),
    dependencies=[Depends(needs(Scope.PLAN))],
)
async def cancel_job(services: ServicesHere, job_id: JobId) -> Response:
    """End its work; 409 where it is over."""
    call = await run_in_threadpool(_found, services, job_id)
    cancelled = await run_in_threadpool(services.store.deferred.cancel, job_id)
    if not cancelled and call.state is not CallState.CANCELLED:
        raise NotYetError("the job is over")
    return Response(status_code=204)


def _found(services: Services, job_id: str) -> DeferredCall:
    call = services.store.deferred.get(job_id)
    if call is None:
        raise NotFoundError("there is no such job")
    return call
