"""The simulated ev.energy's vehicles, charge points, sites, systems, and what their references lead to."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from adapters.evenergy.simulator.paging import BY_ID, page_of
from adapters.evenergy.simulator.problems import bad_parameter, not_found
from adapters.evenergy.simulator.rendering import checked_expand
from adapters.evenergy.simulator.seed import JsonObject
from adapters.evenergy.simulator.world import ActingUser, Rendering, Simulated, World, authorised

resource_routes = APIRouter(dependencies=[Depends(authorised)])

Expand = Annotated[list[str] | None, Query()]

_ID = re.compile(r"[a-z]{4}[A-Z0-9]{26}")
_LISTED = ("vehicles", "evses", "evse_sites", "cpms_providers")
_OPEN_TO_ALL = ("evse_sites", "cpms_providers")


def found(world: World, kind: str, entry_id: str, user_id: str | None = None) -> JsonObject:
    """An entry of a register. Raises a 400 for what is no id, a 404 where it is absent or another user's."""
    if kind != "cpms_providers" and not _ID.fullmatch(entry_id):
        raise bad_parameter("id", f"{entry_id!r} is not a valid id.")
    entry = world.records.registers[kind].get(entry_id)
    if entry is None or not _is_of(entry, user_id):
        raise not_found()
    return entry


@resource_routes.get("/{kind}")
async def list_entries(
    kind: str,
    request: Request,
    response: Response,
    world: Simulated,
    rendering: Rendering,
    user_id: ActingUser,
    expand: Expand = None,
) -> list[JsonObject]:
    """A list of one kind, bare, with its `Link`."""
    if kind not in _LISTED:
        raise not_found()
    names = checked_expand(kind, expand or [])
    owner = None if kind in _OPEN_TO_ALL else user_id
    entries = [entry for entry in world.records.entries(kind) if _is_of(entry, owner)]
    page = page_of(request, response, entries, BY_ID)
    return [_in_context(rendering.render(kind, entry, names), user_id) for entry in page]


@resource_routes.get("/{kind}/{entry_id}")
@resource_routes.get("/{kind}/{entry_id}/")
async def get_entry(
    kind: str,
    entry_id: str,
    world: Simulated,
    rendering: Rendering,
    user_id: ActingUser,
    expand: Expand = None,
) -> JsonObject:
    """One entry of any kind; what is only referred to can be read too, so that every URL works."""
    if kind not in world.records.registers:
        raise not_found()
    names = checked_expand(kind, expand or [])
    entry = found(world, kind, entry_id, None if kind in _OPEN_TO_ALL else user_id)
    return _in_context(rendering.render(kind, entry, names), user_id)


def _is_of(entry: JsonObject, user_id: str | None) -> bool:
    return user_id is None or entry.get("user", user_id) == user_id


def _in_context(rendered: JsonObject, user_id: str | None) -> JsonObject:
    """Whether a user is connected to a site can only be said of a user."""
    if "user_connected" in rendered and user_id is None:
        rendered["user_connected"] = None
    return rendered
