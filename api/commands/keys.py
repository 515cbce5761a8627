"""`depot keys ...`: keys of the HTTP service, beside those of DEPOT_API_KEYS."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.errors import reported

if TYPE_CHECKING:
    from adapters.store import SqlStore

keys_app = typer.Typer(help="Make, list and revoke keys of the HTTP service.", no_args_is_help=True)


class KeyScope(StrEnum):
    """What a key opens."""

    READ = "read"
    PLAN = "plan"
    PUSH = "push"


@keys_app.command("make")
def make_key(
    name: Annotated[str, typer.Argument(help="Whose key it is; each name is used once.")],
    scope: Annotated[
        list[KeyScope],
        typer.Option(
            help="read: everything that shows; plan: plans and checks; push: replans and site settings."
        ),
    ] = [KeyScope.READ, KeyScope.PLAN],  # noqa: B006, typer reads it and never changes it
) -> None:
    """Make a key and print it, once: only its hash is kept. Give --scope for each scope."""
    with _store() as store:
        from adapters.service_records import Scope
        from adapters.store.exceptions import ConflictError
        from api.keys import key_digest, new_key

        key = new_key()
        try:
            store.keys.put(name, key_digest(key), [Scope(one.value) for one in scope])
        except ConflictError:
            raise typer.BadParameter(f"there is or was a key named {name}", param_hint="NAME") from None
        typer.echo(key)


@keys_app.command("list")
def list_keys() -> None:
    """List the keys of the store: name, scopes, when made, when revoked. The keys themselves are not kept."""
    with _store() as store:
        from optimiser.units import iso_z

        for key in store.keys.list():
            scopes = ",".join(sorted(key.scopes))
            end = "" if key.revoked_ms is None else f"  revoked {iso_z(key.revoked_ms)}"
            typer.echo(f"{key.name}  {scopes}  made {iso_z(key.created_ms)}{end}")


@keys_app.command("revoke")
def revoke_key(name: Annotated[str, typer.Argument(help="The key's name.")]) -> None:
    """End a key; a running service refuses it within seconds."""
    with _store() as store:
        if not store.keys.revoke(name):
            raise typer.BadParameter(f"there is no good key named {name}", param_hint="NAME")


@contextmanager
def _store() -> "Iterator[SqlStore]":
    with reported("the environment"):
        from api.stores import open_own_store

        with open_own_store() as store:
            yield store
