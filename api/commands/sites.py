"""`depot sites ...`: descriptions of depots, into and out of the store."""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.errors import reported

sites_app = typer.Typer(
    help="Put descriptions of depots into the store, and list them.", no_args_is_help=True
)


@sites_app.command("import")
def import_sites(
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="Sites; - reads standard input.")],
) -> None:
    """Put sites into the store, each new or in place of the one with its locationUid.

    FILE.json holds a `site` object of a plan request, or {"site": ..., "settings": ...} with the settings
    of its replans, or a list of these. Where one is wrong nothing is imported (exit code 2).
    """
    with reported(str(file)):
        from api.clock import now_ms
        from api.commands.files import read_json
        from api.site_documents import checked_sites
        from api.stores import open_own_store

        sites = checked_sites(read_json(file), now_ms())
        with open_own_store() as store:
            for location_uid, site, settings in sites:
                store.sites.put(location_uid, site, settings)
                typer.echo(location_uid)


@sites_app.command("list")
def list_sites(
    as_json: Annotated[
        bool, typer.Option("--json", help="Everything that is known of them, fit for import.")
    ] = False,
) -> None:
    """List the sites of the store."""
    with reported("the environment"):
        from api.service import json_text
        from api.stores import open_own_store
        from optimiser.units import iso_z

        with open_own_store() as store:
            sites = store.sites.list()
        if as_json:
            typer.echo(json_text([{"site": one.site, "settings": one.settings} for one in sites], indent=2))
            return
        for one in sites:
            typer.echo(f"{one.location_uid}  {one.site.get('timeZone', 'UTC')}  {iso_z(one.updated_ms)}")
