"""The API description: what FastAPI cannot see, since bodies are read and answers written by hand."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from api.auth import OPEN_PATHS
from api.errors import MEDIA_TYPE
from api.example_what_if import EXAMPLE_WHAT_IF
from api.examples import PLAN_REQUEST, REPLAN, STORED_SITE, check_example
from api.idempotency import KEY_PATTERN
from api.resources import CheckBody, JobView, ReplanBody, StoredSiteBody
from api.schemas import PlanRequestBody
from api.what_if_schemas import WhatIfBody

_COMPONENTS = "#/components/schemas/{model}"
Json = dict[str, Any]


class FaultModel(BaseModel):
    """One wrong place of a request."""

    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901) into the request")]
    message: str


class ProblemModel(BaseModel):
    """A problem document (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str | None = None
    errors: list[FaultModel] | None = None


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _COMPONENTS.format(model=model.__name__)}


def _body(model: type[BaseModel], example: Json | None = None) -> Json:
    shown = {} if example is None else {"example": example}
    content = {"application/json": {"schema": _reference(model), **shown}}
    return {"requestBody": {"required": True, "content": content}}


PLAN_REQUEST_BODY = _body(PlanRequestBody, PLAN_REQUEST)
WHAT_IF_BODY = _body(WhatIfBody, EXAMPLE_WHAT_IF)
SITE_BODY = _body(StoredSiteBody, STORED_SITE)
REPLAN_BODY = _body(ReplanBody, REPLAN)
CHECK_BODY = _body(CheckBody)  # its example is a plan, and made when it is asked for

_MEANINGS = {
    400: "The body is not JSON",
    401: "No key, or a wrong one",
    403: "The key does not have the scope that this needs",
    404: "There is none",
    409: "Not at this moment",
    413: "The body is over 32 MB",
    422: "The content is wrong; `errors` lists every place",
    429: "Too many requests with this key; `Retry-After` says when to come back",
    500: "A fault of the service",
    503: "Not now; `Retry-After` says when to come back",
}
_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request is answered once, and then from memory for 24 hours",
    "schema": {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
}


def problem_responses(*statuses: int) -> dict[int | str, Json]:
    """The problems that an operation may answer with."""
    content = {MEDIA_TYPE: {"schema": _reference(ProblemModel)}}
    return {
        status: {
            "description": _MEANINGS[status],
            "content": content,
            **({"headers": _RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status in statuses
    }


def later() -> dict[int | str, Json]:
    """The answer to whoever prefers to get the result later."""
    parameters = {"jobId": "$response.body#/jobId"}
    links = {
        name: {"operationId": operation, "parameters": parameters}
        for name, operation in (("job", "get_job"), ("result", "get_result"), ("cancel", "cancel_job"))
    }
    location = {"Location": {"schema": {"type": "string"}, "description": "Where the job stands"}}
    return {202: {"description": "It will be done", "model": JobView, "headers": location, "links": links}}


def run_links() -> dict[int | str, Json]:
    """Where to go on from a replan."""
    parameters = {"runId": "$response.body#/runId"}
    links = {
        name: {"operationId": operation, "parameters": parameters}
        for name, operation in (("run", "get_replan"), ("cancel", "cancel_replan"))
    }
    return {202: {"description": "It has begun", "links": links}}


def plan_links() -> dict[int | str, Json]:
    """Where to go on from a plan."""
    parameters = {"planId": "$response.body#/planId"}
    links = {
        name: {"operationId": operation, "parameters": parameters}
        for name, operation in (("plan", "get_plan"), ("request", "get_request"))
    }
    return {200: {"description": "The plan", "links": links}}


def operation_id(route: APIRoute) -> str:
    """The name of an operation in generated clients."""
    return route.name


def describe(app: FastAPI) -> None:
    """Add to the generated description what only this module knows."""
    generate = app.openapi

    def openapi() -> Json:
        if app.openapi_schema is None:
            _complete(generate())
        return generate()

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(description: Json) -> None:
    components = description.setdefault("components", {})
    components.setdefault("schemas", {}).update(_extra_schemas())
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    description["security"] = [{"key": []}]
    for path, method, operation in _operations(description):
        if path in OPEN_PATHS:
            operation["security"] = []
        if method == "post":
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    check = description["paths"]["/v1/checks"]["post"]["requestBody"]["content"]["application/json"]
    check["example"] = check_example()


def _operations(description: Json) -> Iterator[tuple[str, str, Json]]:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _extra_schemas() -> Json:
    models = [
        (model, "validation")
        for model in (PlanRequestBody, WhatIfBody, ProblemModel, StoredSiteBody, CheckBody, ReplanBody)
    ]
    _, schema = models_json_schema(models, ref_template=_COMPONENTS)  # type: ignore[arg-type]
    definitions: Json = schema["$defs"]
    return definitions
