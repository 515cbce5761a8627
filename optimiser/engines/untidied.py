"""An engine that is asked for figures only."""

from optimiser.engines.base import Engine, Flow, Question
from optimiser.problem import PlanningProblem
from optimiser.series import Floats


class Untidied:
    """Any engine, without the second solve that chooses the tidiest of equally good plans.

    It leaves the objective as it is and saves a fifth of a plan of 50 vehicles by HiGHS.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name
        self.exact = engine.exact

    def most(self, problem: PlanningProblem, demand_kwh: Floats) -> Flow:
        """See `Engine.most`."""
        return self._engine.most(problem, demand_kwh)

    def cheapest(self, problem: PlanningProblem, question: Question) -> Flow | None:
        """See `Engine.cheapest`."""
        return self._engine.cheapest(problem, question._replace(preference=None))

    def shares_level(
        self, problem: PlanningProblem, demand_kwh: Floats, takes_at: Floats, gives_at: Floats
    ) -> bool:
        """See `Engine.shares_level`."""
        return self._engine.shares_level(problem, demand_kwh, takes_at, gives_at)
