"""The dashboard's page and files: open to everyone, for there is nothing in them but the program."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from starlette.concurrency import run_in_threadpool

from api.dashboard.files import PAGE, file_named
from api.exceptions import NotFoundError

router = APIRouter(include_in_schema=False)

# Scripts are files of ours and nothing else. Styles may stand in elements: plotly sets them so.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "cache-control": "no-cache",  # kept, and asked for each time whether it is still good: 304
    "vary": "accept-encoding",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
Known = Annotated[str, Header(alias="if-none-match")]
Encodings = Annotated[str, Header(alias="accept-encoding")]


@router.api_route("/", methods=["GET", "HEAD"])
async def page(known: Known = "", encodings: Encodings = "") -> Response:
    """The dashboard."""
    return await dashboard_file(PAGE, known, encodings)


@router.api_route("/dashboard/{name}", methods=["GET", "HEAD"])
async def dashboard_file(name: str, known: Known = "", encodings: Encodings = "") -> Response:
    """One of its files; an unknown name is not kept in memory."""
    found = await run_in_threadpool(file_named, name)
    if found is None:
        raise NotFoundError("the dashboard has no such file")
    headers = {**_HEADERS, "etag": found.etag}
    if found.etag in known:
        return Response(status_code=304, headers=headers)
    if "gzip" not in encodings:
        return Response(found.body, headers=headers, media_type=found.media_type)
    headers["content-encoding"] = "gzip"
    return Response(found.packed, headers=headers, media_type=found.media_type)
