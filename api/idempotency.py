"""`Idempotency-Key`: a POST that is sent again is answered again, and done once.

As draft-ietf-httpapi-idempotency-key-header-07 has it: the key belongs to its caller, 422 where it comes
with another request, 409 while the first still runs. Answers that say "not now" or "our fault" are not
kept, so that the same request may be tried again.
"""

import hashlib
import re

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.ports import Store
from adapters.service_records import AttemptState, KeptAnswer
from adapters.store.exceptions import StoreError
from api.auth import caller_of
from api.body import limited_body
from api.errors import problem_of
from api.exceptions import ApiError, KeyReusedError, NotYetError

_LOG = structlog.get_logger()
_HEADER = "idempotency-key"
KEY_PATTERN = "[A-Za-z0-9._:-]{1,255}"
_KEPT_HEADERS = ("content-type", "content-location", "location", "preference-applied")
_NOT_KEPT_FROM = 500
_NEVER_KEPT = (409, 429)


class Idempotency:
    """ASGI middleware behind the keys. A request is taken for dead after `stale_s` without an answer."""

    def __init__(self, app: ASGIApp, store: Store, stale_s: float) -> None:
        self._app = app
        self._answers = store.answers
        self._stale_ms = round(stale_s * 1e3)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or pass the request on and keep its answer."""
        if scope["type"] != "http" or scope["method"] != "POST" or _HEADER not in Headers(scope=scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            kept = await self._once(request, send)
        except (ApiError, StoreError) as error:
            await problem_of(error).response()(scope, receive, send)
            return
        if kept is not None:
            headers = {**kept.headers, "idempotency-replayed": "true"}
            await Response(kept.body, kept.status, headers)(scope, receive, send)

    async def _once(self, request: Request, send: Send) -> KeptAnswer | None:
        """The answer that was kept; None where the request was new, and is answered by now."""
        key, owner = request.headers[_HEADER], caller_of(request).name
        if not re.fullmatch(KEY_PATTERN, key):
            raise KeyReusedError("an idempotency key has 1 to 255 letters, digits or any of . _ : -")
        body = await limited_body(request)
        attempt = await run_in_threadpool(
            self._answers.begin, owner, key, _fingerprint(request, body), self._stale_ms
        )
        if attempt.state is AttemptState.OTHER:
            raise KeyReusedError("this idempotency key was used for another request")
        if attempt.state is AttemptState.RUNNING:
            raise NotYetError("the request with this idempotency key is still being answered")
        if attempt.state is AttemptState.NEW:
            await self._answer_and_keep(request, body, send, owner, key)
        return attempt.answer

    async def _answer_and_keep(self, request: Request, body: bytes, send: Send, owner: str, key: str) -> None:
        """The answer goes out once it is kept: whoever has it can rely on getting it again."""
        recorder = _Recorder()
        try:
            await self._app(request.scope, _given(body, request.receive), recorder)
        finally:
            await run_in_threadpool(self._keep, owner, key, recorder.answer())
        for message in recorder.messages:
            await send(message)

    def _keep(self, owner: str, key: str, answer: KeptAnswer | None) -> None:
        try:
            if answer is None:
                self._answers.drop(owner, key)
            else:
                self._answers.finish(owner, key, answer)
        except StoreError as error:  # the answer is made and as good as ever
            _LOG.warning("answer not kept", reason=str(error))


class _Recorder:
    """Holds an answer back."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    def answer(self) -> KeptAnswer | None:
        """The answer, None where it is not to be kept."""
        if not self.messages:
            return None
        start, *parts = self.messages
        if start["status"] >= _NOT_KEPT_FROM or start["status"] in _NEVER_KEPT:
            return None
        headers = Headers(raw=start["headers"])
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        return KeptAnswer(start["status"], kept, b"".join(part.get("body", b"") for part in parts))


def _fingerprint(request: Request, body: bytes) -> str:
    asked = (request.method, request.url.path, request.url.query, request.headers.get("prefer", ""))
    return hashlib.sha256("\n".join(asked).encode() + b"\n" + body).hexdigest()


def _given(body: bytes, receive: Receive) -> Receive:
    """A `receive` that has the body already; what comes after it is the connection's."""
    sent = False

    async def again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
