"""What can go wrong in the planner.

PlannerError
├── InvalidRequestError     the input is wrong: carries every fault, each with its place
├── InvalidRuleError        a recurrence rule is wrong: carries every problem, its place not known yet
└── SolverError             the solver gave nothing that could be checked
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request: `path` leads to the field, from the request's root."""

    path: tuple[str | int, ...]
    message: str

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.path)


class PlannerError(Exception):
    """Base of everything that the planner raises on purpose."""


class InvalidRequestError(PlannerError):
    """The request cannot be planned as it stands; `faults` names every reason, not the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.pointer}: {fault.message}" for fault in self.faults))

    def __reduce__(self) -> tuple[type["InvalidRequestError"], tuple[tuple[Fault, ...]]]:
        """So that it comes out of a worker process as it went in: its text alone would not make it again."""
        return type(self), (self.faults,)


class InvalidRuleError(PlannerError):
    """The text of a recurrence rule is not one that we can expand; `problems` names every reason."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class SolverError(PlannerError):
    """The solver ended without a solution that passes our own check of it."""
