"""The audit of a fleet: plans from the store, logs from ev.energy, one verdict for each vehicle."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapters.evenergy.audit import VehicleAudit, audit_vehicle
from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.fleet_calls import Answers, ask_each
from adapters.evenergy.planned_runs import PlannedRun, planned_runs
from adapters.evenergy.queries import Span
from adapters.evenergy.timeline import VehicleLogs
from adapters.exceptions import VendorError
from adapters.records import RunningPlan
from optimiser.units import MS_PER_HOUR

# Logs are read from so long before: a vehicle may have been told to charge before the first run.
_BEFORE_MS = 2 * MS_PER_HOUR


@dataclass(frozen=True, slots=True)
class AuditedVehicle:
    """A vehicle with its verdict, by our id, ev.energy's, and its depot."""

    vehicle_id: str
    evenergy_id: str
    location_uid: str
    audit: VehicleAudit


@dataclass(frozen=True, slots=True)
class FleetAudit:
    """The runs that began in `[since_ms, now_ms)`, ordered by vehicle.

    `unlinked` have a plan and no vehicle at ev.energy; `unread` could not be asked about, with the reason.
    """

    since_ms: int
    now_ms: int
    vehicles: tuple[AuditedVehicle, ...]
    unlinked: tuple[str, ...]
    unread: Mapping[str, str]
    trouble: VendorError | None = None


def audit_fleet(
    client: EvEnergyClient,
    plans: Iterable[RunningPlan],
    links: Mapping[str, str],
    since_ms: int,
    now_ms: int,
) -> FleetAudit:
    """Judge every vehicle with a planned run in the span. Raises no VendorError: see `trouble`."""
    runs, depots = _runs(plans, since_ms, now_ms)
    ours = {links[vehicle_id]: vehicle_id for vehicle_id in sorted(runs) if vehicle_id in links}
    span = Span(since_ms - _BEFORE_MS, now_ms)
    logs = ask_each(ours, lambda theirs: read_logs(client, theirs, span))
    return FleetAudit(
        since_ms,
        now_ms,
        vehicles=tuple(
            AuditedVehicle(vehicle_id, theirs, depots[vehicle_id], audit)
            for theirs, vehicle_id in ours.items()
            if theirs in logs.answered
            and (audit := audit_vehicle(runs[vehicle_id], logs.answered[theirs], since_ms, now_ms))
        ),
        unlinked=tuple(sorted(vehicle_id for vehicle_id in runs if vehicle_id not in links)),
        unread={ours[theirs]: _reason(theirs, logs) for theirs in ours if theirs not in logs.answered},
        trouble=logs.trouble,
    )


def read_logs(client: EvEnergyClient, evenergy_id: str, span: Span) -> VehicleLogs:
    """All that an audit needs of one vehicle. Raises a VendorError."""
    return VehicleLogs(
        commands=tuple(client.command_logs(evenergy_id, span)),
        errors=tuple(client.error_logs(evenergy_id, span)),
        statuses=tuple(client.status_logs(evenergy_id, span)),
    )


def _runs(
    plans: Iterable[RunningPlan], since_ms: int, now_ms: int
) -> tuple[dict[str, list[PlannedRun]], dict[str, str]]:
    """The runs of the span and the depot of each vehicle that has any."""
    runs: defaultdict[str, list[PlannedRun]] = defaultdict(list)
    depots: dict[str, str] = {}
    for plan in plans:
        within = [run for run in planned_runs(plan.schedule) if since_ms <= run.from_ms < now_ms]
        if within:
            runs[plan.vehicle_id].extend(within)
            depots[plan.vehicle_id] = plan.location_uid
    return dict(runs), depots


def _reason(evenergy_id: str, logs: Answers[VehicleLogs]) -> str:
    error = logs.refused.get(evenergy_id, logs.trouble)
    return str(error)
