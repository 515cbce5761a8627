"""The simulated ev.energy's logs: of vehicles, and the status logs of charge points."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request, Response

from adapters.evenergy.payloads import instant_ms
from adapters.evenergy.simulator.paging import newest_first, page_of
from adapters.evenergy.simulator.problems import bad_parameter, not_found
from adapters.evenergy.simulator.rendering import checked_expand
from adapters.evenergy.simulator.resource_routes import Expand, found
from adapters.evenergy.simulator.seed import LOGS, JsonObject
from adapters.evenergy.simulator.world import ActingUser, Rendering, Simulated, World, authorised

log_routes = APIRouter(dependencies=[Depends(authorised)])

# The vendor writes `evse` in the URLs of a charge point's logs, and `evses` everywhere else.
_PARENTS = {"vehicles": "vehicles", "evses": "evses", "evse": "evses"}


@log_routes.get("/{parents}/{parent_id}/{kind}_logs")
async def list_logs(  # noqa: PLR0913, three of them are dependencies
    parents: str,
    parent_id: str,
    kind: str,
    request: Request,
    response: Response,
    world: Simulated,
    rendering: Rendering,
    user_id: ActingUser,
    expand: Expand = None,
) -> list[JsonObject]:
    """The logs of one parent, newest first, within the asked span."""
    register = _log_register(parents, kind)
    names = checked_expand(register, expand or [])
    key = LOGS[register][1]
    entries = _within_span(request, _logs(world, parents, parent_id, register, user_id), key)
    page = page_of(request, response, entries, newest_first(key))
    return [rendering.render(register, entry, names) for entry in page]


@log_routes.get("/{parents}/{parent_id}/{kind}_logs/{timestamp}")
@log_routes.get("/{parents}/{parent_id}/{kind}_logs/{timestamp}/")
async def get_log(  # noqa: PLR0913, three of them are dependencies
    parents: str,
    parent_id: str,
    kind: str,
    timestamp: str,
    world: Simulated,
    rendering: Rendering,
    user_id: ActingUser,
    expand: Expand = None,
) -> JsonObject:
    """One log, by the very string of its timestamp."""
    register = _log_register(parents, kind)
    names = checked_expand(register, expand or [])
    for entry in _logs(world, parents, parent_id, register, user_id):
        if entry[LOGS[register][1]] == timestamp:
            return rendering.render(register, entry, names)
    raise not_found()


def _log_register(parents: str, kind: str) -> str:
    register = f"evse_{kind}_logs" if _PARENTS.get(parents) == "evses" else f"{kind}_logs"
    if parents not in _PARENTS or register not in LOGS:
        raise not_found()
    return register


def _logs(
    world: World, parents: str, parent_id: str, register: str, user_id: str | None
) -> Sequence[JsonObject]:
    found(world, _PARENTS[parents], parent_id, user_id)
    return world.records.of(register, parent_id)


def _within_span(request: Request, entries: Sequence[JsonObject], key: str) -> Sequence[JsonObject]:
    least, most = (_edge_ms(request, f"{key}__{edge}") for edge in ("gte", "lte"))
    if least is None and most is None:
        return entries
    return [
        entry
        for entry in entries
        if (least is None or instant_ms(entry[key]) >= least)
        and (most is None or instant_ms(entry[key]) <= most)
    ]


def _edge_ms(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    try:
        return None if text is None else instant_ms(text)
    except ValueError:
        raise bad_parameter(name, "Enter a valid date/time.") from None
