"""What-if questions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.concurrency import run_in_threadpool

from api.body import limited_body
from api.clock import now_ms
from api.openapi import WHAT_IF_BODY, problem_responses
from api.service import json_text, parse_json
from api.what_if import answer_document
from api.what_if_answers import WhatIfResponse

router = APIRouter(prefix="/v1", tags=["plans"])

Body = Annotated[bytes, Depends(limited_body)]


@router.post(
    "/what-if",
    summary="Ask what would be different",
    response_model=WhatIfResponse,
    responses=problem_responses(400, 401, 413, 422),
    openapi_extra=WHAT_IF_BODY,
)
async def post_what_if(body: Body) -> Response:
    """Key figures of a plan request and of every change of it: another cap, other prices, a late vehicle,
    one more, one less, and random lateness, of which the probability of leaving short comes back."""
    text = await run_in_threadpool(what_if_text, body)
    return Response(text, media_type="application/json")


def what_if_text(body: bytes) -> bytes:
    """The answer's JSON to the question's: all the work of the route, fit for any process."""
    return json_text(answer_document(parse_json(body), clock=now_ms))
