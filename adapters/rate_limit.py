"""A vendor's rolling rate limit, obeyed from its headers before it bites."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

import httpx

from adapters.answers import retry_after_s
from adapters.exceptions import RateLimitedError

_HOUR_S = 3600.0

# The vendor's clock and ours do not run alike; over an hour a second is more than they part.
_MARGIN_S = 1.0


class RollingLimit:
    """A ledger of the calls that the vendor still counts: at most `limit` in any `window_s`.

    A call enters the ledger when it is sent and is stamped when its answer is here, so never before the
    vendor counted it. `X-RateLimit-Limit` and `-Remaining` say how many calls the vendor counts; those that
    others made out of the same bucket are entered as if made just now, so they are not forgotten early.

    `patience_s` is the longest wait; a call that would have to wait longer fails at once. `clock_s` and
    `sleep` may be a simulator's. Safe to share between threads.
    """

    def __init__(
        self,
        vendor: str,
        *,
        window_s: float = _HOUR_S,
        patience_s: float = 60.0,
        clock_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.patience_s = patience_s
        self._vendor = vendor
        self._window_s = window_s
        self._clock_s = clock_s
        self._sleep = sleep
        self._lock = Lock()
        self._limit: int | None = None
        self._own: deque[float] = deque()
        self._foreign: deque[float] = deque()
        self._in_flight = 0
        self._blocked_until_s = 0.0

    @contextmanager
    def counting(self, call: str) -> Iterator[Callable[[httpx.Response], None]]:
        """Wait until a call may be sent, and count it; what is yielded takes its answer.

        Raises RateLimitedError where the wait is beyond patience.
        """
        self._enter(call)
        answers: list[httpx.Response] = []
        try:
            yield answers.append
        finally:
            with self._lock:
                self._in_flight -= 1
                self._book(answers)

    def _enter(self, call: str) -> None:
        while wait_s := self._admitted_or_wait_s():
            if wait_s > self.patience_s:
                raise self._out_of_patience(call, wait_s)
            self._sleep(wait_s)

    def _book(self, answers: Sequence[httpx.Response]) -> None:
        """A refused call is not counted by the vendor; one without answer may be."""
        if answers and answers[0].status_code == httpx.codes.TOO_MANY_REQUESTS:
            self._block(retry_after_s(answers[0].headers))
            return
        self._own.append(self._clock_s())
        for answer in answers:
            self._learn(_count(answer, "x-ratelimit-limit"), _count(answer, "x-ratelimit-remaining"))

    def _admitted_or_wait_s(self) -> float:
        """0 where the call was counted as in flight, else how long to wait before asking again."""
        with self._lock:
            now_s = self._clock_s()
            self._forget(now_s)
            wait_s = max(self._blocked_until_s - now_s, self._full_for_s(now_s))
            if wait_s <= 0:
                self._in_flight += 1
                return 0.0
            return wait_s

    def _forget(self, now_s: float) -> None:
        for stamps in (self._own, self._foreign):
            while stamps and stamps[0] + self._window_s + _MARGIN_S <= now_s:
                stamps.popleft()

    def _full_for_s(self, now_s: float) -> float:
        """How long the window stays full; 0 where there is room."""
        if self._limit is None or self._counted() + self._in_flight < self._limit:
            return 0.0
        oldest = [stamps[0] for stamps in (self._own, self._foreign) if stamps]
        if not oldest:
            return _MARGIN_S  # all of them are in flight; their answers will say more
        return min(oldest) + self._window_s + _MARGIN_S - now_s

    def _counted(self) -> int:
        return len(self._own) + len(self._foreign)

    def _learn(self, limit: int | None, remaining: int | None) -> None:
        if limit is None or remaining is None:
            return
        self._limit = max(1, limit)
        foreign = max(0, limit - remaining - len(self._own) - self._in_flight)
        self._foreign.extend([self._clock_s()] * (foreign - len(self._foreign)))
        while len(self._foreign) > foreign:
            self._foreign.popleft()

    def _block(self, asked_s: float | None) -> None:
        """After a 429 the vendor knows better than the ledger when there is room again."""
        if asked_s is not None:
            self._blocked_until_s = self._clock_s() + asked_s
        while self._limit is not None and self._counted() >= self._limit:
            (self._foreign or self._own).popleft()

    def _out_of_patience(self, call: str, wait_s: float) -> RateLimitedError:
        problem = f"the rate limit leaves no room for another {wait_s:.0f} s, so it was not sent"
        error = RateLimitedError(self._vendor, call, problem)
        error.retry_after_s = wait_s
        error.perhaps_done = False
        return error


def _count(answer: httpx.Response, name: str) -> int | None:
    text = answer.headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() else None
