"""The simulated ChargEye's token exchange, vehicles, locations, stations and power groups."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from adapters.chargeye.simulator.checks import bad_request, check_vehicle, found
from adapters.chargeye.simulator.depot import JsonObject
from adapters.chargeye.simulator.world import Body, Simulated, authorised
from adapters.simulation.bench import bearer
from optimiser.units import iso_z

token_routes = APIRouter()
registry_routes = APIRouter(dependencies=[Depends(authorised)])

# Part of a vehicle, but not of the body that writes it.
_SERVER_SIDE = ("id", "v2icp", "vin")


@token_routes.get("/auth/refreshAccessToken")
async def refresh_access_token(request: Request, world: Simulated) -> dict[str, str]:
    """A new token for a refresh token."""
    issued = world.tokens.issue(bearer(request))
    if issued is None:
        raise HTTPException(401, "Unauthorized")
    token, valid_until_ms = issued
    return {"token": token, "validUntil": iso_z(valid_until_ms)}


@registry_routes.get("/vehicles")
async def list_vehicles(
    world: Simulated, location_uid: Annotated[str | None, Query(alias="locationUid")] = None
) -> dict[str, list[JsonObject]]:
    """All vehicles, or those at home at one location."""
    records = world.depot.vehicles.values()
    return {"vehicles": [record for record in records if _lives_at(record["vehicle"], location_uid)]}


@registry_routes.get("/vehicles/{vehicle_id:path}")
async def get_vehicle(vehicle_id: str, world: Simulated) -> JsonObject:
    """One vehicle, bare."""
    vehicle: JsonObject = found(world.depot.vehicles, vehicle_id, "vehicle")["vehicle"]
    return vehicle


@registry_routes.put("/vehicles/{vehicle_id:path}")
async def put_vehicle(vehicle_id: str, body: Body, world: Simulated) -> dict[str, str]:
    """Create a vehicle, or replace its attributes: what is left out is cleared."""
    attributes = _writable(check_vehicle(body))
    record = world.depot.vehicles.setdefault(vehicle_id, {"vehicle": {"id": vehicle_id}})
    kept = {name: value for name, value in record["vehicle"].items() if name in _SERVER_SIDE}
    record["vehicle"] = {**attributes, **kept}
    return {"id": vehicle_id}


@registry_routes.patch("/vehicles/{vehicle_id:path}")
async def patch_vehicle(vehicle_id: str, body: Body, world: Simulated) -> dict[str, bool]:
    """Change some attributes of a vehicle."""
    record = found(world.depot.vehicles, vehicle_id, "vehicle")
    record["vehicle"].update(_writable(check_vehicle(body)))
    return {"success": True}


@registry_routes.get("/locations")
async def list_locations(world: Simulated) -> dict[str, list[JsonObject]]:
    """All locations."""
    return {"locations": list(world.depot.locations.values())}


@registry_routes.get("/locations/{location_uid}")
async def get_location(location_uid: str, world: Simulated) -> dict[str, JsonObject]:
    """One location."""
    return {"location": found(world.depot.locations, location_uid, "location")}


@registry_routes.get("/locations/{location_uid}/stations")
async def location_stations(location_uid: str, world: Simulated) -> dict[str, list[JsonObject]]:
    """The stations that stand at a location."""
    found(world.depot.locations, location_uid, "location")
    return {"stations": _stations(world, location_uid, [])}


@registry_routes.get("/stations")
async def list_stations(
    world: Simulated,
    location_uid: Annotated[str | None, Query(alias="locationUid")] = None,
    station_ids: Annotated[list[str] | None, Query(alias="stationIds")] = None,
) -> dict[str, list[JsonObject]]:
    """Stations with their connectors, of one location or by id."""
    return {"stations": _stations(world, location_uid, station_ids or [])}


@registry_routes.get("/loadBalancing/powerGroups")
async def power_groups(world: Simulated) -> dict[str, dict[str, JsonObject]]:
    """The tree of power groups."""
    return {"tree": world.depot.power_groups}


@registry_routes.patch("/loadBalancing/powerGroup/{group_id}")
async def patch_power_group(group_id: str, body: Body, world: Simulated) -> dict[str, bool]:
    """Change some attributes of a power group."""
    group = world.depot.group(group_id)
    if group is None:
        raise HTTPException(404, f"no power group {group_id!r}")
    changes = body.get("group") if isinstance(body, dict) else None
    if not isinstance(changes, dict):
        raise bad_request("group is not an object")
    group.update(changes)
    return {"success": True}


def _writable(attributes: JsonObject) -> JsonObject:
    return {name: value for name, value in attributes.items() if name not in _SERVER_SIDE}


def _lives_at(vehicle: JsonObject, location_uid: str | None) -> bool:
    home: Any = vehicle.get("locationUid")
    return location_uid is None or home == location_uid or (isinstance(home, list) and location_uid in home)


def _stations(world: Simulated, location_uid: str | None, station_ids: list[str]) -> list[JsonObject]:
    return [
        station
        for key, station in world.depot.stations.items()
        if (location_uid is None or station.get("locationUid") == location_uid)
        and (not station_ids or key in station_ids)
    ]
