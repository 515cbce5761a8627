"""The values of the vendor's own worked examples, in the form of a simulator's seed."""

from typing import Any

VEHICLE = "vhcl01HRFF3SEVSCRAV9B3CHVDFN0H"
USER = "user01HN2NJ9NMRZBXT1H6FT9N7735"
SITE = "site01JX2SZ0WAFTDYVYY0JRAYREY7"
EVSE = "evse01HSH04KDEWF6Z4DB2J77J74K5"
MAKE = "vmak01J443798BF893ZHFQVCS0FA23"
MODEL = "vhcl01HNARS42AVJN9QWQF6J52B7MB"
CLIENT_ID = "sandbox-cc-id"
KEY = "2024-04-17T09:39:45.984584Z"
SHORT_KEY = "2024-04-17T09:39:45.9845Z"

ERROR: dict[str, Any] = {
    "vehicle": VEHICLE,
    "logged_at": KEY,
    "status_code": 401,
    "controller": "ENODE",
    "error_code": "AUTHENTICATION_ERROR",
    "error_type": "VehicleAPIUnauthorized",
    "request_id": "56rst-z2jku-tty9t-0dn2f-qazow",
    "command": "START_CHARGE",
    "error_detail": "string",
    "internal_command_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
}
COMMAND: dict[str, Any] = {
    "vehicle": VEHICLE,
    "logged_at": KEY,
    "command": "START_CHARGE",
    "external_command_id": "ext-cmd-12345",
    "current_milliamps": 32_000,
    "internal_command_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
}
LOCATION: dict[str, Any] = {
    "vehicle": VEHICLE,
    "sampled_at": KEY,
    "logged_at": "2019-08-24T14:15:22Z",
    "at_home": True,
}
STATUS: dict[str, Any] = {
    "vehicle": VEHICLE,
    "sampled_at": SHORT_KEY,
    "logged_at": "2024-04-17T09:39:47Z",
    "state_of_charge_percentage": 43,
}
SITE_ENTRY: dict[str, Any] = {
    "id": SITE,
    "evses": [EVSE],
    "cpms_connection": None,
    "cpms_connection_display_name": "ChargePoint",
    "user_connected": True,
}
PROVIDER: dict[str, Any] = {"id": "CHARGEPOINT", "name": "string", "icon": "http://example.com"}

SAMPLES: dict[str, Any] = {
    "users": [{"id": USER}],
    "vehicles": [{"id": VEHICLE, "user": USER, "integrated": "ACTIVE"}],
    "status_logs": [STATUS],
    "location_logs": [LOCATION],
    "command_logs": [COMMAND],
    "error_logs": [ERROR],
    "evses": [{"id": EVSE, "cpid": "DEPOT-01", "user": USER}],
    "evse_sites": [SITE_ENTRY],
    "cpms_providers": [PROVIDER],
}
