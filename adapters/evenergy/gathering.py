"""Fetches the evidence of a fleet with few calls; what cannot be had is said and never raised."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.evidence import DEFAULT_RULES, EvidenceRules, VehicleEvidence
from adapters.evenergy.fleet_calls import ask_each
from adapters.evenergy.payloads import LocationLog, StatusLog, instant_ms
from adapters.evenergy.queries import Page
from adapters.exceptions import VendorError
from optimiser.domain import Notice

_NEWEST = Page(size=1)
_WITH_STATUS = Page(expand=("latest_status_log",))


@dataclass(frozen=True, slots=True)
class Gathered:
    """Evidence by our vehicle id, and what could not be had."""

    evidence: dict[str, VehicleEvidence] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def gather_evidence(
    client: EvEnergyClient,
    links: Mapping[str, str],
    now_ms: int,
    rules: EvidenceRules = DEFAULT_RULES,
) -> Gathered:
    """The newest evidence of the linked vehicles (our id to ev.energy's). Raises no VendorError.

    One call gives the newest status of a hundred vehicles; where one was seen lately, one call more asks
    for its location. Once the vendor fails, nothing more is asked of it.
    """
    if not links:
        return Gathered()
    statuses, trouble = _statuses(client, frozenset(links.values()))
    fresh = [theirs for theirs, log in statuses.items() if rules.is_fresh(instant_ms(log.sampled_at), now_ms)]
    located = ask_each([] if trouble else fresh, lambda theirs: _newest_location(client, theirs))
    seen = {
        ours: VehicleEvidence.of(statuses[theirs], located.answered.get(theirs))
        for ours, theirs in links.items()
        if theirs in statuses
    }
    trouble = trouble or located.trouble
    return Gathered(seen, (_notice(trouble),) if trouble else ())


def _statuses(
    client: EvEnergyClient, wanted: frozenset[str]
) -> tuple[dict[str, StatusLog], VendorError | None]:
    """What was had until the vendor failed, and how it failed."""
    statuses: dict[str, StatusLog] = {}
    try:
        for vehicle in client.vehicles(_WITH_STATUS):
            if vehicle.id in wanted and isinstance(vehicle.latest_status_log, StatusLog):
                statuses[vehicle.id] = vehicle.latest_status_log
    except VendorError as error:
        return statuses, error
    return statuses, None


def _newest_location(client: EvEnergyClient, vehicle_id: str) -> LocationLog | None:
    return next(client.location_logs(vehicle_id, page=_NEWEST), None)


def _notice(trouble: VendorError) -> Notice:
    return Notice("evidence-missing", f"planned without the vehicles' own word, or part of it: {trouble}")
