"""A service without keys speaks to its own machine, and not to a web page that a browser there has open.

Such a page may reach loopback by a name of its own that it points there (DNS rebinding), or send a simple
request without asking first. A browser tells on it: by `Host` in the one case, by `Origin` in the other.
"""

from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Problem
from api.keys import KeyRing
from api.settings import is_loopback


class OwnMachine:
    """ASGI middleware: without any key, whoever asks for another host or comes from another is refused."""

    def __init__(self, app: ASGIApp, keys: KeyRing) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is meant for this machine, and everything where there are keys."""
        problem = _problem(Headers(scope=scope)) if scope["type"] == "http" else None
        if problem is None or await self._has_keys():
            await self._app(scope, receive, send)
        else:
            await problem.response()(scope, receive, send)

    async def _has_keys(self) -> bool:
        if self._keys.stale:
            await run_in_threadpool(self._keys.refresh)
        return bool(self._keys)


def _problem(headers: Headers) -> Problem | None:
    """What is wrong with where a request goes to or comes from; nothing where it is this machine."""
    if not _is_here(f"//{headers.get('host', '')}"):
        return Problem(421, "without keys this service answers to the names of its own machine only")
    origin = headers.get("origin")
    if origin is not None and not _is_here(origin):
        return Problem(403, "without keys this service takes nothing from the pages of other sites")
    return None


def _is_here(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
