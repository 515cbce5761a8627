"""Who may ask: bearer keys in front of every route, or the own machine only where there are none."""

import hmac
from collections.abc import Mapping

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Problem
from api.settings import is_loopback

OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/openapi.json"})
_SCHEME = "bearer "


class RequireKey:
    """ASGI middleware: a 401 that says nothing else, before any route is looked up."""

    def __init__(self, app: ASGIApp, keys: Mapping[str, SecretStr]) -> None:
        self._app = app
        self._keys = [key.get_secret_value().encode() for key in keys.values()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass what is allowed on to the application."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or self._allowed(scope):
            await self._app(scope, receive, send)
            return
        refusal = Problem(401).response(headers={"WWW-Authenticate": "Bearer"})
        await refusal(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        if not self._keys:
            client = scope.get("client")
            return client is None or is_loopback(client[0])
        header = Headers(scope=scope).get("authorization", "")
        offered = header[len(_SCHEME) :].encode() if header.lower().startswith(_SCHEME) else b""
        # every key is compared, in constant time, so that the time taken tells nothing
        matches = [hmac.compare_digest(offered, key) for key in self._keys]
        return any(matches)
