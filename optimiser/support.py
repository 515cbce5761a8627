"""What a request may ask for that this planner cannot do yet: refused, never ignored."""

from collections.abc import Iterator

from optimiser.domain import ChargingSession, PlanRequest, ShortfallPolicy
from optimiser.exceptions import Fault, InvalidRequestError


def refuse_unsupported(request: PlanRequest, sessions: tuple[ChargingSession, ...]) -> None:
    """Raise InvalidRequestError naming everything whose neglect would change the plan."""
    faults = list(_request_faults(request))
    if faults:
        raise InvalidRequestError(faults)


def _request_faults(request: PlanRequest) -> Iterator[Fault]:
    if request.shortfall_policy is ShortfallPolicy.FEWEST:
        yield Fault(("settings", "shortfallPolicy"), "`fewest` is not supported yet; use `fair`")
