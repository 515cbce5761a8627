"""A fleet to try things with: invented, the same for the same arguments, and ChargEye's example by VIN."""

import random
from datetime import UTC, datetime, timedelta

from adapters.evenergy.simulator.seed import JsonObject, Seed
from adapters.simulation.fleet import example_vin

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LENGTH = 26


def example_id(prefix: str, number: int) -> str:
    """An id of the vendor's form."""
    digits = ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return f"{prefix}{digits.rjust(_ID_LENGTH, '0')}"


def example_seed(vehicles: int = 8, *, now: datetime | None = None, seed: int = 0) -> Seed:
    """Vehicles with a few hours of status and location logs, one of them with broken authentication.

    The clock runs from `now` (default: the real time). Its bearer token is `any-token`; any client is good.
    """
    draws = random.Random(seed)
    start = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    user, make = {"id": example_id("user", 1)}, {"id": example_id("vmak", 1), "name": "Example"}
    model = {"id": example_id("vmod", 1), "name": "City", "make": make["id"]}
    trim = {"id": example_id("trim", 1), "name": "12 m", "model": model["id"]}
    fleet = [_vehicle(number, user["id"], trim["id"], draws) for number in range(1, vehicles + 1)]
    times = [start - timedelta(minutes=15 * step) for step in range(12)]
    return Seed(
        now=now,
        bearer_tokens=["any-token"],
        users=[user],
        vehicle_makes=[make],
        vehicle_models=[model],
        vehicle_trims=[trim],
        vehicles=fleet,
        status_logs=[_status(vehicle, time, draws) for vehicle in fleet for time in times],
        location_logs=[_location(vehicle, time) for vehicle in fleet for time in times],
        command_logs=[_command(vehicle, times[3]) for vehicle in fleet],
        error_logs=[_refusal(vehicle, time) for vehicle in fleet[:1] for time in times[:3]],
        evses=[_evse(number, user["id"]) for number in range(1, vehicles + 1)],
        evse_sites=[_site([example_id("evse", number) for number in range(1, vehicles + 1)])],
        cpms_providers=[_provider("CHARGEPOINT", "ChargePoint"), _provider("SWTCH", "SWTCH Energy")],
    )


def _text(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _vehicle(number: int, user_id: str, trim_id: str, draws: random.Random) -> JsonObject:
    battery_wh = draws.choice((300_000, 422_000, 564_000))
    return {
        "id": example_id("vhcl", number),
        "trim": trim_id,
        "user": user_id,
        "integrated": "ACTIVE",
        "battery_size_watt_hours": battery_wh,
        "effective_battery_size_watt_hours": round(battery_wh * 0.96),
        "maximum_charge_limit_percentage": 90,
        "description": f"Bus {number}",
        "disabled": False,
        "smart_charging_enabled": True,
        "vehicle_class": "COMMERCIAL",
        "vin": example_vin(number),
    }


def _status(vehicle: JsonObject, time: datetime, draws: random.Random) -> JsonObject:
    return {
        "vehicle": vehicle["id"],
        "sampled_at": _text(time),
        "logged_at": _text(time + timedelta(seconds=3)),
        "state_of_charge_percentage": draws.randrange(20, 60),
        "is_plugged_in": True,
        "is_charging": False,
        "charge_rate_watts": 0,
        "state": "PLUGGED_IN_NOT_CHARGING",
    }


def _location(vehicle: JsonObject, time: datetime) -> JsonObject:
    times = {"sampled_at": _text(time), "logged_at": _text(time + timedelta(seconds=2))}
    return {"vehicle": vehicle["id"], **times, "at_home": True}


def _command(vehicle: JsonObject, time: datetime) -> JsonObject:
    return {
        "vehicle": vehicle["id"],
        "logged_at": _text(time),
        "command": "START_CHARGE",
        "external_command_id": None,
        "current_milliamps": 32_000,
        "internal_command_id": None,
    }


def _refusal(vehicle: JsonObject, time: datetime) -> JsonObject:
    return {
        "vehicle": vehicle["id"],
        "logged_at": _text(time),
        "status_code": 401,
        "controller": "ENODE",
        "error_code": "AUTHENTICATION_ERROR",
        "error_type": "VehicleAPIUnauthorized",
        "request_id": "req-1",
        "command": "START_CHARGE",
        "error_detail": "the user must connect the vehicle again",
        "internal_command_id": None,
    }


def _evse(number: int, user_id: str) -> JsonObject:
    return {
        "id": example_id("evse", number),
        "cpid": f"DEPOT-{number:02}",
        "user": user_id,
        "model": None,
        "ct_clamp": None,
        "lock_mode": "UNLOCKED",
        "lifecycle_state": "COMMISSIONED",
    }


def _site(evse_ids: list[str]) -> JsonObject:
    return {
        "id": example_id("site", 1),
        "evses": evse_ids,
        "cpms_connection": "CHARGEPOINT",
        "cpms_connection_display_name": "ChargePoint",
        "user_connected": True,
    }


def _provider(word: str, name: str) -> JsonObject:
    return {"id": word, "name": name, "icon": None}
