"""Which engine solves a problem: by name, or the one that suits it best."""

from optimiser.engines.base import Engine
from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.problem import PlanningProblem

AUTO = "auto"
PULP = "pulp"


def choose_engine(name: str, problem: PlanningProblem) -> Engine:
    """`auto`, `highs`, `pulp`, or `pulp:<solver>` with any solver that PuLP lists on this machine.

    Engines are imported when they are chosen: PuLP alone costs some 50 ms at the start of a process.
    Raises InvalidRequestError for a name that nobody here knows.
    """
    kind, _, solver = name.partition(":")
    if name in (AUTO, "highs"):
        from optimiser.engines.highs import HighsEngine

        return HighsEngine()
    if kind == PULP:
        from optimiser.engines.pulp_model import PulpEngine

        return PulpEngine(solver or None)
    raise InvalidRequestError(
        [Fault(("engine",), f"unknown engine {name!r}; use auto, highs, pulp or pulp:SOLVER")]
    )
