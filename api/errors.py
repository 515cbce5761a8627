"""Our errors as RFC 9457 problem documents: one table, mapped once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from logging import getLogger
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from api.exceptions import BodyTooLargeError, NotJsonError, SelfCheckError
from optimiser.exceptions import Fault, InvalidRequestError, PlannerError

_LOG = getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem document: a status, what is wrong in words, and every faulty place."""

    status: int
    detail: str | None = None
    faults: tuple[Fault, ...] = ()

    def document(self) -> dict[str, Any]:
        """The members of RFC 9457; `errors` points into the request."""
        known = {"type": "about:blank", "title": HTTPStatus(self.status).phrase, "status": self.status}
        detail = {} if self.detail is None else {"detail": self.detail}
        errors = [{"pointer": fault.pointer, "message": fault.message} for fault in self.faults]
        return {**known, **detail, **({"errors": errors} if errors else {})}

    def response(self, headers: Mapping[str, str] | None = None) -> Response:
        """The answer that carries it."""
        return Response(to_json(self.document()), self.status, headers, media_type=MEDIA_TYPE)


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.exception_handler(HTTPException)(_on_http_error)
    app.exception_handler(RequestValidationError)(_on_bad_parameter)
    for kind in (InvalidRequestError, NotJsonError, BodyTooLargeError, SelfCheckError, PlannerError):
        app.add_exception_handler(kind, _on_our_error)
    app.add_exception_handler(Exception, _on_bug)


def problem_of(error: Exception) -> Problem:
    """The table: what each of our errors is to a caller. The cause of a 500 goes to the log only."""
    match error:
        case InvalidRequestError(faults=faults):
            return Problem(422, _counted(faults), faults)
        case NotJsonError():
            return Problem(400, str(error))
        case BodyTooLargeError():
            return Problem(413, str(error))
        case SelfCheckError():
            return Problem(500, str(error))
        case _:
            return Problem(500, "no plan could be made")


async def _on_our_error(_: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _LOG.error("plan failed", exc_info=error, extra={"breaches": getattr(error, "breaches", ())})
    return problem.response()


async def _on_http_error(_: Request, error: HTTPException) -> Response:
    return Problem(error.status_code).response(error.headers)


async def _on_bad_parameter(_: Request, error: RequestValidationError) -> Response:
    faults = tuple(Fault((), f"{fault['loc'][-1]}: {fault['msg']}") for fault in error.errors())
    return Problem(422, _counted(faults), faults).response()


async def _on_bug(_: Request, error: Exception) -> Response:
    return Problem(500).response()


def _counted(faults: Iterable[Fault]) -> str:
    count = len(tuple(faults))
    return "1 place in the request is wrong" if count == 1 else f"{count} places in the request are wrong"
