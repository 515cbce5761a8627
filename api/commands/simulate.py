"""`depot simulate ...`: the vendors as local HTTP servers, to try everything without an account."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.chargeye.paths import DEFAULT_SIMULATOR_PORT

simulate_app = typer.Typer(help="Run a vendor's simulator as a local HTTP server.", no_args_is_help=True)

_LOOPBACK = "127.0.0.1"


@simulate_app.callback()
def simulate() -> None:
    """Run a vendor's simulator as a local HTTP server."""


@simulate_app.command("chargeye")
def simulate_chargeye(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port on the loopback.")
    ] = DEFAULT_SIMULATOR_PORT,
    seed: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="State to begin with, a JSON file.")
    ] = None,
) -> None:
    """A ChargEye at http://127.0.0.1:PORT/api; clock, state and faults are at /_simulator/docs."""
    # Here and not above: the web framework takes half a second to import, which `depot plan` need not pay.
    from adapters.chargeye.simulator import run_simulator

    try:
        run_simulator(_LOOPBACK, port, seed)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--seed") from None
