"""Lists that come in pages, tied together by `Link` headers (RFC 8288) and by nothing else."""

from collections.abc import Iterator
from dataclasses import replace

import httpx

from adapters.exceptions import VendorAnswerError
from adapters.transport import Call, Transport


def pages(transport: Transport, vendor: str, call: Call) -> Iterator[httpx.Response]:
    """The answer to a call and to each `rel="next"` after it, fetched as they are asked for.

    Cursors are never built here: vendors document them wrongly, while their links lead on. Raises as
    `Transport.send` does, and VendorAnswerError where the links run in a circle.
    """
    seen: set[str] = set()
    following: Call | None = call
    while following is not None:
        response = transport.send(following)
        yield response
        link = next_link(response)
        if link in seen:
            raise VendorAnswerError(vendor, call.name, "the links of its pages run in a circle")
        following = None if link is None else replace(call, path=link, params=())
        seen.update([link] if link else [])


def next_link(response: httpx.Response) -> str | None:
    """The absolute URL of the next page; None at the end, which ev.energy marks with `about:blank`."""
    target = response.links.get("next", {}).get("url", "")
    if not target or target == "about:blank":
        return None
    return str(response.url.join(target))
