"""Looking at the simulated depots, and changing them between two replans."""

from collections import Counter
from datetime import timedelta
from typing import Any

from adapters.chargeye.simulator import Seed, SimulatorControl
from adapters.chargeye.simulator.rules import instant_ms
from optimiser.units import from_ms, iso_z, to_ms
from tests.adapters.conftest import NOW

Entry = dict[str, Any]


def change(simulator: SimulatorControl, **lists: Any) -> None:
    """Put other lists into the state; the rest stays."""
    state: Seed = simulator.state()
    simulator.load(state.model_copy(update=lists))


def change_schedule(simulator: SimulatorControl, place: int, **fields: Any) -> Entry:
    """Other fields for one schedule; what it was before."""
    schedules = simulator.schedules()
    before = schedules[place]
    change(simulator, schedules=[*schedules[:place], {**before, **fields}, *schedules[place + 1 :]])
    return before


def later(text: str, minutes: float) -> str:
    """A time so many minutes later."""
    return iso_z(to_ms(from_ms(instant_ms(text)) + timedelta(minutes=minutes)))


def now_and(minutes: float) -> str:
    """So many minutes after NOW."""
    return later(NOW.isoformat(), minutes)


def plans(simulator: SimulatorControl) -> dict[str, Any]:
    """The plan of every schedule, by id."""
    return {entry["id"]: entry.get("plan") for entry in simulator.schedules()}


def departures(simulator: SimulatorControl) -> Counter[tuple[str, str]]:
    """How often each vehicle departs at each time."""
    return Counter((entry["evId"], entry["plannedDepartureTime"]) for entry in simulator.schedules())


def writes(simulator: SimulatorControl) -> int:
    """Calls that changed anything."""
    return sum(call["method"] != "GET" for call in simulator.requests())
