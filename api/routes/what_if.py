"""What-if questions over HTTP."""

from fastapi import APIRouter, Depends, Request, Response

from adapters.service_records import Scope
from api.auth import needs
from api.openapi import WHAT_IF_BODY, later, problem_responses
from api.routes.dependencies import Body, Prefer, answered
from api.what_if_answers import WhatIfResponse
from api.workers.task import Task, TaskKind

router = APIRouter(prefix="/v1", tags=["plans"])


@router.post(
    "/what-if",
    summary="Ask what would be different",
    response_model=WhatIfResponse,
    responses={**problem_responses(400, 401, 403, 409, 413, 422, 429, 503), **later()},
    openapi_extra=WHAT_IF_BODY,
    dependencies=[Depends(needs(Scope.PLAN))],
)
async def post_what_if(request: Request, body: Body, prefer: Prefer = None) -> Response:
    """Key figures of a plan request and of every change of it: another cap, other prices, a late vehicle,
    one more, one less, and random lateness, of which the probability of leaving short comes back."""
    return await answered(request, Task(TaskKind.WHAT_IF, body), prefer)
