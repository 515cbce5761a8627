"""ChargEye's schedules and vehicles as they travel: plain JSON objects, never re-shaped.

At run time each is the very object that came, with every field that we do not know and every number and
time in its own spelling, so that read, change and write loses nothing. The types say what the vendor
documents; a value is checked where it is used, so one odd entry does not spoil a list.
"""

from typing import Annotated, Any, TypedDict

from pydantic import BaseModel, Field, GetPydanticSchema

JsonObject = dict[str, Any]


class ScheduleJson(TypedDict, total=False):
    """EvSchedule: a stay of a vehicle at a location. SoC in percent, times in ISO 8601."""

    id: str
    evId: str
    locationUid: str
    plannedArrivalTime: str
    plannedDepartureTime: str
    startSoC: float
    targetSoC: float
    recurrenceRule: str | None
    plan: JsonObject | None
    planMeta: JsonObject | None


class VehicleJson(TypedDict, total=False):
    """One vehicle of the registry. Energy kWh, power kW, consumption Wh per km."""

    id: str
    chargingPorts: list[JsonObject]
    evMacAddress: str | None
    name: str
    evModel: str
    licensePlate: str
    notes: str
    locationUid: list[str] | str | None
    fullChargeEnergykWh: float
    maxChargePowerkW: float
    minChargePowerkW: float
    minPreconditioningPowerkW: float
    consumption: float
    enableChargeScheduling: bool
    supportsPauseResume: bool
    v2icpParameters: JsonObject
    v2icp: JsonObject | None
    vin: str


# To pydantic both are any JSON object: their fields are for the type checker only.
_ANY_OBJECT = GetPydanticSchema(lambda _, schema_of: schema_of(JsonObject))
Schedule = Annotated[ScheduleJson, _ANY_OBJECT]
Vehicle = Annotated[VehicleJson, _ANY_OBJECT]


class VehicleSchedules(BaseModel):
    """Schedules of one vehicle."""

    schedules: list[Schedule]


class LocationSchedules(BaseModel):
    """Schedules at one location: dated, and recurring ones with their rule."""

    schedules: list[Schedule]
    recurring_schedules: list[Schedule] = Field(alias="recurringSchedules")


class ActiveSchedule(BaseModel):
    """The schedule under way or next to come, and the one that ended last."""

    current_or_next: Schedule | None = Field(None, alias="currentOrNext")
    previous: Schedule | None = None


class VehicleRecord(BaseModel):
    """A vehicle, and its last message through a charger (`v2icp`)."""

    vehicle: Vehicle
    v2icp: Any = None


class VehicleRecords(BaseModel):
    """All vehicles."""

    vehicles: list[VehicleRecord]
