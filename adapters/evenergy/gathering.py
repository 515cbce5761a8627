"""Fetches the evidence of a fleet with few calls; what cannot be had is said and never raised."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.evidence import DEFAULT_RULES, EvidenceRules, VehicleEvidence
from adapters.evenergy.payloads import LocationLog, StatusLog, instant_ms
from adapters.evenergy.queries import Page
from adapters.exceptions import VendorError, VendorRefusedError
from optimiser.domain import Notice

_WORKERS = 8
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
    troubles: list[VendorError] = []
    statuses = dict(_statuses(client, links, troubles))
    fresh = [theirs for theirs, log in statuses.items() if rules.is_fresh(instant_ms(log.sampled_at), now_ms)]
    locations = {} if troubles else _locations(client, fresh, troubles)
    seen = {
        ours: VehicleEvidence.of(statuses[theirs], locations.get(theirs))
        for ours, theirs in links.items()
        if theirs in statuses
    }
    return Gathered(seen, tuple(_notice(trouble) for trouble in troubles[:1]))


def _statuses(
    client: EvEnergyClient, links: Mapping[str, str], troubles: list[VendorError]
) -> Iterator[tuple[str, StatusLog]]:
    wanted = frozenset(links.values())
    try:
        for vehicle in client.vehicles(_WITH_STATUS):
            if vehicle.id in wanted and isinstance(vehicle.latest_status_log, StatusLog):
                yield vehicle.id, vehicle.latest_status_log
    except VendorError as error:
        troubles.append(error)


def _locations(
    client: EvEnergyClient, vehicle_ids: Iterable[str], troubles: list[VendorError]
) -> dict[str, LocationLog]:
    failed = Event()

    def newest(vehicle_id: str) -> tuple[str, LocationLog | None]:
        try:
            logs = iter(()) if failed.is_set() else client.location_logs(vehicle_id, page=_NEWEST)
            return vehicle_id, next(logs, None)
        except VendorRefusedError:  # this vehicle alone: gone since, or never ours
            return vehicle_id, None
        except VendorError as error:
            failed.set()
            troubles.append(error)
            return vehicle_id, None

    with ThreadPoolExecutor(_WORKERS) as pool:
        return {vehicle_id: log for vehicle_id, log in pool.map(newest, vehicle_ids) if log is not None}


def _notice(trouble: VendorError) -> Notice:
    return Notice("evidence-missing", f"planned without the vehicles' own word, or part of it: {trouble}")
