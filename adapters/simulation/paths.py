"""Which paths of a simulator are the vendor's, and which are ours."""

from starlette.types import Scope

CONTROL = "/_simulator"


def is_vendor_call(scope: Scope) -> bool:
    """Whether this is an HTTP call to the simulated vendor."""
    return scope["type"] == "http" and not scope["path"].startswith(CONTROL)
