"""What an engine is: three questions about the relaxed problem, answered with a solution and its prices.

Relaxed means: power anywhere between 0 and the largest, pauses allowed. Least power and unbroken runs
are decided on top of an engine's answers (`optimiser.commitment`), so every engine stays a plain linear
programme, however it is solved.

What goes to and fro are tuples with names. A solve makes eight, and a frozen dataclass, whose fields are set
one by one, takes 8 us in the midst of a call where a tuple takes 4.
"""

from typing import NamedTuple, Protocol

import numpy as np

from optimiser.preferences import Preference
from optimiser.problem import PeakCharge, PlanningProblem
from optimiser.series import Floats

_NO_CURVES = np.zeros(0)


class Objective(NamedTuple):
    """A want of the strategy: `cost_per_kwh` in each piece, and money on the peak if it has any."""

    name: str
    cost_per_kwh: Floats
    peak: PeakCharge | None = None


class Ceiling(NamedTuple):
    """An earlier want that must not get worse: its cost per kWh in each piece, and its largest sum."""

    cost_per_kwh: Floats
    value: float


class Prices(NamedTuple):
    """Dual prices >= 0: per DC kWh of each limit in each piece (a row per limit) and of the peak in each
    piece, and per kW of each row of the charging curves; no entries for curves mean that all are 0."""

    limits: Floats
    peak: Floats
    curves: Floats = _NO_CURVES

    @classmethod
    def none(cls, problem: PlanningProblem) -> "Prices":
        """All prices 0."""
        return cls(np.zeros((len(problem.limits), problem.n_pieces)), np.zeros(problem.n_pieces))


class Flow(NamedTuple):
    """Energy [kWh, DC] in every cell, and the prices that prove it.

    `value` is the objective's. `bound`: by these prices no flow that delivers as much to every session is
    cheaper. None where an engine does not say and leaves it to whoever asks. `start`: what the engine can go
    on from when it is asked something similar.
    """

    energy_kwh: Floats
    prices: Prices
    value: float | None = None
    bound: float | None = None
    start: object | None = None


class Question(NamedTuple):
    """Cheapest way to deliver exactly `energy_kwh` (per session), never over the ceilings.

    `preference` says which of the equally cheap answers is wanted: the one with the least of it. An
    engine may leave it out of account; the objective always comes first. Exact engines may be asked what is
    wanted `then`, among the cheapest answers, at once: a cost without a peak. `start` is that of an answer
    about the same cells; it may lead to another one of equally good answers.
    """

    energy_kwh: Floats
    objective: Objective
    ceilings: tuple[Ceiling, ...] = ()
    preference: Preference | None = None
    then: Objective | None = None
    start: object | None = None


class Engine(Protocol):
    """A solver of the relaxed problem. Same problem and question, same answer.

    `exact`: its flows keep bounds, limits and energies to the last digit, so there is nothing to settle, and
    it answers what is wanted `then` as well.
    """

    name: str
    exact: bool

    def most(self, problem: PlanningProblem, demand_kwh: Floats) -> Flow:
        """The most energy that can be delivered in total, to no session more than its demand.

        The limits' prices are 1 where a limit is part of a minimum cut, else 0.
        """
        ...

    def cheapest(self, problem: PlanningProblem, question: Question) -> Flow | None:
        """An optimal flow, or None where the energies cannot be delivered."""
        ...

    def shares_level(
        self, problem: PlanningProblem, demand_kwh: Floats, takes_at: Floats, gives_at: Floats
    ) -> bool:
        """Whether all of the demand can be delivered, and nobody could take from somebody of a lower level.

        Per session: the level at which it would take more, minus infinity where it would not, and the one at
        which it gives. False as well where an engine cannot tell.
        """
        ...
