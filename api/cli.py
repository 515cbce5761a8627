"""The command line `depot`: one module per command, imported only when it runs."""

from typing import Annotated

import typer

from api.commands.check import check
from api.commands.evenergy import evenergy_app
from api.commands.keys import keys_app
from api.commands.plan import plan
from api.commands.replan import replan
from api.commands.serve import serve
from api.commands.simulate import simulate_app
from api.commands.sites import sites_app
from api.commands.what_if import what_if
from api.version import VERSION

app = typer.Typer(
    name="depot",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Plan when every bus or truck of a depot charges, under the grid connection.",
)
app.command()(plan)
app.command()(check)
app.command("what-if")(what_if)
app.command()(serve)
app.command()(replan)
app.add_typer(sites_app, name="sites")
app.add_typer(keys_app, name="keys")
app.add_typer(simulate_app, name="simulate")
app.add_typer(evenergy_app, name="evenergy")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"depot {VERSION}")
        raise typer.Exit


@app.callback()
def _depot(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave."),
    ] = False,
) -> None:
    """Plan when every bus or truck of a depot charges, under the grid connection."""


def main() -> None:
    """The console script."""
    app()
