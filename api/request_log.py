"""Every request has an id, a line in the log and its place in the metrics."""

import re
from time import perf_counter
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics

_LOG = structlog.get_logger()
_HEADER = "x-request-id"
_SOUND_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SERVER_FAULT = 500


class RequestLog:
    """ASGI middleware, the outermost: what is said inside is logged with the request's id."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status, begun_s = _SERVER_FAULT, perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[_HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._note(scope, status, perf_counter() - begun_s)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "(none)")  # the path itself may be anything
        self._metrics.request(scope["method"], route, status, seconds)
        _LOG.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1e3, 1))


def _request_id(scope: Scope) -> str:
    offered = Headers(scope=scope).get(_HEADER, "")
    return offered if _SOUND_ID.fullmatch(offered) else uuid4().hex
