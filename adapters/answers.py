"""From an HTTP answer to a value, or to the error that names what it means."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from adapters.exceptions import (
    ProblemDetails,
    RateLimitedError,
    VendorAnswerError,
    VendorError,
    VendorFailingError,
    VendorRefusedError,
    VendorUnauthorizedError,
    VendorUnavailableError,
)

T = TypeVar("T")

# Where vendors put a sentence for people: ChargEye `message`, RFC 9457 `detail` and `title`, OAuth 2
# `error_description` and `error`.
_TEXT_FIELDS = ("message", "detail", "title", "error_description", "error")
_QUOTED_LENGTH = 200
_PROBLEM = TypeAdapter(ProblemDetails)

# A body nested some thousand levels deep ends the parser with a RecursionError.
_NOT_JSON = (ValueError, RecursionError)
_FAULTS_SHOWN = 3


def error_of(vendor: str, call: str, response: httpx.Response) -> VendorError | None:
    """The error that a status means, None for 2xx. A redirect is none of the documented answers."""
    if response.is_success:
        return None
    error = _error(vendor, call, response)
    error.details = problem_details(response)
    return error


def _error(vendor: str, call: str, response: httpx.Response) -> VendorError:
    status = response.status_code
    problem = f"answered {status}{_quoted(response)}"
    if status in (408, 429) or status >= 500:
        return _unavailable(vendor, call, problem, response)
    if status in (401, 403):
        return VendorUnauthorizedError(vendor, call, problem, status)
    if status >= 400:
        return VendorRefusedError(vendor, call, problem, status)
    return VendorAnswerError(vendor, call, problem, status)


def _unavailable(vendor: str, call: str, problem: str, response: httpx.Response) -> VendorUnavailableError:
    status = response.status_code
    kind = RateLimitedError if status == 429 else VendorFailingError
    error = kind(vendor, call, problem, status)
    error.retry_after_s = retry_after_s(response.headers)
    error.perhaps_done = status >= 500
    return error


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds asked for by `Retry-After`, as a number or as a date (RFC 9110, 10.2.3); None if neither.

    A date is taken against the answer's own `Date`, so that a wrong clock here does no harm.
    ev.energy's page also spells the header `RetryAfter`.
    """
    text = (headers.get("retry-after") or headers.get("retryafter") or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    until = http_date(text)
    if until is None:
        return None
    return max(0.0, (until - answered_at(headers)).total_seconds())


def answered_at(headers: Mapping[str, str]) -> datetime:
    """The vendor's clock when it answered: its `Date` header, else our own clock."""
    return http_date(headers.get("date", "")) or datetime.now(UTC)


def http_date(text: str) -> datetime | None:
    """An HTTP date as an aware instant, None where the text is not one."""
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def problem_details(response: httpx.Response) -> ProblemDetails | None:
    """The problem document of an error answer (RFC 9457), None where it is none or not readable."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/problem+json":
        return None
    try:
        return _PROBLEM.validate_json(response.content)
    except ValidationError:
        return None


def json_of(vendor: str, call: str, response: httpx.Response) -> object:
    """The JSON body. Raises VendorAnswerError where there is none."""
    try:
        return response.json()
    except _NOT_JSON:
        problem = f"answered {response.status_code} with a body that is not JSON"
        raise VendorAnswerError(vendor, call, problem, response.status_code) from None


def validated(shape: TypeAdapter[T], vendor: str, call: str, value: object) -> T:
    """The value in its documented shape. Raises VendorAnswerError with the places, not the values."""
    try:
        return shape.validate_python(value)
    except ValidationError as error:
        raise VendorAnswerError(vendor, call, _faults(error)) from None


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{'/'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults[:_FAULTS_SHOWN]]
    more = f" (and {len(faults) - _FAULTS_SHOWN} more)" if len(faults) > _FAULTS_SHOWN else ""
    return "not the documented shape: " + "; ".join(shown) + more


def _quoted(response: httpx.Response) -> str:
    try:
        body = response.json()
    except _NOT_JSON:
        return ""
    texts = [body.get(name) for name in _TEXT_FIELDS] if isinstance(body, dict) else []
    text = next((text for text in texts if isinstance(text, str) and text), "")
    return f": {text[:_QUOTED_LENGTH]}" if text else ""
