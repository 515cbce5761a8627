"""Our errors as RFC 9457 problem documents: one table, mapped once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.routing import Match

from adapters.exceptions import AdapterError, VendorError
from adapters.service_records import KeptAnswer
from adapters.store.exceptions import ConflictError, StoreError, UnstorableError
from api.exceptions import (
    ApiError,
    BodyTooLargeError,
    KeyReusedError,
    MissingScopeError,
    NotFoundError,
    NotJsonError,
    NotYetError,
    SelfCheckError,
    TooManyRequestsError,
    UnavailableError,
    WorkerFailedError,
)
from optimiser.exceptions import Fault, InvalidRequestError, PlannerError

_LOG = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
_STORE_PAUSE_S = 5
_VENDOR_PAUSE_S = 30

_STATUS_OF: tuple[tuple[type[Exception], int], ...] = (
    (NotJsonError, 400),
    (MissingScopeError, 403),
    (NotFoundError, 404),
    (NotYetError, 409),
    (BodyTooLargeError, 413),
    (KeyReusedError, 422),
    (TooManyRequestsError, 429),
    (UnavailableError, 503),
    (SelfCheckError, 500),
    (WorkerFailedError, 500),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem document: a status, what is wrong in words, and every faulty place."""

    status: int
    detail: str | None = None
    faults: tuple[Fault, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The members of RFC 9457; `errors` points into the request."""
        known = {"type": "about:blank", "title": HTTPStatus(self.status).phrase, "status": self.status}
        detail = {} if self.detail is None else {"detail": self.detail}
        errors = [{"pointer": fault.pointer, "message": fault.message} for fault in self.faults]
        return {**known, **detail, **({"errors": errors} if errors else {})}

    def response(self) -> Response:
        """The answer that carries it."""
        return Response(to_json(self.document()), self.status, self.headers, media_type=MEDIA_TYPE)

    def kept(self) -> KeptAnswer:
        """The answer, as it is kept or sent between processes."""
        return KeptAnswer(self.status, {"content-type": MEDIA_TYPE, **self.headers}, to_json(self.document()))


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.exception_handler(HTTPException)(_on_http_error)
    app.exception_handler(RequestValidationError)(_on_bad_parameter)
    for kind in (ApiError, PlannerError, AdapterError):
        app.add_exception_handler(kind, _on_our_error)
    app.add_exception_handler(Exception, _on_bug)


def problem_of(error: Exception) -> Problem:
    """The table: what each of our errors is to a caller. The cause of a 500 goes to the log only."""
    match error:
        case InvalidRequestError(faults=faults):
            return Problem(422, _counted(faults), faults)
        case UnavailableError():
            return Problem(_status(error), str(error), headers={"retry-after": str(error.retry_after_s)})
        case ApiError():
            return Problem(_status(error), str(error))
        case StoreError():
            return _store_problem(error)
        case VendorError():
            return Problem(503, str(error), headers={"retry-after": str(_VENDOR_PAUSE_S)})
        case _:
            return Problem(500, "no plan could be made")


def _status(error: ApiError) -> int:
    return next((status for kind, status in _STATUS_OF if isinstance(error, kind)), 500)


def _store_problem(error: StoreError) -> Problem:
    """What the database says may name its host: it goes to the log only."""
    match error:
        case UnstorableError():
            return Problem(422, "something in this cannot be kept, as a zero byte in a name")
        case ConflictError():
            return Problem(409, "this is there already")
        case _:
            return Problem(503, "the store does not answer", headers={"retry-after": str(_STORE_PAUSE_S)})


async def _on_our_error(_: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("request failed", reason=str(error), kind=type(error).__name__)
    return problem.response()


async def _on_http_error(request: Request, error: HTTPException) -> Response:
    headers = error.headers or {}
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {**headers, "Allow": ", ".join(_allowed_methods(request))}
    return Problem(error.status_code, headers=headers).response()


def _allowed_methods(request: Request) -> list[str]:
    """Every method of this path; the framework names those of the first route only."""
    return [method for method in HTTPMethod if _answers(request, method)]


def _answers(request: Request, method: HTTPMethod) -> bool:
    scope = {**request.scope, "method": method.value}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


async def _on_bad_parameter(_: Request, error: RequestValidationError) -> Response:
    faults = tuple(_parameter_fault(fault) for fault in error.errors())
    return Problem(422, _counted(faults), faults).response()


def _parameter_fault(fault: Mapping[str, Any]) -> Fault:
    """A body has pointers; a parameter of path, query or header has only its name."""
    place, *path = fault["loc"]
    if place == "body":
        return Fault(tuple(path), fault["msg"])
    return Fault((), f"{fault['loc'][-1]}: {fault['msg']}")


async def _on_bug(_: Request, error: Exception) -> Response:
    return Problem(500).response()


def _counted(faults: Iterable[Fault]) -> str:
    count = len(tuple(faults))
    return "1 place in the request is wrong" if count == 1 else f"{count} places in the request are wrong"
