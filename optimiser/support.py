"""What a request may ask for that this planner cannot do yet: refused, never ignored."""

from collections.abc import Iterator

from optimiser.domain import ChargingSession, PlanRequest
from optimiser.exceptions import Fault, InvalidRequestError


def refuse_unsupported(request: PlanRequest, sessions: tuple[ChargingSession, ...]) -> None:
    """Raise InvalidRequestError naming everything whose neglect would change the plan."""
    faults = list(_request_faults(request))
    if faults:
        raise InvalidRequestError(faults)


def _request_faults(request: PlanRequest) -> Iterator[Fault]:
    if request.min_run_minutes > 0.0:
        yield Fault(("settings", "minRunMinutes"), "not supported yet; use 0")
    if request.max_pauses is not None:
        yield Fault(("settings", "maxPauses"), "not supported yet; use null")
