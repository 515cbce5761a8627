"""What is refused rather than ignored; and small things that have no other place."""

from dataclasses import replace

import pytest

from optimiser.domain import ChargingCurve
from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.stopwatch import Stopwatch, no_clock
from optimiser.support import refuse_unsupported
from tests.optimiser.builders import a_request, a_session


def curved():
    session = a_session(source=("schedules", 3))
    return replace(session, vehicle=replace(session.vehicle, charging_curve=ChargingCurve((0.0,), (9.0,))))


@pytest.mark.parametrize(
    ("request_", "pointers"),
    [
        (a_request(), []),
        (a_request(min_run_minutes=5.0, max_pauses=0), ["/settings/minRunMinutes", "/settings/maxPauses"]),
    ],
)
def test_every_reason_is_named_at_once(request_, pointers: list[str]) -> None:
    """By its place in the request."""
    try:
        refuse_unsupported(request_, request_.sessions)
    except InvalidRequestError as error:
        assert [fault.pointer for fault in error.faults] == pointers
    else:
        assert pointers == []


def test_a_pointer_escapes_as_rfc_6901_says() -> None:
    """Tilde and slash."""
    assert Fault(("vehicles", 0, "a/b~c"), "no").pointer == "/vehicles/0/a~1b~0c"
    assert (
        str(InvalidRequestError([Fault(("x",), "bad"), Fault(("y", 1), "worse")])) == "/x: bad; /y/1: worse"
    )


def test_phases_add_up() -> None:
    """On a clock of the caller's; without one everything takes 0."""
    ticks = iter([0.0, 0.5, 0.75, 2.0])
    watch = Stopwatch(lambda: next(ticks))
    for phase in ("build", "solve", "build"):
        watch.lap(phase)
    assert watch.phases_ms == {"build": 1750.0, "solve": 250.0}
    assert no_clock() == 0.0
