"""Short constructors of ev.energy objects, in the form of a simulator's seed."""

from datetime import datetime, timedelta
from typing import Any

from adapters.evenergy.simulator import Seed
from adapters.evenergy.simulator.example import example_id
from tests.adapters.conftest import NOW

Json = dict[str, Any]

TOKEN = "ev-token-77120"
CLIENT_ID, CLIENT_SECRET = "depot-app", "s3cr3t-of-the-depot"
USER = example_id("user", 7)
OTHER_USER = example_id("user", 8)
VAN = example_id("vhcl", 1)


def text(instant: datetime) -> str:
    """As ev.energy writes it, with microseconds."""
    return instant.isoformat(timespec="microseconds").replace("+00:00", "Z")


def at(minutes: float) -> str:
    """The time so many minutes after NOW."""
    return text(NOW + timedelta(minutes=minutes))


def a_vehicle(vehicle_id: str = VAN, **fields: Any) -> Json:
    base = {"id": vehicle_id, "user": USER, "trim": example_id("trim", 1), "integrated": "ACTIVE"}
    return {**base, "description": "Pool van 7", "battery_size_watt_hours": 79_000, **fields}


def a_status(minutes: float, vehicle_id: str = VAN, **fields: Any) -> Json:
    base = {"vehicle": vehicle_id, "sampled_at": at(minutes), "logged_at": at(minutes + 0.05)}
    return {**base, "state_of_charge_percentage": 43, "is_plugged_in": True, "is_charging": False, **fields}


def a_location(minutes: float, vehicle_id: str = VAN, at_home: bool | None = True) -> Json:
    times = {"sampled_at": at(minutes), "logged_at": at(minutes + 0.03)}
    return {"vehicle": vehicle_id, **times, "at_home": at_home}


def a_command(minutes: float, vehicle_id: str = VAN, command: str = "START_CHARGE", **fields: Any) -> Json:
    base = {"vehicle": vehicle_id, "logged_at": at(minutes), "command": command}
    return {**base, "external_command_id": None, "current_milliamps": 32_000, **fields}


def an_error(minutes: float, vehicle_id: str = VAN, **fields: Any) -> Json:
    base = {"vehicle": vehicle_id, "logged_at": at(minutes), "status_code": 504, "controller": "ENODE"}
    words = {"error_code": "VEHICLE_UNREACHABLE", "error_type": "VehicleAPITimeout", "request_id": "k2v8m"}
    return {**base, **words, "command": "START_CHARGE", "error_detail": "no answer within 30 s", **fields}


def broken_authentication(minutes: float, vehicle_id: str = VAN) -> Json:
    words = {"error_code": "AUTHENTICATION_ERROR", "error_type": "VehicleAPIUnauthorized", "status_code": 401}
    return an_error(minutes, vehicle_id, **words, error_detail="log in again")


def a_seed(**fields: Any) -> Seed:
    """One van of one user; the clock stands at NOW."""
    base: Json = {
        "now": NOW,
        "clock_running": False,
        "clients": [f"{CLIENT_ID}:{CLIENT_SECRET}"],
        "bearer_tokens": [TOKEN],
        "users": [{"id": USER, "name": "Yard"}, {"id": OTHER_USER}],
        "vehicle_makes": [{"id": example_id("vmak", 1), "name": "Make"}],
        "vehicle_models": [{"id": example_id("vmod", 1), "make": example_id("vmak", 1)}],
        "vehicle_trims": [{"id": example_id("trim", 1), "model": example_id("vmod", 1)}],
        "vehicles": [a_vehicle()],
    }
    return Seed(**{**base, **fields})
