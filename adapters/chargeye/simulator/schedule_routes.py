"""The schedule endpoints of the simulated ChargEye."""

from typing import Any

from fastapi import APIRouter, Depends, Request

from adapters.chargeye.simulator import rules
from adapters.chargeye.simulator.checks import (
    bad_request,
    check_distinct_departures,
    check_patches,
    check_posted,
    found,
    objects,
    replace_flag,
)
from adapters.chargeye.simulator.rules import Entry, Written
from adapters.chargeye.simulator.world import (
    Body,
    Simulated,
    World,
    authorised,
    new_id,
    without_plans_if_dropped,
)

schedule_routes = APIRouter(dependencies=[Depends(authorised)])

# The vendor's page has lost the names of the time range; all likely ones are understood.
_RANGE_NAMES = (("from", "to"), ("startTime", "endTime"), ("startDate", "endDate"))


@schedule_routes.get("/locations/{location_uid}/schedules")
async def location_schedules(location_uid: str, request: Request, world: Simulated) -> dict[str, list[Entry]]:
    """Schedules at one location, the recurring ones apart."""
    found(world.depot.locations, location_uid, "location")
    here = [entry for entry in world.depot.all_entries() if entry["locationUid"] == location_uid]
    return {
        "recurringSchedules": [entry for entry in here if rules.is_recurring(entry)],
        "schedules": _dated_in_range(request, here),
    }


@schedule_routes.get("/vehicles/{vehicle_id:path}/schedules/active")
async def active_schedule(vehicle_id: str, world: Simulated) -> dict[str, Entry]:
    """The ongoing or next schedule and the one that ended last, each only where there is one."""
    found(world.depot.vehicles, vehicle_id, "vehicle")
    entries = world.depot.entries(vehicle_id)
    current, previous = rules.current_and_previous(entries, world.clock.now_ms())
    return {name: entry for name, entry in (("currentOrNext", current), ("previous", previous)) if entry}


@schedule_routes.get("/vehicles/{vehicle_id:path}/schedules")
async def vehicle_schedules(vehicle_id: str, request: Request, world: Simulated) -> dict[str, list[Entry]]:
    """Dated schedules of one vehicle."""
    found(world.depot.vehicles, vehicle_id, "vehicle")
    return {"schedules": _dated_in_range(request, list(world.depot.entries(vehicle_id).values()))}


@schedule_routes.post("/vehicles/{vehicle_id:path}/schedules")
async def post_schedules(
    vehicle_id: str, body: Body, request: Request, world: Simulated
) -> dict[str, list[str]]:
    """Add schedules, or replace all that are still to end."""
    found(world.depot.vehicles, vehicle_id, "vehicle")
    posted = objects(body, "schedules")
    check_posted(posted, world.depot.locations.__contains__, world.clock.now_ms())
    replaces = isinstance(body, dict) and replace_flag(body)
    written = _post(world, vehicle_id, without_plans_if_dropped(request, posted), replaces)
    return {"ids": written.ids, "removedScheduleIds": written.removed}


@schedule_routes.patch("/vehicles/{vehicle_id:path}/schedules")
async def patch_schedules(vehicle_id: str, body: Body, request: Request, world: Simulated) -> dict[str, Any]:
    """Change named schedules."""
    found(world.depot.vehicles, vehicle_id, "vehicle")
    entries = world.depot.entries(vehicle_id)
    changes = objects(body, "schedules")
    check_patches(changes, entries, world.depot.locations.__contains__)
    kept = without_plans_if_dropped(request, changes)
    skipped = rules.patch(entries, kept, world.clock.now_ms())
    message = f"{len(changes) - len(skipped)} schedules updated"
    return {"message": message, "skippedScheduleIds": skipped, "success": True}


def _post(world: World, vehicle_id: str, posted: list[Entry], replaces: bool) -> Written:
    entries = world.depot.entries(vehicle_id)
    if not replaces:
        return rules.add(entries, posted, vehicle_id, new_id)
    check_distinct_departures(posted)
    return rules.replace_future(entries, posted, vehicle_id, world.clock.now_ms(), world.recent_ms, new_id)


def _dated_in_range(request: Request, entries: list[Entry]) -> list[Entry]:
    dated = [entry for entry in entries if not rules.is_recurring(entry)]
    start, end = (_bound(request, [names[side] for names in _RANGE_NAMES]) for side in (0, 1))
    return rules.overlapping(dated, start, end)


def _bound(request: Request, names: list[str]) -> int | None:
    given = next((request.query_params[name] for name in names if name in request.query_params), None)
    try:
        return None if given is None else rules.instant_ms(given)
    except ValueError:
        raise bad_request(f"{given!r} is not an ISO 8601 time with an offset") from None
