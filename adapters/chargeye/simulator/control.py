"""The tester's hand on a running ChargEye."""

from adapters.chargeye.simulator.depot import Seed
from adapters.chargeye.simulator.rules import Entry
from adapters.simulation.control import Control

API = "/api"


class SimulatorControl(Control):
    """Reads and sets state, clock, faults and call log. `api_url` is what a ChargEye client is given."""

    def __init__(self, url: str) -> None:
        super().__init__(url, API)

    def load(self, seed: Seed) -> None:
        """Replace the whole state."""
        self._send("PUT", "/state", seed.model_dump(mode="json", by_alias=True))

    def state(self) -> Seed:
        """The whole state."""
        return Seed.model_validate(self._send("GET", "/state").json())

    def schedules(self, vehicle_id: str | None = None) -> list[Entry]:
        """The stored schedules, of one vehicle or of all."""
        entries = self.state().schedules
        return [entry for entry in entries if vehicle_id in (None, entry["evId"])]
