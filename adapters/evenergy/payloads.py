"""ev.energy's objects as they travel, with its own spelling of every field.

Unknown fields are kept and enums are plain strings, because the API is a beta that changes quickly. What
older pages of the vendor do not show may be absent. Units are in the vendor's names: watts, watt-hours,
milliamps, whole percent. References are absolute URLs, or objects where the call expanded them.

A log has no id: its timestamp is its key, so timestamps stay the very strings that came.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from optimiser.units import to_ms


def instant_ms(text: str) -> int:
    """Epoch milliseconds of an ISO 8601 time with offset. Raises ValueError where it is none."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("must be a time with an offset")
    return to_ms(instant)


def _readable(text: str) -> str:
    instant_ms(text)
    return text


Timestamp = Annotated[str, AfterValidator(_readable)]
Reference = str | dict[str, Any]


class VendorObject(BaseModel):
    """Base of every ev.energy object."""

    model_config = ConfigDict(extra="allow", frozen=True)


class LogEntry(VendorObject):
    """What every vehicle log has: identity, parent, and when it was stored."""

    url: str
    vehicle: Reference
    logged_at: Timestamp


class CommandLog(LogEntry):
    """A command that was sent to a vehicle; `logged_at` is its key."""

    command: str
    external_command_id: str | None = None
    current_milliamps: int | None = None
    internal_command_id: str | None = None


class ErrorLog(LogEntry):
    """A call to the vehicle's own telematics that went wrong; `status_code` is that of the telematics."""

    status_code: int | None = None
    controller: str | None = None
    error_code: str | None = None
    error_type: str | None = None
    request_id: str | None = None
    command: str | None = None
    error_detail: str | None = None
    internal_command_id: str | None = None


class LocationLog(LogEntry):
    """Whether the vehicle is at its home; None where it has none. `sampled_at` is its key."""

    sampled_at: Timestamp
    at_home: bool | None = None


class StatusLog(LogEntry):
    """What the vehicle measured at `sampled_at`, its key."""

    sampled_at: Timestamp
    state_of_charge_percentage: int | None = None
    is_plugged_in: bool | None = None
    is_charging: bool | None = None
    is_complete: bool | None = None
    charge_rate_watts: int | None = None
    estimated_charge_rate_watts: int | None = None
    charge_level_watt_hours: int | None = None
    target_charge_level_watt_hours: int | None = None
    target_charge_level_percentage: int | None = None
    charge_energy_added_watt_hours: int | None = None
    minutes_to_full_charge: int | None = None
    current_type: str | None = None
    odometer_meters: int | None = None
    data_source: str | None = None
    state: str | None = None


class Vehicle(VendorObject):
    """A vehicle. `vin` is in no page of the vendor; where an account shows it, it is used to match."""

    id: str
    url: str
    trim: Reference | None = None
    user: Reference | None = None
    latest_status_log: str | StatusLog | None = None
    charging_sub_sessions: str | None = None
    integrated: str | None = None
    battery_size_watt_hours: int | None = None
    effective_battery_size_watt_hours: int | None = None
    maximum_charge_limit_percentage: int | None = None
    description: str | None = None
    disabled: bool | None = None
    smart_charging_enabled: bool | None = None
    vehicle_class: str | None = None
    vin: str | None = None


class EvseStatusLog(VendorObject):
    """What a charge point reported at `sampled_at`; there is no online flag beside the age of this."""

    url: str
    evse: Reference
    sampled_at: Timestamp
    logged_at: Timestamp
    is_plugged_in: bool | None = None
    is_charging: bool | None = None
    charge_rate_watts: int | None = None
    max_current_rating_milliamps: int | None = None
    control_pilot_status: str | None = None


class Evse(VendorObject):
    """A charge point; `cpid` is its identity towards its management system."""

    id: str
    url: str
    cpid: str
    model: Reference | None = None
    user: Reference | None = None
    latest_status_log: str | EvseStatusLog | None = None
    lock_mode: str | None = None
    lifecycle_state: str | None = None


class EvseSite(VendorObject):
    """A place with charge points. It has neither name nor power limit; `evses` are URLs."""

    id: str
    url: str
    evses: list[str]
    cpms_connection: str | None = None
    cpms_connection_display_name: str | None = None
    user_connected: bool | None = None


class CpmsProvider(VendorObject):
    """A charge-point management system that ev.energy connects to; its id is a word."""

    id: str
    url: str
    name: str
    icon: str | None = None


class Onboarding(VendorObject):
    """Where a user's browser is to go to connect a vehicle. The link lets in whoever has it."""

    authorization_request_id: str
    url: SecretStr
    auth_method: str | None = None
    scopes: Any = None
    single_select: Any = None


class ReconnectLink(VendorObject):
    """Where a user's browser is to go to connect a vehicle anew, and until when.

    The vendor's examples call the end `expiry`, its schema `expires_at`; either is read. The link lets in
    whoever has it, so it neither prints nor shows in a log.
    """

    url: SecretStr
    expires_at: Timestamp

    @model_validator(mode="before")
    @classmethod
    def _either_spelling(cls, value: Any) -> Any:
        if isinstance(value, dict) and "expires_at" not in value and "expiry" in value:
            return {**value, "expires_at": value["expiry"]}
        return value

    def is_over(self, now_ms: int) -> bool:
        """Whether the link has ended."""
        return instant_ms(self.expires_at) <= now_ms

    def __str__(self) -> str:
        return f"a reconnect link until {self.expires_at}"
