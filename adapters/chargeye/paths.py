"""Where ChargEye's endpoints are. What the vendor's page does not show is a default that can be changed."""

from dataclasses import dataclass

DEFAULT_BASE_URL = "https://kempower.io/api"
DEFAULT_SIMULATOR_PORT = 9100


@dataclass(frozen=True, slots=True)
class ChargEyePaths:
    """Paths below the base URL; names in braces are filled with the escaped id.

    Not shown by the vendor, hence assumptions: the paths of a vehicle's schedules (by the pattern of a
    location's), the last segment of `active_schedule`, `location_stations`, `power_groups`, and the
    names of the time range, which the vendor has but whose spelling is lost. None sends no range.
    """

    token_exchange: str = "/auth/refreshAccessToken"
    vehicles: str = "/vehicles"
    vehicle: str = "/vehicles/{vehicle_id}"
    vehicle_schedules: str = "/vehicles/{vehicle_id}/schedules"
    active_schedule: str = "/vehicles/{vehicle_id}/schedules/active"
    locations: str = "/locations"
    location: str = "/locations/{location_uid}"
    location_schedules: str = "/locations/{location_uid}/schedules"
    location_stations: str = "/locations/{location_uid}/stations"
    stations: str = "/stations"
    power_groups: str = "/loadBalancing/powerGroups"
    power_group: str = "/loadBalancing/powerGroup/{group_id}"
    range_parameters: tuple[str, str] | None = ("from", "to")
    vehicles_location_parameter: str | None = None
