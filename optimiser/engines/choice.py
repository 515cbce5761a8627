"""Which engine solves a problem: by name, or the one that suits it best."""

from optimiser.engines.base import Engine
from optimiser.exceptions import Fault, InvalidRequestError
from optimiser.problem import PlanningProblem

AUTO = "auto"
FLOW = "flow"
HIGHS = "highs"
PULP = "pulp"


def choose_engine(name: str, problem: PlanningProblem) -> Engine:
    """`auto`, `flow`, `highs`, `pulp`, or `pulp:<solver>` with any solver that PuLP lists on this machine.

    An engine may already have made its model of the problem then.

    `auto` is `flow` where its extension was built and the limits form a tree, else `highs`. Engines are
    imported when they are chosen: PuLP alone costs some 50 ms at the start of a process.
    Raises InvalidRequestError for a name that nobody here knows, and for an engine that cannot take the
    problem or is not there.
    """
    kind, _, solver = name.partition(":")
    if name in (AUTO, FLOW):
        return _flow(problem, required=name == FLOW)
    if name == HIGHS:
        return _highs()
    if kind == PULP:
        from optimiser.engines.pulp_model import PulpEngine

        return PulpEngine(solver or None)
    raise _refused(f"unknown engine {name!r}; use auto, flow, highs, pulp or pulp:SOLVER")


def _flow(problem: PlanningProblem, *, required: bool) -> Engine:
    try:
        from optimiser.engines.flow import FlowEngine
    except ImportError as missing:
        if required:
            raise _refused("the flow engine was not built on this machine; use highs") from missing
        return _highs()
    if FlowEngine.takes(problem):
        return FlowEngine(problem)
    if required:
        raise _refused("the flow engine needs limits that are nested or apart; use highs")
    return _highs()


def _highs() -> Engine:
    from optimiser.engines.highs import HighsEngine

    return HighsEngine()


def _refused(text: str) -> InvalidRequestError:
    return InvalidRequestError([Fault(("engine",), text)])
