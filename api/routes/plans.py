"""Plans over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from api.body import limited_body
from api.clock import now_ms
from api.openapi import PLAN_REQUEST_BODY, problem_responses
from api.plan_schemas import PlanResponse
from api.requests import OnInvalid
from api.service import json_text, make_plan, parse_json

router = APIRouter(prefix="/v1", tags=["plans"])

Body = Annotated[bytes, Depends(limited_body)]
InvalidEntries = Annotated[
    OnInvalid,
    Query(
        alias="onInvalid",
        description="Refuse the request for a bad entry, or skip the entry and plan the rest",
    ),
]


@router.post(
    "/plans",
    summary="Plan a depot",
    response_model=PlanResponse,
    responses=problem_responses(400, 401, 413, 422),
    openapi_extra=PLAN_REQUEST_BODY,
)
async def post_plan(body: Body, on_invalid: InvalidEntries = OnInvalid.REJECT) -> Response:
    """Plan when every vehicle charges; a vehicle that cannot be full in time is a shortfall, not an error."""
    # Planning is work for the processor: on the event loop it would stop every other answer.
    text = await run_in_threadpool(_planned_text, body, on_invalid)
    return Response(text, media_type="application/json")


def _planned_text(body: bytes, on_invalid: OnInvalid) -> bytes:
    return json_text(make_plan(parse_json(body), clock=now_ms, on_invalid=on_invalid))
