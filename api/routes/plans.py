"""Plans over HTTP."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from adapters.records import PlanSummary
from adapters.service_records import Scope
from api.auth import needs
from api.examples import OTHER_PLAN_ID, PLAN_ID, SITE_UID
from api.exceptions import NotFoundError
from api.openapi import PLAN_REQUEST_BODY, later, plan_links, problem_responses
from api.plan_schemas import PlanResponse
from api.requests import OnInvalid
from api.resources import ChartView, ComparisonView, PlanPage
from api.routes.dependencies import (
    Body,
    Prefer,
    ServicesHere,
    answered,
    answered_now,
    json_response,
    text_response,
)
from api.schemas import PlanRequestBody
from api.views import plan_line
from api.workers.task import Task, TaskKind

router = APIRouter(prefix="/v1/plans", tags=["plans"])

_CURSOR = r"^[0-9]{1,15}\.[0-9A-Za-z-]{1,64}$"
_READ = [Depends(needs(Scope.READ))]
PlanId = Annotated[str, Path(alias="planId", examples=[PLAN_ID])]
InvalidEntries = Annotated[
    OnInvalid,
    Query(
        alias="onInvalid",
        description="Refuse the request for a bad entry, or skip the entry and plan the rest",
    ),
]


@router.post(
    "",
    summary="Plan a depot",
    response_model=PlanResponse,
    responses={**problem_responses(400, 401, 403, 409, 413, 422, 429, 503), **later(), **plan_links()},
    openapi_extra=PLAN_REQUEST_BODY,
    dependencies=[Depends(needs(Scope.PLAN))],
)
async def post_plan(
    request: Request,
    body: Body,
    on_invalid: InvalidEntries = OnInvalid.REJECT,
    prefer: Prefer = None,
) -> Response:
    """Plan when every vehicle charges; a vehicle that cannot be full in time is a shortfall, not an error.

    The plan is kept, and `Content-Location` says where.
    """
    return await answered(request, Task(TaskKind.PLAN, body, {"onInvalid": on_invalid.value}), prefer)


@router.get(
    "",
    summary="The plans of a site",
    response_model=PlanPage,
    responses=problem_responses(401, 403, 422, 429, 503),
    dependencies=_READ,
)
async def list_plans(
    services: ServicesHere,
    site: Annotated[str, Query(min_length=1, description="Its locationUid", examples=[SITE_UID])],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[
        str | None, Query(description="From `next` of the page before", pattern=_CURSOR)
    ] = None,
) -> Response:
    """Newest first; `next` leads to the older ones."""
    before_ms, before_id = _place(cursor)
    history = services.store.plans.history
    plans = await run_in_threadpool(history, site, limit + 1, before_ms, before_id)
    page = plans[:limit]
    following = _next_page(site, limit, page[-1]) if len(plans) > limit else None
    return json_response({"plans": [plan_line(plan) for plan in page], "next": following})


def _place(cursor: str | None) -> tuple[int | None, str]:
    if cursor is None:
        return None, ""
    instant, _, plan_id = cursor.partition(".")
    return int(instant), plan_id


def _next_page(site: str, limit: int, last: PlanSummary) -> str:
    query = {"site": site, "limit": limit, "cursor": f"{last.created_ms}.{last.plan_id}"}
    return f"/v1/plans?{urlencode(query)}"


@router.get(
    "/{planId}",
    summary="A plan",
    response_model=PlanResponse,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def get_plan(services: ServicesHere, plan_id: PlanId) -> Response:
    """The plan response as it was given."""
    text = await run_in_threadpool(services.store.plans.text, plan_id)
    if text is None:
        raise NotFoundError("there is no such plan")
    return text_response(text)


@router.get(
    "/{planId}/request",
    summary="What a plan answers",
    response_model=PlanRequestBody,
    response_model_exclude_unset=True,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def get_request(services: ServicesHere, plan_id: PlanId) -> Response:
    """The plan request as it came."""
    text = await run_in_threadpool(services.store.plans.request_text, plan_id)
    if text is None:
        raise NotFoundError("there is no such plan, or its request was not kept")
    return text_response(text)


@router.get(
    "/{planId}/comparison",
    summary="Two plans side by side",
    response_model=ComparisonView,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def compare(
    request: Request,
    plan_id: PlanId,
    other_id: Annotated[str, Query(alias="with", description="The other plan", examples=[OTHER_PLAN_ID])],
) -> Response:
    """What differs: figures, and for every stay what a change from this plan to the other would do."""
    return await answered_now(request, Task(TaskKind.COMPARE, options={"before": plan_id, "after": other_id}))


@router.get(
    "/{planId}/chart",
    summary="A plan as figures",
    response_model=ChartView,
    responses=problem_responses(401, 403, 404, 422, 429, 503),
    dependencies=_READ,
)
async def get_chart(request: Request, plan_id: PlanId) -> Response:
    """The site's load and every vehicle's night as plotly figures, and all that the plan says in words."""
    return await answered_now(request, Task(TaskKind.CHART, options={"plan": plan_id}))
