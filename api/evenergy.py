"""Use cases of ev.energy: audit, reconnecting, and matching vehicles."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from adapters.chargeye.client import ChargEyeClient
from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.fleet_audit import AuditedVehicle, FleetAudit, audit_fleet
from adapters.evenergy.matching import matches_by_vin
from adapters.evenergy.payloads import ReconnectLink
from adapters.evenergy.queries import VENDOR
from adapters.exceptions import VendorError
from adapters.ports import Store, VendorLinks
from adapters.tokens import ClientCredentials, StaticToken, TokenSource
from api.exceptions import BadSettingError
from api.settings import Settings


def open_evenergy(settings: Settings, user_id: str | None = None) -> EvEnergyClient:
    """A client with the credentials of the settings. Raises BadSettingError where there are none."""
    try:
        return EvEnergyClient(_tokens(settings), settings.evenergy_url, user_id=user_id)
    except ValueError as error:
        raise BadSettingError(f"DEPOT_EVENERGY_...: {error}") from None


def audit(
    store: Store, client: EvEnergyClient, since_ms: int, now_ms: int, locations: Sequence[str] = ()
) -> FleetAudit:
    """Who followed the plans of these depots (all, if none is named) since an instant."""
    plans = [
        plan
        for location_uid in locations or store.plans.locations()
        for plan in store.plans.running(location_uid, from_ms=since_ms)
    ]
    return audit_fleet(client, plans, linked_vehicles(store.links), since_ms, now_ms)


def reconnect_offers(
    client: EvEnergyClient, vehicles: Iterable[AuditedVehicle]
) -> dict[str, ReconnectLink | VendorError]:
    """A fresh link for each vehicle whose authentication is broken, or why there is none; by our id."""
    offers: dict[str, ReconnectLink | VendorError] = {}
    for vehicle in vehicles:
        if vehicle.audit.needs_reconnect:
            try:
                offers[vehicle.vehicle_id] = client.reconnect(vehicle.evenergy_id)
            except VendorError as error:
                offers[vehicle.vehicle_id] = error
    return offers


def reconnect(links: VendorLinks, client: EvEnergyClient, vehicle_id: str) -> ReconnectLink:
    """A fresh link for one vehicle, named by our id or by ev.energy's."""
    return client.reconnect(linked_vehicles(links).get(vehicle_id, vehicle_id))


def linked_vehicles(links: VendorLinks) -> dict[str, str]:
    """ev.energy's id by ours."""
    return {link.vehicle_id: link.evenergy_id for link in links.vehicles()}


def match_by_vin(links: VendorLinks, chargeye: ChargEyeClient, client: EvEnergyClient) -> int:
    """Link the vehicles that have one VIN at both vendors; how many links are new."""
    ours = [
        (record.vehicle["id"], record.vehicle.get("vin"))
        for record in chargeye.list_vehicles()
        if "id" in record.vehicle
    ]
    return len(links.match_vehicles(matches_by_vin(ours, client.vehicles())))


def _tokens(settings: Settings) -> TokenSource:
    if settings.evenergy_token is not None:
        return StaticToken(settings.evenergy_token)
    client_id, client_secret = settings.evenergy_client_id, settings.evenergy_client_secret
    if client_id is None or client_secret is None:
        raise BadSettingError(
            "ev.energy needs DEPOT_EVENERGY_TOKEN, or DEPOT_EVENERGY_CLIENT_ID and _CLIENT_SECRET"
        )
    url = settings.evenergy_token_url or _token_url(settings.evenergy_url)
    return ClientCredentials(VENDOR, url, client_id, client_secret)


def _token_url(base_url: str) -> str:
    """The vendor's token endpoint, on the host of its API but not below its version."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}/o/token/"
