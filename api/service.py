"""The use cases, shared by every way in: a document goes in, a document comes out, nothing is printed.

Front doors bring the clock; the planner has none.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from pydantic_core import from_json, to_json

from adapters.chargeye.plan_payload import Json
from api.exceptions import NotJsonError, SelfCheckError
from api.ids import new_id
from api.requests import OnInvalid, ReadRequest, read_request
from api.responses import phases, render_plan
from api.set_aside import without_unplannable
from optimiser.checker import Breach, check_plan
from optimiser.domain import PlanRequest
from optimiser.plan import Plan
from optimiser.planner import plan_site
from optimiser.sessions import dated_sessions
from optimiser.stopwatch import Stopwatch

Clock = Callable[[], int]


def make_plan(
    document: Any, *, clock: Clock, on_invalid: OnInvalid = OnInvalid.REJECT, engine: str = "auto"
) -> Json:
    """The response to a plan request.

    The clock (epoch ms) is read once: it is `createdAt`, and `now` where the request leaves it out, so
    that the response alone tells what was planned. Raises InvalidRequestError for a bad request and
    SelfCheckError where our own plan breaks a rule.
    """
    created_at_ms, watch = clock(), Stopwatch(perf_counter)
    read = _read(document, created_at_ms, on_invalid)
    watch.lap("parse")
    plan = plan_site(read.plan_request, engine=engine, seconds=perf_counter)
    watch.lap("plan")
    refuse_breaches(read, plan)
    watch.lap("check")
    response = render_plan(read, plan, plan_id=new_id(created_at_ms), created_at_ms=created_at_ms)
    watch.lap("respond")
    response["solver"]["phasesMs"] = _all_phases(watch.phases_ms, plan.report.phases_ms)
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
    read = _read(request_document, answer.response.created_at_ms, on_invalid)
    plan = to_plan(answer, read)
    return (*check_document(answer, plan.sessions, read), *check_plan(_dated(read), plan))


def _read(document: Any, clock_now_ms: int, on_invalid: OnInvalid) -> ReadRequest:
    read = read_request(document, clock_now_ms=clock_now_ms, on_invalid=on_invalid)
    return without_unplannable(read) if on_invalid is OnInvalid.SKIP else read


def _dated(read: ReadRequest) -> PlanRequest:
    """The request with its rules expanded, so that a missing occurrence is a breach too."""
    return replace(read.plan_request, sessions=dated_sessions(read.plan_request), recurring=())


def refuse_breaches(read: ReadRequest, plan: Plan) -> None:
    """Raise SelfCheckError for a plan of ours that breaks a rule: better no plan than a bad one."""
    breaches = check_plan(_dated(read), plan)
    if breaches:
        raise SelfCheckError(breaches)


def _all_phases(around: Mapping[str, float], inside: Mapping[str, float]) -> dict[str, float]:
    """The planner's own phases in place of the one in which it ran."""
    spent = {"parse": around["parse"], **inside, "check": around["check"], "respond": around["respond"]}
    return phases(spent)


def parse_json(text: bytes) -> Any:
    """JSON text as plain objects; NaN and infinities pass here, so that the reader can name their place.

    Raises NotJsonError.
    """
    try:
        return from_json(text)
    except ValueError as error:
        raise NotJsonError(f"not JSON: {error}") from error


def json_text(document: Json | list[Json], *, indent: int | None = None) -> bytes:
    """The document as JSON text."""
    return to_json(document, indent=indent)
