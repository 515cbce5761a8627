"""`depot serve`: the HTTP service."""

from typing import Annotated

import typer

from api.commands.errors import reported


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 takes a free one.")
    ] = 8000,
) -> None:
    """Run the HTTP service, with its dashboard at /.

    Keys come from DEPOT_API_KEYS (name:key, separated by commas) and are sent as "Authorization: Bearer
    KEY". Without keys the service speaks to this machine only, and refuses any other address (exit code 2).
    """
    with reported("the environment"):
        from api.logs import configure_logs
        from api.server import run_server
        from api.settings import read_settings, refuse_open_door

        settings = read_settings()
        refuse_open_door(settings, host)
        configure_logs(settings.log_level)
        run_server(settings, host, port)
