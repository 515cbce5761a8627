"""The tester's hand on a running ev.energy."""

from adapters.evenergy.simulator.seed import Seed
from adapters.simulation.control import Control

API = "/v2"


class SimulatorControl(Control):
    """Reads and sets state, clock, faults and call log. `api_url` is what an ev.energy client is given."""

    def __init__(self, url: str) -> None:
        super().__init__(url, API)
        self.token_url = f"{url}/o/token/"

    def load(self, seed: Seed) -> None:
        """Replace the whole state."""
        self._send("PUT", "/state", seed.model_dump(mode="json"))

    def state(self) -> Seed:
        """The whole state."""
        return Seed.model_validate(self._send("GET", "/state").json())
