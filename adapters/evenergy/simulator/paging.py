"""Pages of the simulator's lists, and the `Link` header that ties them together."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import Request, Response

from adapters.evenergy.payloads import instant_ms
from adapters.evenergy.simulator.problems import bad_parameter
from adapters.evenergy.simulator.seed import JsonObject

_DEFAULT_SIZE, _LARGEST = 25, 100
_NOWHERE = "about:blank"

Place = Callable[[str], float | str]
"""Where a cursor lies in the order of a list."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is ordered by: the field that is the cursor, and its place."""

    field: str
    place: Place

    def of(self, entry: JsonObject) -> float | str:
        """The place of an entry."""
        return self.place(str(entry[self.field]))


BY_ID = Order("id", str)


def newest_first(field: str) -> Order:
    """Logs go by their timestamp, backwards."""
    return Order(field, lambda text: -instant_ms(text))


def page_of(
    request: Request, response: Response, entries: Sequence[JsonObject], order: Order
) -> Sequence[JsonObject]:
    """The asked page of ordered entries; sets `Link`. `page_after` wins over `page_before`. Raises a 400."""
    size = _size(request)
    after, before = (_cursor(request, name, order) for name in ("page_after", "page_before"))
    start = 0
    if after is not None:
        start = bisect_right(entries, after, key=order.of)
    elif before is not None:
        start = max(0, bisect_left(entries, before, key=order.of) - size)
    page = entries[start : start + size]
    previous = page[0] if page and start > 0 else None
    following = page[-1] if page and start + size < len(entries) else None
    links = ((previous, "page_before", "previous"), (following, "page_after", "next"))
    response.headers["Link"] = ", ".join(
        f'<{_link(request, parameter, edge, order)}>; rel="{relation}"' for edge, parameter, relation in links
    )
    return page


def _link(request: Request, parameter: str, edge: JsonObject | None, order: Order) -> str:
    if edge is None:
        return _NOWHERE
    url = request.url.remove_query_params(["page_after", "page_before"])
    return str(url.include_query_params(**{parameter: str(edge[order.field])}))


def _size(request: Request) -> int:
    text = request.query_params.get("page_size", str(_DEFAULT_SIZE))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _LARGEST):
        raise bad_parameter("page_size", f"Ensure this value is between 1 and {_LARGEST}.")
    return int(text)


def _cursor(request: Request, name: str, order: Order) -> float | str | None:
    text = request.query_params.get(name)
    try:
        return None if text is None else order.place(text)
    except ValueError:
        raise bad_parameter(name, "Enter a valid cursor.") from None
