"""Checks over HTTP."""

from fastapi import APIRouter, Depends, Request, Response

from adapters.service_records import Scope
from api.auth import needs
from api.openapi import CHECK_BODY, later, problem_responses
from api.resources import CheckResult
from api.routes.dependencies import Body, Prefer, answered
from api.workers.task import Task, TaskKind

router = APIRouter(prefix="/v1/checks", tags=["checks"])


@router.post(
    "",
    summary="Check a plan against every rule",
    response_model=CheckResult,
    responses={**problem_responses(400, 401, 403, 409, 413, 422, 429, 503), **later()},
    openapi_extra=CHECK_BODY,
    dependencies=[Depends(needs(Scope.PLAN))],
)
async def post_check(request: Request, body: Body, prefer: Prefer = None) -> Response:
    """Every breach of a plan, anybody's, by a request; found at every instant and without the planner."""
    return await answered(request, Task(TaskKind.CHECK, body), prefer)
