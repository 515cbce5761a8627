"""Planning one site in another process: plain data in, plain data out, no exception crosses."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from api.documents import planned_schedules
from api.exceptions import SelfCheckError
from api.requests import OnInvalid
from api.service import make_plan
from optimiser.exceptions import InvalidRequestError, PlannerError

JsonObject = dict[str, Any]

_FAULTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A plan request, and what the plan shall say of when and why it was made."""

    document: JsonObject
    created_at_ms: int
    trigger: str = "manual"
    trigger_description: str = ""
    engine: str = "auto"


class Blame(StrEnum):
    """Whose fault it is that there is no plan."""

    INPUT = "input"
    PLANNER = "planner"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """A plan response, or why there is none."""

    response: JsonObject | None
    problem: str | None = None
    blame: Blame | None = None


def plan_task(task: PlanTask) -> PlanAnswer:
    """Plan; bad vehicles and schedules are set aside and listed in `rejected`."""
    try:
        response = make_plan(
            task.document,
            clock=lambda: task.created_at_ms,
            on_invalid=OnInvalid.SKIP,
            engine=task.engine,
        )
    except InvalidRequestError as error:
        return PlanAnswer(None, _shown([f"{f.pointer}: {f.message}" for f in error.faults]), Blame.INPUT)
    except SelfCheckError as error:
        breaches = [f"{breach.rule} {breach.where}: {breach.message}" for breach in error.breaches]
        return PlanAnswer(None, f"{error}: {_shown(breaches)}", Blame.PLANNER)
    except PlannerError as error:
        return PlanAnswer(None, str(error), Blame.PLANNER)
    for schedule in planned_schedules(response):
        schedule["planMeta"].update(trigger=task.trigger, triggerDescription=task.trigger_description)
    return PlanAnswer(response)


def _shown(sentences: Sequence[str]) -> str:
    more = f" (and {len(sentences) - _FAULTS_SHOWN} more)" if len(sentences) > _FAULTS_SHOWN else ""
    return "; ".join(sentences[:_FAULTS_SHOWN]) + more
