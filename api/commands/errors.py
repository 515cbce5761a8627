"""Our errors on the command line: a message on standard error and an exit code, never a traceback."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from adapters.exceptions import AdapterError
    from api.exceptions import SelfCheckError
    from optimiser.exceptions import InvalidRequestError

WRONG_INPUT = 2
VENDOR_OR_STORE = 3
OUR_FAULT = 1


@contextmanager
def reported(source: str) -> Iterator[None]:
    """Turn what goes wrong into words and an exit code: 2 where it is the input, named by `source`.

    3 where a vendor or the store could not be reached.
    """
    from adapters.exceptions import AdapterError
    from api.exceptions import ApiError, InvalidPlanError, SelfCheckError
    from optimiser.exceptions import InvalidRequestError, PlannerError

    try:
        yield
    except InvalidPlanError as error:
        _leave(WRONG_INPUT, "the plan does not have the shape of one:", _places(error))
    except InvalidRequestError as error:
        _leave(WRONG_INPUT, f"{source} cannot be planned:", _places(error))
    except SelfCheckError as error:
        _leave(OUR_FAULT, f"{error}. This is a fault of the planner, please report it:", _broken(error))
    except ApiError as error:
        _leave(WRONG_INPUT, str(error))
    except AdapterError as error:
        _leave(_adapter_exit_code(error), str(error))
    except PlannerError as error:
        _leave(OUR_FAULT, f"no plan could be made: {error}")


def _adapter_exit_code(error: "AdapterError") -> int:
    """A refusal says that what was asked for is wrong; so does a database URL that names none."""
    from adapters.exceptions import VendorRefusedError
    from adapters.store.exceptions import StoreUrlError

    return WRONG_INPUT if isinstance(error, VendorRefusedError | StoreUrlError) else VENDOR_OR_STORE


def _places(error: "InvalidRequestError") -> Iterable[str]:
    return (f"{fault.pointer or '(the whole document)'}: {fault.message}" for fault in error.faults)


def _broken(error: "SelfCheckError") -> Iterable[str]:
    return (f"{breach.rule} {breach.where}: {breach.message}" for breach in error.breaches)


def _leave(code: int, message: str, lines: Iterable[str] = ()) -> NoReturn:
    typer.echo(f"depot: {message}", err=True)
    for line in lines:
        typer.echo(f"  {line}", err=True)
    raise typer.Exit(code)
