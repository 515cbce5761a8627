"""The rolling limit, alone and against a simulator whose clock the sleeper moves."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.queries import Page
from adapters.evenergy.simulator import SimulatorControl, serving_simulator
from adapters.exceptions import RateLimitedError
from adapters.rate_limit import RollingLimit
from adapters.tokens import StaticToken
from optimiser.units import MS_PER_HOUR, MS_PER_SECOND
from tests.adapters.conftest import FAST
from tests.adapters.evenergy.builders import TOKEN, VAN, a_command, a_seed, a_vehicle, at
from tests.adapters.moved_clock import MovedClock

ENTRIES, PAGES, PER_HOUR = 10_000, 400, 100


def answered(limit: RollingLimit, remaining: int, ceiling: int = 10, status: int = 200) -> None:
    headers = {"X-RateLimit-Limit": str(ceiling), "X-RateLimit-Remaining": str(remaining)}
    with limit.counting("GET /things") as counted:
        counted(httpx.Response(status, headers=headers))


def most_within_an_hour(instants_ms: list[int]) -> int:
    """The largest number of calls in any rolling hour."""
    most, first = 0, 0
    for last, instant_ms in enumerate(instants_ms):
        while instants_ms[first] <= instant_ms - MS_PER_HOUR:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_ten_thousand_entries_through_a_hundred_calls_an_hour() -> None:
    """400 pages on a clock that the sleeper moves: each entry once and in order, and never a 429."""
    logs = [a_command(-minute) for minute in range(ENTRIES)]
    with serving_simulator() as evenergy:
        evenergy.load(a_seed(command_logs=logs, rate_limit_per_hour=PER_HOUR))
        clock = MovedClock(also=lambda slept_s: evenergy.advance(round(slept_s * MS_PER_SECOND)))
        limit = clock.limit(patience_s=4_000.0)
        with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, retries=FAST, limit=limit) as client:
            came = [log.logged_at for log in client.command_logs(VAN, page=Page(size=ENTRIES // PAGES))]
        calls = evenergy.requests()
    assert came == [at(-minute) for minute in range(ENTRIES)]
    assert [call["status"] for call in calls] == [200] * PAGES
    assert most_within_an_hour([call["at_ms"] for call in calls]) == PER_HOUR
    assert len(clock.slept_s) == PAGES // PER_HOUR - 1


def test_threads_share_one_limit() -> None:
    """Eight threads and sixty calls at thirty an hour: no call is refused."""
    with serving_simulator() as evenergy:
        evenergy.load(a_seed(rate_limit_per_hour=30))
        clock = MovedClock(also=lambda slept_s: evenergy.advance(round(slept_s * MS_PER_SECOND)))
        limit = clock.limit(patience_s=4_000.0)
        with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, retries=FAST, limit=limit) as client:
            client.vehicle(VAN)  # whence the limit is known
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(client.vehicle, [VAN] * 59))
        calls = evenergy.requests()
    assert [call["status"] for call in calls] == [200] * 60 and clock.slept_s


def test_what_others_use_up_counts_too(evenergy: SimulatorControl) -> None:
    """Two clients of one application see one bucket: the second stops before the vendor refuses."""
    evenergy.load(a_seed(rate_limit_per_hour=10, vehicles=[a_vehicle()]))
    with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, retries=FAST) as other:
        for _ in range(8):
            other.vehicle(VAN)
    with EvEnergyClient(StaticToken(TOKEN), evenergy.api_url, retries=FAST) as client:
        client.vehicle(VAN)
        client.vehicle(VAN)
        with pytest.raises(RateLimitedError, match="not sent") as caught:
            client.vehicle(VAN)
    assert not caught.value.perhaps_done and caught.value.retry_after_s == pytest.approx(3_600, abs=5)
    assert {call["status"] for call in evenergy.requests()} == {200} and len(evenergy.requests()) == 10


def test_it_waits_for_the_oldest_call_to_leave_the_hour() -> None:
    """Not for a whole hour, and not before."""
    clock = MovedClock()
    limit = clock.limit(patience_s=4_000.0)
    for call in range(10):
        answered(limit, remaining=9 - call)
        clock.now_s += 60.0
    answered(limit, remaining=0)
    assert clock.slept_s == [3_001.0]  # 3,600 less the ten minutes, and the margin of a second


def test_without_headers_nothing_is_limited() -> None:
    """A vendor that names no limit is not guessed at."""
    clock = MovedClock()
    limit = clock.limit()
    for _ in range(5_000):
        with limit.counting("GET /things") as counted:
            counted(httpx.Response(200))
    assert clock.slept_s == []


def test_a_call_without_answer_is_counted() -> None:
    """The vendor may have counted it."""
    clock = MovedClock()
    limit = clock.limit()
    answered(limit, remaining=1, ceiling=2)
    with pytest.raises(httpx.ReadTimeout), limit.counting("GET /things"):
        raise httpx.ReadTimeout("too slow")
    with pytest.raises(RateLimitedError):
        answered(limit, remaining=0, ceiling=2)


def test_what_others_used_is_forgotten_when_the_vendor_forgets_it() -> None:
    """The vendor knows when their calls were made, we do not."""
    limit = MovedClock().limit()
    answered(limit, remaining=1)
    for _ in range(8):
        answered(limit, remaining=8)


@given(st.lists(st.tuples(st.floats(0, 900), st.integers(0, 3)), max_size=60))
def test_no_rolling_hour_holds_more_than_the_limit(steps: list[tuple[float, int]]) -> None:
    """Against a vendor that counts exactly, with others drawing on the same bucket at any time."""
    clock = MovedClock()
    limit = clock.limit(patience_s=8_000.0)
    counted_s: list[float] = []

    def in_the_hour() -> int:
        return sum(instant_s > clock.now_s - 3_600.0 for instant_s in counted_s)

    for pause_s, others in steps:
        clock.now_s += pause_s
        counted_s.extend([clock.now_s] * min(others, max(0, 8 - in_the_hour())))
        with limit.counting("GET /things") as counted:
            assert in_the_hour() < 10
            counted_s.append(clock.now_s)
            headers = {"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": str(10 - in_the_hour())}
            counted(httpx.Response(200, headers=headers))
