"""The API description: what FastAPI cannot see, since bodies are read and answers written by hand."""

from typing import Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from api.errors import MEDIA_TYPE
from api.example_what_if import EXAMPLE_WHAT_IF
from api.examples import PLAN_REQUEST
from api.schemas import PlanRequestBody
from api.what_if_schemas import WhatIfBody

_COMPONENTS = "#/components/schemas/{model}"


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


def _body(model: type[BaseModel], example: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": _reference(model), "example": example}}
    return {"requestBody": {"required": True, "content": content}}


PLAN_REQUEST_BODY = _body(PlanRequestBody, PLAN_REQUEST)
WHAT_IF_BODY = _body(WhatIfBody, EXAMPLE_WHAT_IF)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that an operation may answer with."""
    content = {MEDIA_TYPE: {"schema": _reference(ProblemModel)}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


_MEANINGS = {
    400: "The body is not JSON",
    401: "No key, or a wrong one",
    413: "The body is over 32 MB",
    422: "The content is wrong; `errors` lists every place",
}


def describe(app: FastAPI) -> None:
    """Add to the generated description the models that only this module refers to, and the key."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        description = generate()
        components = description.setdefault("components", {})
        components.setdefault("schemas", {}).update(_extra_schemas())
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        description["security"] = [{"key": []}]
        description["paths"]["/healthz"]["get"]["security"] = []
        return description

    app.openapi = openapi  # type: ignore[method-assign]


def _extra_schemas() -> dict[str, Any]:
    models = [(model, "validation") for model in (PlanRequestBody, WhatIfBody, ProblemModel)]
    _, schema = models_json_schema(models, ref_template=_COMPONENTS)  # type: ignore[arg-type]
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
