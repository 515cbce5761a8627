"""What routes share: the services, the body, and how work is answered at once or later."""

from asyncio import FIRST_COMPLETED, ensure_future, wait
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from adapters.service_records import CallState, DeferredCall, KeptAnswer
from api.body import limited_body
from api.exceptions import CallerGoneError
from api.service import json_text
from api.services import Services
from api.workers.task import Task
from optimiser.units import iso_z

ASYNC = "respond-async"


def services_of(request: Request) -> Services:
    """The services of the application."""
    services: Services = request.app.state.services
    return services


ServicesHere = Annotated[Services, Depends(services_of)]
Body = Annotated[bytes, Depends(limited_body)]
Prefer = Annotated[
    str | None,
    Header(description='"respond-async": answer 202 at once, and take the result later (RFC 7240)'),
]


async def answered(request: Request, task: Task, prefer: str | None) -> Response:
    """The answer of a worker, or a job that will have it where the caller prefers that."""
    services = services_of(request)
    if _wants_later(prefer):
        call = await run_in_threadpool(services.deferred.put, task)
        headers = {"location": job_url(call.call_id), "preference-applied": ASYNC}
        return json_response(job_document(call), 202, headers)
    return await answered_now(request, task)


async def answered_now(request: Request, task: Task) -> Response:
    """The answer of a worker, whose work ends with the caller's connection."""
    services = services_of(request)
    work = ensure_future(services.solver.answer(task))
    gone = ensure_future(_disconnected(request))
    try:
        await wait((work, gone), return_when=FIRST_COMPLETED)
        if not work.done():
            raise CallerGoneError("the caller has hung up")
        done = work.result()
    finally:
        work.cancel()
        gone.cancel()
    if done.facts is not None:
        services.metrics.plan(done.facts)
    return kept_response(done.answer)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _wants_later(prefer: str | None) -> bool:
    preferences = (prefer or "").split(",")
    return any(preference.partition(";")[0].strip().lower() == ASYNC for preference in preferences)


def kept_response(answer: KeptAnswer) -> Response:
    """An answer that was made before or elsewhere."""
    return Response(answer.body, answer.status, answer.headers)


def json_response(
    document: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A document as an answer."""
    return Response(json_text(document), status, headers, media_type="application/json")


def text_response(text: bytes) -> Response:
    """JSON text as an answer."""
    return Response(text, media_type="application/json")


def job_url(call_id: str) -> str:
    """Where a job stands."""
    return f"/v1/jobs/{call_id}"


def job_document(call: DeferredCall) -> dict[str, Any]:
    """A job as it is shown."""
    return {
        "jobId": call.call_id,
        "kind": call.kind,
        "state": CallState(call.state).value,
        "createdAt": iso_z(call.created_ms),
        "startedAt": instant(call.started_ms),
        "finishedAt": instant(call.finished_ms),
        "statusUrl": job_url(call.call_id),
        "resultUrl": f"{job_url(call.call_id)}/result",
    }


def instant(instant_ms: int | None) -> str | None:
    """An instant as text, None where there is none."""
    return None if instant_ms is None else iso_z(instant_ms)
