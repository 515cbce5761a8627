"""What a replan did, for machines and for people."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from adapters.chargeye.push_plan import PushState, VehiclePush
from adapters.records import JobState, OutcomeState
from api.jobs.causes import Cause
from optimiser.units import iso_z

JsonObject = dict[str, Any]

DONE, OUR_FAULT, WRONG_INPUT, OUT_OF_REACH = 0, 1, 2, 3

# A vehicle that only a rule knows cannot be patched: that is the mode's nature, not a trouble.
_NO_TROUBLE = (PushState.CONFIRMED, PushState.NOTHING_TO_PATCH)


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What became of one site. `exit_code` is that of a run with this site alone.

    `replanned` counts the plans that were made again because schedules changed meanwhile.
    """

    location_uid: str
    state: OutcomeState
    exit_code: int = DONE
    detail: str | None = None
    cause: Cause | None = None
    plan_id: str | None = None
    planned: int = 0
    changed: tuple[str, ...] = ()
    pushes: tuple[VehiclePush, ...] = ()
    shortfalls: int = 0
    rejected: tuple[JsonObject, ...] = ()
    warnings: tuple[JsonObject, ...] = ()
    replanned: int = 0
    planning_ms: float = 0.0
    seconds: float = 0.0

    @property
    def troubled(self) -> tuple[VehiclePush, ...]:
        """Vehicles whose plan is not confirmed."""
        return tuple(push for push in self.pushes if push.state not in _NO_TROUBLE)

    @property
    def counts(self) -> dict[str, int]:
        """The figures of the site, to be added up."""
        states = Counter(push.state for push in self.pushes)
        return {
            "planned": self.planned,
            "changed": len(self.changed),
            "confirmed": states[PushState.CONFIRMED],
            "unconfirmed": len(self.troubled),
            "shortfalls": self.shortfalls,
            "rejected": len(self.rejected),
        }

    def as_json(self) -> JsonObject:
        """The site in the report."""
        return {
            "locationUid": self.location_uid,
            "state": self.state.value,
            "detail": self.detail,
            "trigger": self.cause.trigger.value if self.cause else None,
            "triggerDescription": self.cause.description if self.cause else None,
            "planId": self.plan_id,
            "counts": self.counts,
            "changedVehicles": list(self.changed),
            "unconfirmed": [
                {"evId": push.vehicle_id, "state": push.state.value, "detail": push.detail}
                for push in self.troubled
            ],
            "rejected": list(self.rejected),
            "warnings": list(self.warnings),
            "replanned": self.replanned,
            "planningMs": round(self.planning_ms, 3),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class ReplanReport:
    """What became of a run; `not_done` are the sites that it was stopped before."""

    run_id: str
    started_ms: int
    finished_ms: int
    dry_run: bool
    sites: tuple[SiteReport, ...]
    not_done: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def counts(self) -> dict[str, int]:
        """The figures of all sites together."""
        total: Counter[str] = Counter()
        for site in self.sites:
            total.update(site.counts)
        states = Counter(site.state.value for site in self.sites)
        return {"sites": len(self.sites), **states, **total}

    @property
    def state(self) -> JobState:
        """How the run ended."""
        if self.not_done:
            return JobState.CANCELLED
        states = {site.state for site in self.sites}
        if self.problem or states == {OutcomeState.FAILED}:
            return JobState.FAILED
        return JobState.DONE if states <= {OutcomeState.DONE, OutcomeState.BUSY} else JobState.PARTIAL

    @property
    def exit_code(self) -> int:
        """The highest of the sites'; a run that was stopped has left part of the work."""
        codes = [site.exit_code for site in self.sites]
        return max([*codes, OUT_OF_REACH if self.not_done or self.problem else DONE])

    def as_json(self) -> JsonObject:
        """The whole report."""
        return {
            "runId": self.run_id,
            "state": self.state.value,
            "startedAt": iso_z(self.started_ms),
            "finishedAt": iso_z(self.finished_ms),
            "dryRun": self.dry_run,
            "problem": self.problem,
            "counts": self.counts,
            "notDone": list(self.not_done),
            "sites": [site.as_json() for site in self.sites],
        }
