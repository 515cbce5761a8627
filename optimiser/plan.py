"""What the planner answers: segments for every session, the site's slots, what is missing, the proof.

Segments are kept as columns, one row per segment, because a plan of 5,000 sessions is built, checked
and written as arrays; `Plan.rows(i)` gives the rows of session i.
"""

from dataclasses import dataclass, field
from enum import IntFlag, StrEnum

import numpy as np
from numpy.typing import NDArray

from optimiser.domain import ChargingSession, Notice, Strategy
from optimiser.series import Floats, Instants


class Tag(IntFlag):
    """The role of a segment; the wire names are `minimum`, `bulk`, `target` and `preconditioning`."""

    MINIMUM = 1
    BULK = 2
    TARGET = 4
    PRECONDITIONING = 8


class SolveStatus(StrEnum):
    """Ours, not a solver's: `optimal` only where the objective is proven."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


@dataclass(frozen=True, eq=False, slots=True)
class Segments:
    """Columns of equal length, ordered by session, then time; `first[i]:first[i + 1]` is session i.

    `start_soc` and `end_soc` are fractions; `energy_kwh` is `power_kw` times the hours.
    """

    first: Instants
    start_ms: Instants
    end_ms: Instants
    power_kw: Floats
    energy_kwh: Floats
    start_soc: Floats
    end_soc: Floats
    tags: NDArray[np.uint8]
    limited: NDArray[np.bool_]
    unlimited: NDArray[np.bool_]

    def rows(self, session: int) -> slice:
        """The rows of one session."""
        return slice(int(self.first[session]), int(self.first[session + 1]))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why energy is missing: a code of the contract, and when it bit."""

    code: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Repair:
    """A smallest change that alone would make a shortfall vanish."""

    kind: str
    amounts: dict[str, float]
    window: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A session that leaves below its target, by how much, and why."""

    session: int
    shortfall_kwh: float
    planned_soc: float
    reasons: tuple[Reason, ...]
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class SiteSlots:
    """The site over time, one row per clock slot from now to the last departure.

    `load_kw` is the largest AC load within the slot, base load included. `cap_value_per_kw` is NaN
    where it is not known.
    """

    start_ms: Instants
    end_ms: Instants
    load_kw: Floats
    base_load_kw: Floats
    power_cap_kw: Floats
    price_per_kwh: Floats
    cap_value_per_kw: Floats


@dataclass(frozen=True, slots=True)
class SiteTotals:
    """Key figures of the planned time. Energy and money are for the charging alone, on the AC side."""

    peak_kw: float
    energy_kwh: float
    energy_cost: float
    demand_cost: float
    carbon_kg: float | None


# Stages that count who is short are named by this and their priority.
FEWEST_SHORT = "fewest-short:"


@dataclass(frozen=True, slots=True)
class StageReport:
    """One want, met: its value, a bound that holds, and the relative distance between them."""

    name: str
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """(value - bound) / max(1, |value|), never below 0."""
        return max(0.0, self.value - self.bound) / max(1.0, abs(self.value))


@dataclass(frozen=True, slots=True)
class SolveReport:
    """How the plan was found and how good it is proven to be."""

    engine: str
    status: SolveStatus
    stages: tuple[StageReport, ...]
    strategy_stage: int
    certificate: dict[str, object]
    churn: float = 0.0
    phases_ms: dict[str, float] = field(default_factory=dict)

    @property
    def strategy(self) -> StageReport:
        """The stage that the strategy is about: what `objective`, `bound` and `gap` speak of."""
        return self.stages[self.strategy_stage]


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """The whole answer. Position i of `segments` belongs to `sessions[i]`."""

    strategy: Strategy
    now_ms: int
    sessions: tuple[ChargingSession, ...]
    segments: Segments
    slots: SiteSlots
    totals: SiteTotals
    shortfalls: tuple[Shortfall, ...]
    notices: tuple[Notice, ...]
    report: SolveReport
