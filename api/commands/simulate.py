"""`depot simulate ...`: the vendors as local HTTP servers, to try everything without an account."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from adapters.chargeye.paths import DEFAULT_SIMULATOR_PORT as CHARGEYE_PORT
from adapters.evenergy.queries import DEFAULT_SIMULATOR_PORT as EVENERGY_PORT

simulate_app = typer.Typer(help="Run a vendor's simulator as a local HTTP server.", no_args_is_help=True)

_LOOPBACK = "127.0.0.1"

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on the loopback.")]
SeedFile = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="State to begin with, a JSON file.")
]


@simulate_app.callback()
def simulate() -> None:
    """Run a vendor's simulator as a local HTTP server."""


# The web framework takes half a second to import, which `depot plan` need not pay: hence the imports inside.


@simulate_app.command("chargeye")
def simulate_chargeye(port: Port = CHARGEYE_PORT, seed: SeedFile = None) -> None:
    """A ChargEye at http://127.0.0.1:PORT/api; clock, state and faults are at /_simulator/docs."""
    from adapters.chargeye.simulator import run_simulator

    _run(run_simulator, port, seed)


@simulate_app.command("evenergy")
def simulate_evenergy(port: Port = EVENERGY_PORT, seed: SeedFile = None) -> None:
    """An ev.energy at http://127.0.0.1:PORT/v2; clock, state and faults are at /_simulator/docs."""
    from adapters.evenergy.simulator import run_simulator

    _run(run_simulator, port, seed)


def _run(simulator: Callable[[str, int, Path | None], None], port: int, seed: Path | None) -> None:
    try:
        simulator(_LOOPBACK, port, seed)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--seed") from None
