"""Request bodies as bytes, up to the limit of the contract."""

from fastapi import Request

from api.exceptions import BodyTooLargeError

BODY_LIMIT_BYTES = 32 * 1024 * 1024
# What is too much is read on and thrown away up to here, since a client that is still sending when the
# connection closes sees a broken pipe instead of the 413.
_DRAIN_LIMIT_BYTES = 2 * BODY_LIMIT_BYTES


async def limited_body(request: Request) -> bytes:
    """The whole body, counted as it comes: `Content-Length` may be missing or untrue.

    Raises BodyTooLargeError above 32 MB, holding no more than that in memory.
    """
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _DRAIN_LIMIT_BYTES:
            break
        if size <= BODY_LIMIT_BYTES:
            chunks.append(chunk)
    if size > BODY_LIMIT_BYTES:
        raise BodyTooLargeError(f"a body may have {BODY_LIMIT_BYTES:,} bytes at most")
    return b"".join(chunks)
