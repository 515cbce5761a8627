"""Error answers as ev.energy makes them: RFC 9457 with `field_errors`."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
_TYPES = "https://api.ev.energy/v2/problems/"

FieldErrors = Mapping[str, list[str]]


class ProblemError(HTTPException):
    """A problem document. `kind` is the last part of its type, left out where the status says it all."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str | None = None,
        kind: str | None = None,
        field_errors: FieldErrors | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.document = {
            **({"type": f"{_TYPES}{kind}/"} if kind else {}),
            "title": title or HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            **({"field_errors": field_errors} if field_errors else {}),
        }


def bad_parameter(name: str, message: str) -> ProblemError:
    """A 400 for a query parameter or a header; the vendor gives this type even where it does not fit."""
    return ProblemError(
        400,
        f"Error on fields: {name}",
        title="Request failed validation.",
        kind="pagination-parameters",
        field_errors={name: [message]},
    )


def not_found() -> ProblemError:
    """A 404, the same for what is absent and for what is another's."""
    return ProblemError(404, "Resource does not exist or cannot be accessed.", title="Not found")


def unauthenticated() -> ProblemError:
    """A 401."""
    return ProblemError(401, "Authentication credentials were not provided.")


async def problem_answer(request: Request, error: Exception) -> JSONResponse:
    """Any refusal as a problem document, with the headers that every answer of this call has."""
    known = error if isinstance(error, ProblemError) else None
    status = error.status_code if isinstance(error, HTTPException) else 500
    document = known.document if known else ProblemError(status, HTTPStatus(status).phrase).document
    headers = {**getattr(request.state, "headers", {}), **((known and known.headers) or {})}
    return JSONResponse(document, status, headers, media_type=MEDIA_TYPE)


def problem_of_status(status: HTTPStatus, headers: Mapping[str, str]) -> JSONResponse:
    """The answer of a fault on demand."""
    return JSONResponse(ProblemError(status, status.phrase).document, status, headers, media_type=MEDIA_TYPE)
