"""What a worker process does with each kind of task."""

from collections.abc import Callable
from typing import Any

import structlog

from adapters.ports import Store
from adapters.service_records import KeptAnswer
from adapters.store.exceptions import StoreError
from api.chart.document import chart_document
from api.clock import now_ms
from api.comparison import compare_plans
from api.errors import problem_of
from api.exceptions import ApiError, InvalidPlanError, NotFoundError
from api.plan_records import shortfall_kwh, stored_plan
from api.requests import OnInvalid
from api.service import check_plan_documents, json_text, make_plan, parse_json
from api.what_if import answer_document
from api.workers.task import PlanFacts, Task, TaskAnswer, TaskKind
from optimiser.checker import Breach
from optimiser.exceptions import Fault, InvalidRequestError, PlannerError

_LOG = structlog.get_logger()
_JSON = {"content-type": "application/json"}
_SERVER_FAULT = 500


def perform(task: Task, store: Store) -> TaskAnswer:
    """The answer to a task; our errors are problem documents."""
    try:
        return _KINDS[task.kind](task, store)
    except (ApiError, PlannerError, StoreError) as error:
        problem = problem_of(error)
        if problem.status >= _SERVER_FAULT:
            _LOG.error("task failed", kind=task.kind, reason=str(error))
        return TaskAnswer(problem.kept())


def _plan(task: Task, store: Store) -> TaskAnswer:
    document = parse_json(task.body)
    response = make_plan(document, clock=now_ms, on_invalid=OnInvalid(task.options["onInvalid"]))
    store.plans.save(stored_plan(document, response), request=document)
    solver = response["solver"]
    facts = PlanFacts(solver["phasesMs"], solver["gap"], shortfall_kwh(response))
    place = {"content-location": f"/v1/plans/{response['planId']}"}
    return TaskAnswer(KeptAnswer(200, {**_JSON, **place}, json_text(response)), facts)


def _check(task: Task, store: Store) -> TaskAnswer:
    document = parse_json(task.body)
    if not isinstance(document, dict):
        raise InvalidRequestError([Fault((), "must be an object with request and plan")])
    faults = [Fault((name,), "Field required") for name in ("request", "plan") if name not in document]
    faults += [Fault((name,), "is not known") for name in document if name not in ("request", "plan")]
    if faults:
        raise InvalidRequestError(faults)
    breaches = _breaches(document["request"], document["plan"])
    found = [{"rule": breach.rule, "where": breach.where, "message": breach.message} for breach in breaches]
    return _answered({"holds": not breaches, "breaches": found})


def _breaches(request: Any, plan: Any) -> tuple[Breach, ...]:
    """As `check_plan_documents`, with pointers from the root of the request for a check."""
    try:
        return check_plan_documents(request, plan)
    except InvalidRequestError as error:
        root = "plan" if isinstance(error, InvalidPlanError) else "request"
        raise InvalidRequestError(
            Fault((root, *fault.path), fault.message) for fault in error.faults
        ) from None


def _compare(task: Task, store: Store) -> TaskAnswer:
    before, after = (_document(store, task.options[name]) for name in ("before", "after"))
    return _answered(compare_plans(before, after))


def _chart(task: Task, store: Store) -> TaskAnswer:
    plan_id = task.options["plan"]
    request = store.plans.request_text(plan_id)
    if request is None:
        raise NotFoundError("there is no such plan, or its request was not kept")
    return _answered(chart_document(parse_json(request), _document(store, plan_id)))


def _what_if(task: Task, _store: Store) -> TaskAnswer:
    # one process: the service's workers are as many as its cores already
    return _answered(answer_document(parse_json(task.body), clock=now_ms, workers=1))


def _document(store: Store, plan_id: str) -> dict[str, Any]:
    plan = store.plans.get(plan_id)
    if plan is None:
        raise NotFoundError(f"there is no plan {plan_id}")
    return plan.document


def _answered(document: dict[str, Any]) -> TaskAnswer:
    return TaskAnswer(KeptAnswer(200, _JSON, json_text(document)))


_KINDS: dict[TaskKind, Callable[[Task, Store], TaskAnswer]] = {
    TaskKind.PLAN: _plan,
    TaskKind.CHECK: _check,
    TaskKind.COMPARE: _compare,
    TaskKind.CHART: _chart,
    TaskKind.WHAT_IF: _what_if,
}
