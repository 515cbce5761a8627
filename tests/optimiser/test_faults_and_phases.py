"""Small things that have no other place."""

from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.stopwatch import Stopwatch, no_clock


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
