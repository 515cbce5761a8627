"""Every ChargEye endpoint that a planner needs, typed; its paths, its tokens and its traps end here."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

import httpx
from pydantic import SecretStr, TypeAdapter

from adapters.answers import validated
from adapters.chargeye.guards import instant_ms, patches, posted, refuse_empty, vehicle_body
from adapters.chargeye.neighbours import (
    Acknowledged,
    Location,
    Locations,
    OneLocation,
    PatchedSchedules,
    PostedSchedules,
    PowerGroup,
    PowerGroupTree,
    Station,
    Stations,
    WrittenVehicle,
)
from adapters.chargeye.paths import DEFAULT_BASE_URL, ChargEyePaths
from adapters.chargeye.tokens import RefreshTokenExchange
from adapters.chargeye.wire import (
    ActiveSchedule,
    LocationSchedules,
    ScheduleJson,
    Vehicle,
    VehicleJson,
    VehicleRecord,
    VehicleRecords,
    VehicleSchedules,
)
from adapters.exceptions import VendorRefusedError
from adapters.paths import filled
from adapters.transport import DEFAULT_TIMEOUT, Call, Retries, Transport
from optimiser.domain import Window
from optimiser.units import MS_PER_SECOND, iso_z

VENDOR = "ChargEye"

T = TypeVar("T")
A = TypeVar("A", PatchedSchedules, Acknowledged)

_VEHICLE: TypeAdapter[VehicleJson] = TypeAdapter(Vehicle)


def system_clock_ms() -> int:
    """The real time in epoch milliseconds."""
    return int(time.time() * MS_PER_SECOND)


class ChargEyeClient:
    """Calls ChargEye. Safe to share between threads; close it, or use it as a context.

    Every method raises a VendorError where the call does not end well, and ValueError for an id that
    cannot be part of a path; writes raise UnsafeWriteError where they are refused before being sent.
    """

    def __init__(
        self,
        refresh_token: str | SecretStr,
        base_url: str = DEFAULT_BASE_URL,
        *,
        paths: ChargEyePaths | None = None,
        retries: Retries | None = None,
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
        clock_ms: Callable[[], int] = system_clock_ms,
    ) -> None:
        self._paths = paths or ChargEyePaths()
        tokens = RefreshTokenExchange(refresh_token, self._paths.token_exchange)
        self._transport = Transport(VENDOR, base_url, tokens, retries=retries, timeout=timeout)
        self._clock_ms = clock_ms

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def list_vehicles(self, location_uid: str | None = None) -> list[VehicleRecord]:
        """All vehicles, or those at home at one location (filtered here: the vendor may not do it)."""
        name = self._paths.vehicles_location_parameter
        params = [(name, location_uid)] if name and location_uid else []
        records = self._answer(VehicleRecords, Call("GET", self._paths.vehicles, params)).vehicles
        return [record for record in records if _lives_at(record.vehicle, location_uid)]

    def get_vehicle(self, vehicle_id: str) -> VehicleJson:
        """One vehicle."""
        call = Call("GET", filled(self._paths.vehicle, vehicle_id=vehicle_id))
        return validated(_VEHICLE, VENDOR, call.name, self._transport.json(call))

    def put_vehicle(self, vehicle_id: str, vehicle: VehicleJson) -> str:
        """Create a vehicle under an id of our choice, or replace it: what is left out is cleared."""
        path = filled(self._paths.vehicle, vehicle_id=vehicle_id)
        return self._answer(WrittenVehicle, Call("PUT", path, body=vehicle_body(vehicle_id, vehicle))).id

    def patch_vehicle(self, vehicle_id: str, changes: VehicleJson) -> None:
        """Change the given attributes of a vehicle."""
        path = filled(self._paths.vehicle, vehicle_id=vehicle_id)
        self._acknowledged(Acknowledged, Call("PATCH", path, body=vehicle_body(vehicle_id, changes)))

    def location_schedules(self, location_uid: str, window: Window | None = None) -> LocationSchedules:
        """Schedules at a location; of the dated ones those that touch the window, if one is given."""
        path = filled(self._paths.location_schedules, location_uid=location_uid)
        answer = self._answer(LocationSchedules, Call("GET", path, self._range(window)))
        return answer.model_copy(update={"schedules": _touching(answer.schedules, window)})

    def vehicle_schedules(self, vehicle_id: str, window: Window | None = None) -> list[ScheduleJson]:
        """Schedules of a vehicle; those that touch the window, if one is given."""
        path = filled(self._paths.vehicle_schedules, vehicle_id=vehicle_id)
        answer = self._answer(VehicleSchedules, Call("GET", path, self._range(window)))
        return _touching(answer.schedules, window)

    def active_schedule(self, vehicle_id: str) -> ActiveSchedule:
        """The schedule under way or next, and the one that ended last."""
        path = filled(self._paths.active_schedule, vehicle_id=vehicle_id)
        return self._answer(ActiveSchedule, Call("GET", path))

    def add_schedules(self, vehicle_id: str, schedules: Sequence[ScheduleJson]) -> PostedSchedules:
        """Add schedules. Doing it twice adds them twice, so it is not tried again after a cut connection.

        VendorUnavailableError.perhaps_done then says that they may be there: read before doing more.
        """
        bodies = posted(vehicle_id, schedules, self._clock_ms())
        body = {"replaceFutureSchedules": False, "schedules": bodies}
        return self._post_schedules(vehicle_id, body, repeatable=False)

    def replace_future_schedules(
        self, vehicle_id: str, schedules: Sequence[ScheduleJson], *, allow_empty: bool = False
    ) -> PostedSchedules:
        """Make these the vehicle's schedules from now on: what is not in the list and not over is deleted.

        The stay under way must be in the list too. Doing it twice is the same as once, so it is tried again.
        """
        refuse_empty(schedules, allow_empty=allow_empty)
        bodies = posted(vehicle_id, schedules, self._clock_ms())
        body = {"replaceFutureSchedules": True, "schedules": bodies}
        return self._post_schedules(vehicle_id, body, repeatable=True)

    def patch_schedules(self, vehicle_id: str, changes: Sequence[ScheduleJson]) -> PatchedSchedules:
        """Change the given fields of the schedules named by `id`."""
        path = filled(self._paths.vehicle_schedules, vehicle_id=vehicle_id)
        body = {"schedules": patches(changes, self._clock_ms())}
        return self._acknowledged(PatchedSchedules, Call("PATCH", path, body=body))

    def list_locations(self) -> list[Location]:
        """All locations."""
        return self._answer(Locations, Call("GET", self._paths.locations)).locations

    def get_location(self, location_uid: str) -> Location:
        """One location."""
        path = filled(self._paths.location, location_uid=location_uid)
        return self._answer(OneLocation, Call("GET", path)).location

    def location_stations(self, location_uid: str) -> list[Station]:
        """The stations registered at a location."""
        path = filled(self._paths.location_stations, location_uid=location_uid)
        return self._answer(Stations, Call("GET", path)).stations

    def list_stations(
        self, location_uid: str | None = None, station_ids: Sequence[str] = ()
    ) -> list[Station]:
        """Stations with their connectors, of one location or by id."""
        params = [("locationUid", location_uid)] if location_uid else []
        params += [("stationIds", station_id) for station_id in station_ids]
        return self._answer(Stations, Call("GET", self._paths.stations, params)).stations

    def power_groups(self) -> list[PowerGroup]:
        """Every power group, parents before children."""
        return self._answer(PowerGroupTree, Call("GET", self._paths.power_groups)).groups()

    def patch_power_group(self, group_id: str, changes: Mapping[str, Any]) -> None:
        """Change the given attributes of a power group."""
        path = filled(self._paths.power_group, group_id=group_id)
        self._acknowledged(Acknowledged, Call("PATCH", path, body={"group": dict(changes)}))

    def _post_schedules(
        self, vehicle_id: str, body: Mapping[str, object], *, repeatable: bool
    ) -> PostedSchedules:
        path = filled(self._paths.vehicle_schedules, vehicle_id=vehicle_id)
        return self._answer(PostedSchedules, Call("POST", path, body=body, repeatable=repeatable))

    def _range(self, window: Window | None) -> list[tuple[str, str]]:
        if window is None or self._paths.range_parameters is None:
            return []
        instants = (iso_z(window.start_ms), iso_z(window.end_ms))
        return list(zip(self._paths.range_parameters, instants, strict=True))

    def _answer(self, shape: type[T], call: Call) -> T:
        return validated(TypeAdapter(shape), VENDOR, call.name, self._transport.json(call))

    def _acknowledged(self, shape: type[A], call: Call) -> A:
        answer = self._answer(shape, call)
        if not answer.success:
            raise VendorRefusedError(VENDOR, call.name, f"answered success: false, {answer.message!r}", 200)
        return answer


def _lives_at(vehicle: VehicleJson, location_uid: str | None) -> bool:
    home = vehicle.get("locationUid")
    return location_uid is None or home == location_uid or (isinstance(home, list) and location_uid in home)


def _touching(schedules: list[ScheduleJson], window: Window | None) -> list[ScheduleJson]:
    return schedules if window is None else [entry for entry in schedules if _touches(entry, window)]


def _touches(schedule: ScheduleJson, window: Window) -> bool:
    """Whether the stay overlaps the window; one whose times cannot be read is kept, to be reported."""
    try:
        departure_ms = instant_ms(schedule["plannedDepartureTime"])
        arrival_ms = instant_ms(schedule["plannedArrivalTime"])
    except (KeyError, TypeError, ValueError):
        return True
    return departure_ms > window.start_ms and arrival_ms < window.end_ms
