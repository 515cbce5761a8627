"""Who may ask: bearer keys in front of every route, or the own machine only where there are none."""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters import service_records
from api.errors import Problem, problem_of
from api.exceptions import MissingScopeError, TooManyRequestsError
from api.keys import OWN_MACHINE, Caller, KeyRing
from api.rate_limit import RateLimit
from api.settings import is_loopback

OPEN_PATHS = frozenset({"/", "/healthz", "/readyz", "/metrics", "/openapi.json"})
_OPEN_FOLDER = "/dashboard/"
CALLER = "depot.caller"
"""Where the caller stands in the ASGI scope."""

_SCHEME = "bearer "


class RequireKey:
    """ASGI middleware: a 401 that says nothing else, before any route is looked up; 429 for a busy key."""

    def __init__(self, app: ASGIApp, keys: KeyRing, rate: RateLimit) -> None:
        self._app = app
        self._keys = keys
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass what is allowed on to the application."""
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        caller = await self._caller(scope)
        refusal = self._refusal(caller)
        if refusal is not None:
            await refusal.response()(scope, receive, send)
            return
        scope[CALLER] = caller
        await self._app(scope, receive, send)

    def _refusal(self, caller: Caller | None) -> Problem | None:
        if caller is None:
            return Problem(401, headers={"www-authenticate": "Bearer"})
        structlog.contextvars.bind_contextvars(caller=caller.name)
        wait_s = self._rate.take(caller.name)
        return problem_of(TooManyRequestsError(wait_s)) if wait_s else None

    async def _caller(self, scope: Scope) -> Caller | None:
        if self._keys.stale:
            await run_in_threadpool(self._keys.refresh)
        if not self._keys:
            client = scope.get("client")
            return OWN_MACHINE if client is None or is_loopback(client[0]) else None
        header = Headers(scope=scope).get("authorization", "")
        if not header.lower().startswith(_SCHEME):
            return None
        return self._keys.caller(header[len(_SCHEME) :])


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(_OPEN_FOLDER)


def caller_of(request: Request) -> Caller:
    """Who asks."""
    caller: Caller = request.scope[CALLER]
    return caller


def needs(scope: service_records.Scope) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """A dependency that raises MissingScopeError where the caller's key does not open this."""

    async def check(request: Request) -> None:
        if scope not in caller_of(request).scopes:
            raise MissingScopeError(f"this needs a key with the scope {scope.value}")

    return check
