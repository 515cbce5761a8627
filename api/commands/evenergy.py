"""`depot evenergy ...`: what the vehicles really do, and their way back when their account is cut off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.errors import VENDOR_OR_STORE, reported

if TYPE_CHECKING:
    from adapters.evenergy.client import EvEnergyClient
    from adapters.store import SqlStore
    from api.settings import Settings

evenergy_app = typer.Typer(help="What ev.energy says of vehicles and sites.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@evenergy_app.command("audit")
def audit(
    since: Annotated[
        str | None, typer.Option(metavar="ISO", help="Judge from this instant on; default: a day ago.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="ISO", help="Judge up to this instant; default: now.")
    ] = None,
    location: Annotated[
        list[str] | None, typer.Option(metavar="UID", help="Only this depot; may be repeated.")
    ] = None,
    links: Annotated[
        bool, typer.Option("--links", help="Make a reconnect link for each vehicle that needs one.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Compare what was planned with what the vehicles' logs say, vehicle by vehicle.

    Exit code 3: some vehicles could not be asked about; the others were judged.
    """
    since_ms, until_ms = _instant_ms(since, "--since"), _instant_ms(until, "--until")
    with _connected() as (store, client, _):
        from api import evenergy
        from api.clock import now_ms
        from api.evenergy_documents import audit_document
        from api.evenergy_tables import print_audit
        from optimiser.units import MS_PER_DAY

        end_ms = now_ms() if until_ms is None else until_ms
        start_ms = end_ms - MS_PER_DAY if since_ms is None else since_ms
        fleet = evenergy.audit(store, client, start_ms, end_ms, location or ())
        offers = evenergy.reconnect_offers(client, fleet.vehicles) if links else {}
        _show(audit_document(fleet, offers), print_audit, as_json=json)
    if fleet.unread:
        raise typer.Exit(VENDOR_OR_STORE)


@evenergy_app.command("reconnect")
def reconnect(
    vehicle_id: Annotated[str, typer.Argument(metavar="VEHICLE_ID", help="Our id, or ev.energy's own.")],
    json: AsJson = False,
) -> None:
    """Make a link with which the owner connects a vehicle again. Whoever has it may use it."""
    with _connected() as (store, client, _):
        from api import evenergy
        from api.evenergy_documents import reconnect_document

        document = reconnect_document(evenergy.reconnect(store.links, client, vehicle_id))
        if json:
            _print_json(document)
        else:
            typer.echo(f"Until {document['expiresAt']}:\n{document['url']}")


@evenergy_app.command("sites")
def sites(
    link: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="SITE LOCATION", help="Say of which depot a site is a part."),
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="USER_ID", help="Ask on behalf of this user.")] = None,
    json: AsJson = False,
) -> None:
    """Show sites with their charge points and charge-point system, and the depot of each."""
    with _connected(user) as (store, client, _):
        from api.evenergy_documents import sites_document
        from api.evenergy_tables import print_sites

        if link is not None:
            store.links.link_site(client.evse_site(link[0]).id, link[1])
        _show(sites_document(store.links, client), print_sites, as_json=json)


@evenergy_app.command("vehicles")
def vehicles(
    link: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="VEHICLE_ID EVENERGY_ID", help="Say which vehicle of ours one of theirs is."),
    ] = None,
    unlink: Annotated[str | None, typer.Option(metavar="VEHICLE_ID", help="Forget that again.")] = None,
    match: Annotated[
        bool, typer.Option("--match", help="Link those that have one VIN at both vendors.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Show ev.energy's vehicles and which of ours they are; --match never changes a link that is there."""
    with _connected() as (store, client, settings):
        from api.evenergy_documents import vehicles_document
        from api.evenergy_tables import print_vehicles

        if unlink is not None and not store.links.unlink_vehicle(unlink):
            raise typer.BadParameter(f"{unlink} is not linked", param_hint="--unlink")
        if link is not None:
            store.links.link_vehicle(link[0], client.vehicle(link[1]).id)
        if match:
            _match(settings, store, client)
        _show(vehicles_document(store.links, client), print_vehicles, as_json=json)


def _match(settings: "Settings", store: "SqlStore", client: "EvEnergyClient") -> None:
    from adapters.chargeye.client import ChargEyeClient
    from api import evenergy

    if settings.chargeye_refresh_token is None:
        raise typer.BadParameter("needs DEPOT_CHARGEYE_REFRESH_TOKEN", param_hint="--match")
    with ChargEyeClient(settings.chargeye_refresh_token, settings.chargeye_url) as chargeye:
        new = evenergy.match_by_vin(store.links, chargeye, client)
    typer.echo(f"{new} linked by VIN", err=True)


@contextmanager
def _connected(user_id: str | None = None) -> Iterator[tuple["SqlStore", "EvEnergyClient", "Settings"]]:
    """Store and client of the settings; what goes wrong with either is words and an exit code."""
    with reported("the environment"):
        from contextlib import closing

        from adapters.store import open_store
        from api.clock import now_ms
        from api.evenergy import open_evenergy
        from api.settings import read_settings

        settings = read_settings()
        with (
            open_evenergy(settings, user_id) as client,
            closing(open_store(settings.database_url.get_secret_value(), now_ms)) as store,
        ):
            yield store, client, settings


def _instant_ms(text: str | None, option: str) -> int | None:
    from adapters.evenergy.payloads import instant_ms

    try:
        return None if text is None else instant_ms(text)
    except ValueError:
        raise typer.BadParameter(
            "must be like 2026-03-09T18:00:00+02:00, with an offset", param_hint=option
        ) from None


def _show(document: Any, print_table: Callable[[Any], None], *, as_json: bool) -> None:
    if as_json:
        _print_json(document)
    else:
        print_table(document)


def _print_json(document: Any) -> None:
    import json

    typer.echo(json.dumps(document, indent=2))
