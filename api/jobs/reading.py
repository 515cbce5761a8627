"""What ChargEye knows of a site, as a plan request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Generic, TypeVar

from adapters.chargeye.client import ChargEyeClient
from adapters.chargeye.neighbours import PowerGroup, Station
from adapters.chargeye.push_list import arrives_before, departure_ms, to_come
from adapters.chargeye.wire import LocationSchedules, ScheduleJson, VehicleJson
from adapters.exceptions import VendorError
from adapters.records import RunningPlan, SiteSettings
from api.jobs.electricity import Grid, electricity, station_limits
from api.jobs.evidence import plugged_vehicles, with_evidence
from optimiser.domain import Window
from optimiser.units import MS_PER_DAY, MS_PER_HOUR, iso_z

JsonObject = dict[str, Any]
T = TypeVar("T")

# A stay that ended early still stands for the occurrence that it replaced.
_LOOK_BACK_MS = MS_PER_DAY


@dataclass(frozen=True, slots=True)
class Planning:
    """How far ahead and how finely a site is planned; `strategy` None takes the request's default."""

    horizon_hours: float = 48.0
    slot_minutes: int = 15
    strategy: str | None = None
    grid: Grid = field(default_factory=Grid)

    def horizon_end_ms(self, now_ms: int) -> int:
        """Schedules that arrive from here on are left for later."""
        return now_ms + round(self.horizon_hours * MS_PER_HOUR)


@dataclass(frozen=True, slots=True)
class SiteRead:
    """A plan request, and the schedules by vehicle as ChargEye gave them, before anything was added.

    `made_dated` are occurrences that evidence turned into dated schedules, by id, as their rule has them.
    """

    location_uid: str
    document: JsonObject
    seen: Mapping[str, Sequence[ScheduleJson]]
    horizon_end_ms: int
    made_dated: Mapping[str, JsonObject] = field(default_factory=dict)


class _Once(Generic[T]):
    """Reads on the first call; the others get what it got, a VendorError included."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = Lock()
        self._results: list[T] = []
        self._error: VendorError | None = None

    def __call__(self) -> T:
        with self._lock:
            if self._error is not None:
                raise self._error
            if not self._results:
                self._results.append(self._tried())
            return self._results[0]

    def _tried(self) -> T:
        try:
            return self._read()
        except VendorError as error:
            self._error = error
            raise


class Platform:
    """Reads sites; the registry of vehicles and the power groups are read once for all of them."""

    def __init__(self, client: ChargEyeClient, planning: Planning) -> None:
        self._client = client
        self._planning = planning
        self._vehicles = _Once(self._read_vehicles)
        self._groups = _Once(client.power_groups)

    def _read_vehicles(self) -> dict[str, VehicleJson]:
        vehicles = [record.vehicle for record in self._client.list_vehicles()]
        return {vehicle["id"]: vehicle for vehicle in vehicles if isinstance(vehicle.get("id"), str)}

    def read(
        self,
        location_uid: str,
        stored: SiteSettings | None,
        running: Sequence[RunningPlan],
        now_ms: int,
    ) -> SiteRead:
        """A site as it is now. Raises VendorError, UnknownSiteError."""
        site, found = self._look(location_uid, stored, running, now_ms)
        return replace(site, document={**site.document, "vehicles": self._vehicles_of(found)})

    def look(
        self, location_uid: str, stored: SiteSettings | None, running: Sequence[RunningPlan], now_ms: int
    ) -> SiteRead:
        """As `read`, without vehicles: enough to see whether something has changed."""
        return self._look(location_uid, stored, running, now_ms)[0]

    def _look(
        self, location_uid: str, stored: SiteSettings | None, running: Sequence[RunningPlan], now_ms: int
    ) -> tuple[SiteRead, LocationSchedules]:
        horizon_end_ms = self._planning.horizon_end_ms(now_ms)
        window = Window(now_ms - _LOOK_BACK_MS, horizon_end_ms)
        found = self._client.location_schedules(location_uid, window)
        stations = self._client.list_stations(location_uid)
        document = {
            "now": iso_z(now_ms),
            "horizonHours": self._planning.horizon_hours,
            "slotMinutes": self._planning.slot_minutes,
            "site": self._site(location_uid, stored, stations),
            "settings": stored.settings if stored else {},
            "schedules": _told(_with_kept_plans(found.schedules, running), stations, now_ms),
            "recurringSchedules": [dict(entry) for entry in found.recurring_schedules],
        }
        strategy = {"strategy": self._planning.strategy} if self._planning.strategy else {}
        seen = _seen(found, now_ms, horizon_end_ms)
        return SiteRead(location_uid, {**document, **strategy}, seen, horizon_end_ms), found

    def _site(
        self, location_uid: str, stored: SiteSettings | None, stations: Sequence[Station]
    ) -> JsonObject:
        """The stored description; what it leaves out about stations is the platform's."""
        told = {"timeZone": "UTC", "stations": station_limits(stations)}
        if stored is not None:
            return {**told, **stored.site, "locationUid": location_uid}
        groups: Sequence[PowerGroup] = self._groups()
        known = electricity(location_uid, stations, groups, self._planning.grid)
        return {**told, **known, "locationUid": location_uid}

    def _vehicles_of(self, found: LocationSchedules) -> list[JsonObject]:
        """The entries of the vehicles that are expected at the site."""
        registry = self._vehicles()
        expected = dict.fromkeys(
            entry.get("evId") for entry in (*found.schedules, *found.recurring_schedules)
        )
        return [dict(registry[name]) for name in expected if isinstance(name, str) and name in registry]


def _told(schedules: Sequence[JsonObject], stations: Sequence[Station], now_ms: int) -> list[JsonObject]:
    plugged = {vehicle.vehicle_id: vehicle for vehicle in plugged_vehicles(stations)}
    return with_evidence(schedules, plugged, now_ms)


def _with_kept_plans(schedules: Sequence[ScheduleJson], running: Sequence[RunningPlan]) -> list[JsonObject]:
    """Where the platform has lost a plan, or never took it, ours stands in: a replan stays near it."""
    kept = {(plan.vehicle_id, plan.departure_ms): plan.schedule for plan in running}
    return [_with_kept_plan(dict(entry), kept) for entry in schedules]


def _with_kept_plan(entry: JsonObject, kept: Mapping[tuple[str, int], JsonObject]) -> JsonObject:
    ours = kept.get((str(entry.get("evId")), departure_ms(entry) or 0))
    if ours is None or (entry.get("plan") or {}).get("segments"):
        return entry
    if not entry.get("plan"):
        return {**entry, "plan": ours["plan"], "planMeta": ours["planMeta"]}
    return {**entry, "plan": {**entry["plan"], "segments": ours["plan"]["segments"]}}


def _seen(found: LocationSchedules, now_ms: int, horizon_end_ms: int) -> dict[str, list[ScheduleJson]]:
    seen: dict[str, list[ScheduleJson]] = {}
    for entry in to_come(found.schedules, now_ms):
        if arrives_before(entry, horizon_end_ms):
            seen.setdefault(str(entry.get("evId")), []).append(entry)
    return seen
