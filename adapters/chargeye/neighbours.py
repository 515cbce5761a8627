"""Locations, stations, power groups, and what ChargEye answers to writes.

Only ids are required; unknown fields are kept in `model_extra`, and enums are plain strings.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import AliasChoices, BaseModel, Field

from adapters.chargeye.payloads import VendorObject


class Location(VendorObject):
    """A depot. `id` is the `locationUid` used everywhere else; `location_id` is the customer's own."""

    id: str
    location_id: str | None = Field(None, alias="locationId")
    name: str | None = None
    address: str | None = None
    city: str | None = None
    country_code: str | None = Field(None, alias="countryCode")


class Connector(VendorObject):
    """A plug; its id is unique only within its station.

    Of the running or last transaction, two names are known; either is read.
    """

    connector_id: str = Field(alias="connectorId")
    name: str | None = None
    type: str | None = None
    status: str | None = None
    max_power_kw: float | None = Field(None, alias="maxPowerKw")
    max_power_kw_actual: float | None = Field(None, alias="maxPowerKwActual")
    transaction: dict[str, Any] | None = Field(
        None, validation_alias=AliasChoices("lastTransaction", "latestTransaction")
    )


class Station(VendorObject):
    """A charging station. `power_group_parent_path` names its groups from the root down.

    A `max_power_kw` of 0 means that it is not known; `power_limit_kw` says so.
    """

    station_id: str = Field(alias="stationId")
    name: str | None = None
    status: str | None = None
    online_status: str | None = Field(None, alias="onlineStatus")
    location_uid: str | None = Field(None, alias="locationUid")
    power_group_parent_path: list[str] | None = Field(None, alias="powerGroupParentPath")
    max_power_kw: float | None = Field(None, alias="maxPowerKw")
    max_power_a: float | None = Field(None, alias="maxPowerA")
    current_power_kw: float | None = Field(None, alias="currentPowerKw")
    ac_dc_power_ratio: float | None = Field(None, alias="acDcPowerRatio")
    connectors: list[Connector] = Field(default_factory=list)

    @property
    def power_limit_kw(self) -> float | None:
        """The highest output (DC), None where the vendor does not know it."""
        return self.max_power_kw or None


class PowerGroup(VendorObject):
    """A feeder or transformer; its limit is AC amperes of input or DC kilowatts of output."""

    group_id: str = Field(alias="groupId")
    parent_id: str | None = Field(None, exclude=True)
    limitation_type: str | None = Field(None, alias="limitationType")
    max_current_a: float | None = Field(None, alias="maxCurrentA")
    max_power_kw: float | None = Field(None, alias="maxPowerKw")


class Locations(BaseModel):
    """All locations."""

    locations: list[Location]


class OneLocation(BaseModel):
    """One location."""

    location: Location


class Stations(BaseModel):
    """Stations."""

    stations: list[Station]


class PowerGroupTree(BaseModel):
    """The groups by id, subgroups nested inside; under which name is not documented."""

    tree: dict[str, dict[str, Any]]

    def groups(self) -> list[PowerGroup]:
        """Every group of the tree, parents before children, each with its `parent_id`."""
        return [
            PowerGroup.model_validate({**group, "parent_id": parent_id})
            for parent_id, group in _groups_in(self.tree, None)
        ]


def _groups_in(value: object, parent_id: str | None) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """Every object with a `groupId` inside a JSON value, with the group that it lies in."""
    if isinstance(value, list):
        for item in value:
            yield from _groups_in(item, parent_id)
    elif isinstance(value, dict):
        if "groupId" in value:
            yield parent_id, value
            parent_id = value["groupId"]
        for item in value.values():
            yield from _groups_in(item, parent_id)


class PostedSchedules(BaseModel):
    """Answer to a POST of schedules; what really is there must be read again."""

    ids: list[str] = Field(default_factory=list)
    removed_schedule_ids: list[str] = Field(default_factory=list, alias="removedScheduleIds")


class PatchedSchedules(BaseModel):
    """Answer to a PATCH of schedules; the skipped ones were not changed."""

    success: bool = True
    message: str = ""
    skipped_schedule_ids: list[str] = Field(default_factory=list, alias="skippedScheduleIds")


class Acknowledged(BaseModel):
    """Answer to a PATCH of a vehicle or a power group."""

    success: bool = True
    message: str = ""


class WrittenVehicle(BaseModel):
    """Answer to a PUT of a vehicle."""

    id: str
