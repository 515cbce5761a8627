"""What ev.energy says, as JSON documents; the tables for people are made from them."""

from collections.abc import Mapping
from typing import Any

from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.fleet_audit import AuditedVehicle, FleetAudit
from adapters.evenergy.payloads import Evse, EvseSite, EvseStatusLog, ReconnectLink, StatusLog, Vehicle
from adapters.evenergy.queries import Page
from adapters.exceptions import VendorError
from adapters.ports import VendorLinks
from optimiser.units import iso_z

Json = dict[str, Any]

_WITH_STATUS = Page(expand=("latest_status_log",))


def audit_document(fleet: FleetAudit, offers: Mapping[str, ReconnectLink | VendorError]) -> Json:
    """An audit as JSON; a reconnect link is in it only where an offer was asked for."""
    return {
        "since": iso_z(fleet.since_ms),
        "until": iso_z(fleet.now_ms),
        "vehicles": [_audited(vehicle, offers.get(vehicle.vehicle_id)) for vehicle in fleet.vehicles],
        "unlinked": list(fleet.unlinked),
        "unread": [{"vehicleId": name, "problem": why} for name, why in sorted(fleet.unread.items())],
    }


def reconnect_document(link: ReconnectLink) -> Json:
    """A link in the clear, for the one who asked for it."""
    return {"url": link.url.get_secret_value(), "expiresAt": link.expires_at}


def sites_document(links: VendorLinks, client: EvEnergyClient) -> list[Json]:
    """Every site with its charge points, its charge-point system and its depot."""
    depots = {link.evenergy_id: link.location_uid for link in links.sites()}
    systems = {provider.id: provider.name for provider in client.cpms_providers()}
    evses = {evse.id: evse for evse in client.evses(_WITH_STATUS)}
    return [_site(site, depots.get(site.id), systems, evses) for site in client.evse_sites()]


def vehicles_document(links: VendorLinks, client: EvEnergyClient) -> list[Json]:
    """Every vehicle at ev.energy with its newest status, and which of ours it is."""
    ours = {link.evenergy_id: link for link in links.vehicles()}
    documents = []
    for vehicle in client.vehicles(_WITH_STATUS):
        link = ours.get(vehicle.id)
        linked = {"vehicleId": link and link.vehicle_id, "linkedBy": link and link.source.value}
        documents.append({"evenergyId": vehicle.id, **linked, **_vehicle(vehicle)})
    return documents


def _audited(vehicle: AuditedVehicle, offer: ReconnectLink | VendorError | None) -> Json:
    return {
        "vehicleId": vehicle.vehicle_id,
        "evenergyId": vehicle.evenergy_id,
        "locationUid": vehicle.location_uid,
        "verdict": vehicle.audit.verdict.value,
        "runs": [
            {
                "from": iso_z(run.run.from_ms),
                "to": iso_z(run.run.to_ms),
                "verdict": run.verdict.value,
                "startedAt": _instant(run.started_ms),
                "stoppedAt": _instant(run.stopped_ms),
            }
            for run in vehicle.audit.runs
        ],
        "errors": [
            {
                "code": error.code,
                "type": error.type,
                "count": error.count,
                "lastAt": iso_z(error.last_ms),
                "status": error.status_code,
                "detail": error.detail,
            }
            for error in vehicle.audit.errors
        ],
        "needsReconnect": vehicle.audit.needs_reconnect,
        "reconnect": _offer(offer),
    }


def _offer(offer: ReconnectLink | VendorError | None) -> Json | None:
    if isinstance(offer, VendorError):
        return {"problem": str(offer)}
    return None if offer is None else reconnect_document(offer)


def _instant(instant_ms: int | None) -> str | None:
    return None if instant_ms is None else iso_z(instant_ms)


def _site(
    site: EvseSite, location_uid: str | None, systems: Mapping[str, str], evses: Mapping[str, Evse]
) -> Json:
    system = site.cpms_connection_display_name or systems.get(site.cpms_connection or "")
    return {
        "siteId": site.id,
        "locationUid": location_uid,
        "cpms": site.cpms_connection,
        "cpmsName": system or site.cpms_connection,
        "userConnected": site.user_connected,
        "evses": [_evse(url.rstrip("/").rpartition("/")[2], evses) for url in site.evses],
    }


def _evse(evse_id: str, evses: Mapping[str, Evse]) -> Json:
    evse = evses.get(evse_id)
    if evse is None:
        return {"evseId": evse_id, "cpid": None, "lifecycle": None, "seenAt": None, "pluggedIn": None}
    log = evse.latest_status_log if isinstance(evse.latest_status_log, EvseStatusLog) else None
    return {
        "evseId": evse_id,
        "cpid": evse.cpid,
        "lifecycle": evse.lifecycle_state,
        "seenAt": log and log.sampled_at,
        "pluggedIn": log and log.is_plugged_in,
    }


def _vehicle(vehicle: Vehicle) -> Json:
    log = vehicle.latest_status_log if isinstance(vehicle.latest_status_log, StatusLog) else None
    return {
        "description": vehicle.description,
        "vin": vehicle.vin,
        "integrated": vehicle.integrated,
        "seenAt": log and log.sampled_at,
        "soc": log and log.state_of_charge_percentage,
        "pluggedIn": log and log.is_plugged_in,
    }
