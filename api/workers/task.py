"""What goes to a worker process and what comes back."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adapters.service_records import KeptAnswer


class TaskKind(StrEnum):
    """What a worker can do."""

    PLAN = "plan"
    CHECK = "check"
    COMPARE = "compare"
    CHART = "chart"
    WHAT_IF = "what-if"


@dataclass(frozen=True, slots=True)
class Task:
    """A request's body as it came, unread: reading it is work too. `options` can be written as JSON."""

    kind: TaskKind
    body: bytes = b""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What is counted of a plan: the time of each phase, its gap, and what is missing."""

    phases_ms: dict[str, float]
    gap: float
    shortfall_kwh: float


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """The HTTP answer, and where a plan was made what is counted of it."""

    answer: KeptAnswer
    facts: PlanFacts | None = None
