"""The word of the vehicles themselves, through ev.energy, for a plan request."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from adapters.evenergy.client import EvEnergyClient
from adapters.evenergy.gathering import Gathered, gather_evidence
from adapters.evenergy.sharpening import sharpen
from adapters.ports import Clock, Store
from api.evenergy import linked_vehicles, open_evenergy
from api.jobs.site import Sharpen
from api.settings import Settings
from optimiser.domain import Notice
from optimiser.units import MS_PER_MINUTE

JsonObject = dict[str, Any]

# A replan asks for the whole fleet at once, and its sites follow each other within this time.
_FRESH_MS = MS_PER_MINUTE


class VehiclesWord:
    """Lays what ev.energy measured on plan requests; the fleet is asked once a minute at most.

    `links` gives ev.energy's vehicle id by ours.
    """

    def __init__(
        self, client: EvEnergyClient, links: Callable[[], Mapping[str, str]], clock: Callable[[], int]
    ) -> None:
        self._client = client
        self._links = links
        self._clock = clock
        self._lock = Lock()
        self._gathered = Gathered()
        self._gathered_ms: int | None = None

    def sharpened(self, document: JsonObject) -> tuple[JsonObject, Sequence[Notice]]:
        """The request with the evidence, and a notice for each change and for what could not be had."""
        now_ms, gathered = self._clock(), self._evidence()
        changed, notices = sharpen(document, gathered.evidence, now_ms)
        return changed, (*notices, *gathered.notices)

    def _evidence(self) -> Gathered:
        with self._lock:
            now_ms = self._clock()
            if self._gathered_ms is None or now_ms - self._gathered_ms > _FRESH_MS:
                self._gathered = gather_evidence(self._client, self._links(), now_ms)
                self._gathered_ms = now_ms
            return self._gathered


@contextmanager
def vehicles_word(settings: Settings, store: Store, clock: Clock) -> Iterator[Sharpen | None]:
    """What sharpens plan requests, None where ev.energy's credentials are not set. Raises BadSettingError."""
    if settings.evenergy_token is None and settings.evenergy_client_id is None:
        yield None
        return
    with open_evenergy(settings) as client:
        yield VehiclesWord(client, lambda: linked_vehicles(store.links), clock).sharpened
