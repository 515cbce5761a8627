"""Which vehicles are decided anew together, and how long to try."""

from dataclasses import dataclass

from optimiser.certificate import Index


@dataclass(frozen=True, slots=True)
class Effort:
    """When to stop: nodes looked at, a gain that is enough, and a distance to the best that is."""

    max_nodes: int
    enough: float
    tolerance: float


@dataclass(slots=True)
class Trial:
    """A plan, or several, that are only asked who can be served.

    Once nobody is short no more work is put into the strategy's value, and so many times at most a few
    vehicles are decided anew; who is short then stays short.
    """

    exact_steps: int


@dataclass(frozen=True, eq=False, slots=True)
class Neighbourhood:
    """Sessions whose pattern is open, and sessions that keep theirs but may change their powers."""

    free: Index
    flexible: Index
