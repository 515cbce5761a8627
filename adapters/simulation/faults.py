"""Faults on demand: which calls go wrong, how, how often."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.simulation.clock import SimulatedClock
from adapters.simulation.paths import is_vendor_call
from optimiser.units import from_ms

ErrorAnswer = Callable[[HTTPStatus, Mapping[str, str]], Response]
"""Makes a vendor's own error answer of a status, with these headers."""


class FaultKind(StrEnum):
    """What goes wrong. `cut-before` closes the connection before the call acts, `cut-after` once it has.

    `drop-plan` is ChargEye's alone: a write that loses the plan and says nothing.
    """

    SLOW = "slow"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not-found"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    CUT_BEFORE = "cut-before"
    CUT_AFTER = "cut-after"
    DROP_PLAN = "drop-plan"


_STATUS = {
    FaultKind.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    FaultKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    FaultKind.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    FaultKind.SERVER_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class FaultRule(BaseModel):
    """One fault and the calls that it befalls.

    `path` is a pattern with `*` over the path below the vendor's API. Of the calls that match, the first
    `skip` go well, then each fails with `probability` (drawn from `seed`), `count` times at most.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    kind: FaultKind
    method: str = "*"
    path: str = "*"
    count: int | None = Field(default=None, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0
    skip: int = Field(default=0, ge=0)
    delay_seconds: float = Field(default=1.0, ge=0)
    retry_after_seconds: int | None = Field(default=None, ge=0)
    retry_after_as_date: bool = False


@dataclass
class ActiveFault:
    """A rule at work, with what it has seen so far."""

    rule: FaultRule
    matched: int = 0
    fired: int = 0
    draws: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.draws = random.Random(self.rule.seed)

    def fires(self, method: str, path: str) -> bool:
        """Whether this call is befallen; counts it."""
        rule = self.rule
        if not (fnmatchcase(method, rule.method) and fnmatchcase(path, rule.path)):
            return False
        self.matched += 1
        spent = rule.count is not None and self.fired >= rule.count
        if self.matched <= rule.skip or spent or self.draws.random() >= rule.probability:
            return False
        self.fired += 1
        return True


class Faults:
    """The rules at work, in the order in which they were given."""

    def __init__(self) -> None:
        self.active: list[ActiveFault] = []

    def add(self, rule: FaultRule) -> None:
        """One more rule."""
        self.active.append(ActiveFault(rule))

    def clear(self) -> None:
        """No more faults."""
        self.active.clear()

    def befalling(self, method: str, path: str) -> dict[FaultKind, FaultRule]:
        """The faults of one call."""
        return {fault.rule.kind: fault.rule for fault in self.active if fault.fires(method, path)}


class FaultInjection:
    """Lets the faults befall the vendor's paths; the simulator's own are left alone."""

    def __init__(
        self, app: ASGIApp, faults: Faults, clock: SimulatedClock, api: str, error_answer: ErrorAnswer
    ) -> None:
        self._app = app
        self._faults = faults
        self._clock = clock
        self._api = api
        self._error_answer = error_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, delay or cut the call as its faults say."""
        if not is_vendor_call(scope):
            await self._app(scope, receive, send)
            return
        befalling = self._faults.befalling(scope["method"], scope["path"].removeprefix(self._api))
        scope["state"]["faults"] = sorted(befalling)
        if FaultKind.SLOW in befalling:
            await asyncio.sleep(befalling[FaultKind.SLOW].delay_seconds)
        answer = next((self._answer(befalling[kind]) for kind in _STATUS if kind in befalling), None)
        if FaultKind.CUT_BEFORE in befalling:
            await _cut(scope, receive)
        elif answer is not None:
            await answer(scope, receive, send)
        elif FaultKind.CUT_AFTER in befalling:
            await self._app(scope, receive, _unheard)
            await _cut(scope, receive)
        else:
            await self._app(scope, receive, send)

    def _answer(self, rule: FaultRule) -> Response:
        return self._error_answer(_STATUS[rule.kind], self._retry_after(rule))

    def _retry_after(self, rule: FaultRule) -> dict[str, str]:
        if rule.retry_after_seconds is None:
            return {}
        if not rule.retry_after_as_date:
            return {"Retry-After": str(rule.retry_after_seconds)}
        until = from_ms(self._clock.now_ms()) + timedelta(seconds=rule.retry_after_seconds)
        return {"Retry-After": format_datetime(until, usegmt=True)}


async def _unheard(message: Message) -> None:
    """Take the answer and tell nobody."""


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the connection without a word, and wait until it is closed."""
    scope["state"]["connection"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
