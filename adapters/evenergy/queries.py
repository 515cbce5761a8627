"""What can be asked of ev.energy beside an id: pages, spans of time, whom to onboard."""

from collections.abc import Sequence
from dataclasses import dataclass

from optimiser.units import iso_z

VENDOR = "ev.energy"
DEFAULT_BASE_URL = "https://api.ev.energy/v2"
DEFAULT_SIMULATOR_PORT = 9200
LARGEST_PAGE = 100

# By which timestamp a log is filtered: vehicles sample status and location, ev.energy logs the rest.
SAMPLED, LOGGED = "sampled_at", "logged_at"

Params = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Page:
    """How a list is cut and what of it is sent whole. The largest pages cost the fewest calls of the hour."""

    size: int = LARGEST_PAGE
    expand: Sequence[str] = ()

    def params(self) -> Params:
        """As query parameters; `expand` is repeated, for the vendor's one example with a comma is wrong."""
        return [("page_size", str(self.size)), *(("expand", name) for name in self.expand)]


@dataclass(frozen=True, slots=True)
class Span:
    """From one epoch millisecond to another, both included; None is open."""

    from_ms: int | None = None
    to_ms: int | None = None

    def params(self, timestamp: str) -> Params:
        """As query parameters over one timestamp of a log."""
        edges = ((f"{timestamp}__gte", self.from_ms), (f"{timestamp}__lte", self.to_ms))
        return [(name, iso_z(edge_ms)) for name, edge_ms in edges if edge_ms is not None]


@dataclass(frozen=True, slots=True)
class Onboardee:
    """Who is to connect which vehicle through which application."""

    user_id: str
    client_id: str
    make_id: str | None = None
    model_id: str | None = None
    trim_id: str | None = None
    redirect_uri: str | None = None

    def params(self) -> Params:
        """As query parameters."""
        names = ("user_id", "client_id", "make_id", "model_id", "trim_id", "redirect_uri")
        return [(name, value) for name in names if (value := getattr(self, name)) is not None]
