"""When two plans of a vehicle count as different."""

from collections.abc import Sequence
from typing import Any

import pytest

from adapters.chargeye.plan_change import AS_SENT, plans_differ

MINUTE = 60_000
Steps = Sequence[tuple[float, float, float]]


def a_plan(steps: Steps) -> dict[str, Any]:
    """A plan of (from, to, power), in minutes and kW."""
    return {"segments": [{"from": a * MINUTE, "to": b * MINUTE, "powerkW": kw} for a, b, kw in steps]}


STEADY: Steps = [(0, 60, 0), (60, 120, 50)]


@pytest.mark.parametrize(
    ("after", "differ"),
    [
        pytest.param(STEADY, False, id="the same"),
        pytest.param([(0, 60, 0), (60, 90, 50), (90, 120, 50)], False, id="cut in two without a change"),
        pytest.param([(0, 60, 0), (60, 120, 50.5)], False, id="half a kW more"),
        pytest.param([(0, 60, 0), (60, 120, 50.6)], True, id="more than half a kW more"),
        pytest.param([(0, 61, 0), (61, 120, 50)], False, id="one minute later"),
        pytest.param([(0, 61.1, 0), (61.1, 120, 50)], True, id="more than a minute later"),
        pytest.param([(0, 60, 0), (60, 110, 50)], True, id="ends before the other"),
        pytest.param(
            [(0, 60, 0), (60, 61, 40), (61, 62, 60), (62, 120, 50)], True, id="two minutes in a row"
        ),
        pytest.param([], True, id="no plan at all"),
    ],
)
def test_a_change_counts_by_power_and_by_time(after: Steps, differ: bool) -> None:
    """More than 0.5 kW apart for more than a minute in a row, whichever of both is the older."""
    before = a_plan(STEADY)
    assert plans_differ(before, a_plan(after), 0, 120 * MINUTE) is differ
    assert plans_differ(a_plan(after), before, 0, 120 * MINUTE) is differ


def test_only_the_given_span_counts() -> None:
    """What has happened, or comes after the departure, makes no difference."""
    before, after = a_plan([(0, 120, 50)]), a_plan([(0, 60, 10), (60, 120, 50), (120, 180, 5)])
    assert not plans_differ(before, after, 60 * MINUTE, 120 * MINUTE)
    assert plans_differ(before, after, 50 * MINUTE, 120 * MINUTE)
    assert not plans_differ(before, after, 120 * MINUTE, 60 * MINUTE)


def test_what_is_sent_must_come_back_as_it_was() -> None:
    """Reading back is held to 0.01 kW and one second; a segment that cannot be read is no plan."""
    sent = a_plan(STEADY)
    assert plans_differ(sent, a_plan([(0, 60, 0), (60, 120, 50.1)]), 0, 120 * MINUTE, AS_SENT)
    assert not plans_differ(sent, a_plan([(0, 60, 0), (60, 120, 50.009)]), 0, 120 * MINUTE, AS_SENT)
    assert plans_differ(sent, {"segments": [{"from": 0}, None]}, 0, 120 * MINUTE, AS_SENT)
    assert not plans_differ(None, None, 0, 120 * MINUTE)
