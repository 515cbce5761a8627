"""Whether the service is alive, ready, and what it counts: open to everyone."""

from asyncio import wait_for

from fastapi import APIRouter, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool

from adapters.store.exceptions import StoreError
from api.metrics import replan_age_s
from api.resources import Alive, Readiness
from api.routes.dependencies import ServicesHere, json_response
from api.services import Services

router = APIRouter(tags=["operations"])

_STORE_LIMIT_S = 3.0


@router.get("/healthz", summary="Is the service alive?", response_model=Alive)
async def healthz() -> dict[str, str]:
    """Answer at once, whatever else is going on."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="Can the service work?",
    response_model=Readiness,
    responses={503: {"description": "Not ready", "model": Readiness}},
)
async def readyz(services: ServicesHere) -> Response:
    """Ask the store, look at the queues, and say how long ago a replan ended."""
    lanes = services.solver.figures()
    try:
        age_s = await wait_for(run_in_threadpool(_store_answers, services), _STORE_LIMIT_S)
        store = "ok"
    except (StoreError, TimeoutError):
        age_s, store = None, "unavailable"
    ready = store == "ok" and not services.stopping.is_set()
    document = {
        "ready": ready,
        "store": store,
        "queue": {
            "waiting": sum(lane.waiting for lane in lanes),
            "oldestSeconds": max(lane.oldest_s for lane in lanes),
        },
        "lastReplanAgeSeconds": age_s,
    }
    return json_response(document, 200 if ready else 503)


def _store_answers(services: Services) -> float | None:
    services.store.ping()
    return replan_age_s(services.store, services.clock)


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(services: ServicesHere) -> Response:
    """The Prometheus text format."""
    text = await run_in_threadpool(services.metrics.text)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
