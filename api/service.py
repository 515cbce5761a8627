"""The use cases, shared by every way in: a document goes in, a document comes out, nothing is printed.

Front doors bring the clock; the planner has none.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from pydantic_core import from_json, to_json

from adapters.chargeye.plan_payload import Json
from api.exceptions import NotJsonError, SelfCheckError
from api.ids import new_id
from api.requests import OnInvalid, read_request
from api.responses import phases, render_plan
from optimiser.checker import Breach, check_plan
from optimiser.domain import PlanRequest
from optimiser.plan import Plan
from optimiser.planner import plan_site

Clock = Callable[[], int]

_MS_PER_SECOND = 1_000.0


class PhaseTimes:
    """Milliseconds between calls of `lap`, by name: where the time of one plan went."""

    def __init__(self) -> None:
        self.spent_ms: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, name: str) -> None:
        """End the phase that runs now and call it `name`."""
        now = perf_counter()
        self.spent_ms[name] = (now - self._last) * _MS_PER_SECOND
        self._last = now

    def skip(self) -> None:
        """Begin the next phase here; what passed until now is counted elsewhere."""
        self._last = perf_counter()


def make_plan(
    document: Any, *, clock: Clock, on_invalid: OnInvalid = OnInvalid.REJECT, engine: str = "auto"
) -> Json:
    """The response to a plan request.

    The clock (epoch ms) is read once: it is `createdAt`, and `now` where the request leaves it out, so
    that the response alone tells what was planned. Raises InvalidRequestError for a bad request and
    SelfCheckError where our own plan breaks a rule.
    """
    created_at_ms = clock()
    times = PhaseTimes()
    read = read_request(document, clock_now_ms=created_at_ms, on_invalid=on_invalid)
    times.lap("parse")
    plan = plan_site(read.plan_request, engine=engine)
    times.skip()
    _refuse_breaches(read.plan_request, plan)
    times.lap("check")
    response = render_plan(read, plan, plan_id=new_id(created_at_ms), created_at_ms=created_at_ms)
    times.lap("respond")
    spent = times.spent_ms
    response["solver"]["phasesMs"] = phases({"parse": spent["parse"], **plan.report.phases_ms, **spent})
    return response


def check_plan_documents(request_document: Any, plan_document: Any) -> tuple[Breach, ...]:
    """Every breach of contract section 4 by a response, found without the planner.

    Raises InvalidRequestError where the request cannot be planned, InvalidPlanError where the response
    has not the shape of one.
    """
    # Reading takes models that cost 25 ms to build; a plan is made without them.
    from api.document_check import check_document
    from api.plan_reading import read_response, to_plan

    answer = read_response(plan_document)
    on_invalid = OnInvalid.SKIP if answer.response.rejected else OnInvalid.REJECT
    read = read_request(request_document, clock_now_ms=answer.response.created_at_ms, on_invalid=on_invalid)
    return (*check_document(answer, read), *check_plan(read.plan_request, to_plan(answer, read)))


def parse_json(text: bytes) -> Any:
    """JSON text as plain objects; NaN and infinities pass here, so that the reader can name their place.

    Raises NotJsonError.
    """
    try:
        return from_json(text)
    except ValueError as error:
        raise NotJsonError(f"not JSON: {error}") from error


def json_text(document: Json, *, indent: int | None = None) -> bytes:
    """The document as JSON text."""
    return to_json(document, indent=indent)


def _refuse_breaches(request: PlanRequest, plan: Plan) -> None:
    breaches = check_plan(request, plan)
    if breaches:
        raise SelfCheckError(breaches)
