"""What is to be pushed for a site, and what became of it, vehicle by vehicle."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from adapters.chargeye.push_list import arrives_before, by_departure, changed_departures, to_come
from adapters.chargeye.wire import ScheduleJson
from adapters.records import Intent


class PushMode(StrEnum):
    """How plans are written: the whole future of a vehicle, or plans of schedules that exist."""

    REPLACE = "replace"
    PATCH = "patch"


class PushState(StrEnum):
    """What became of a vehicle whose plan changed."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not-confirmed"
    WAITING = "waiting"  # for the end of its pause, after an attempt that was not confirmed
    CHANGED_MEANWHILE = "changed-meanwhile"
    FAILED = "failed"
    NOTHING_TO_PATCH = "nothing-to-patch"


@dataclass(frozen=True, slots=True)
class VehiclePush:
    """One vehicle; `detail` says why it is not confirmed, `vendor_trouble` that the vendor is not reached."""

    vehicle_id: str
    state: PushState
    detail: str | None = None
    vendor_trouble: bool = False


@dataclass(frozen=True, slots=True)
class SitePlan:
    """What a plan wants: schedules with plans by vehicle, and the schedules as they were when it was made.

    `seen` holds the dated ones at this site that arrive before `horizon_end_ms`.
    """

    location_uid: str
    plan_id: str
    horizon_end_ms: int
    planned: Mapping[str, Sequence[ScheduleJson]]
    seen: Mapping[str, Sequence[ScheduleJson]]

    def changed_vehicles(self, now_ms: int, *, force: bool = False) -> tuple[str, ...]:
        """Vehicles whose plan is not, or not nearly, the one that the platform has."""
        return tuple(
            vehicle_id
            for vehicle_id, schedules in self.planned.items()
            if changed_departures(by_departure(schedules), self.seen.get(vehicle_id, ()), now_ms, force=force)
        )

    def about(self, schedules: Sequence[ScheduleJson], now_ms: int) -> list[ScheduleJson]:
        """The schedules that the plan is about: still to end, at this site, and soon enough."""
        here = [
            entry for entry in to_come(schedules, now_ms) if entry.get("locationUid") == self.location_uid
        ]
        return [entry for entry in here if arrives_before(entry, self.horizon_end_ms)]

    def payload(self, vehicle_id: str) -> dict[str, Any]:
        """What an intent for this vehicle holds."""
        return {"planId": self.plan_id, "schedules": [dict(entry) for entry in self.planned[vehicle_id]]}


def fingerprint(payload: Mapping[str, Any], *, force: bool) -> str:
    """Of stays and powers; what is forced is never the same as before."""
    facts = [[*_stay(entry), _powers(entry)] for entry in payload["schedules"]]
    text = json.dumps([facts, payload["planId"] if force else None], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def same_stays(before: Intent | None, payload: Mapping[str, Any]) -> bool:
    """Whether an intent that is still open was about the very same stays."""
    if before is None:
        return False
    stays = [[_stay(entry) for entry in each["schedules"]] for each in (before.payload, payload)]
    return stays[0] == stays[1]


def _powers(schedule: Mapping[str, Any]) -> list[list[float]]:
    return [[s["from"], s["to"], s["powerkW"]] for s in schedule["plan"]["segments"]]


def _stay(schedule: Mapping[str, Any]) -> list[Any]:
    names = ("locationUid", "plannedArrivalTime", "plannedDepartureTime", "startSoC", "targetSoC")
    return [schedule.get(name) for name in names]
