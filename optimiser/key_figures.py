"""What a plan comes to, in a handful of numbers: enough to compare plans without keeping them."""

from dataclasses import dataclass

from optimiser.domain import Notice, PlanRequest
from optimiser.plan import Plan, SiteTotals, SolveStatus
from optimiser.planner import plan_site


@dataclass(frozen=True, slots=True)
class ShortStay:
    """A stay that ends below its target. Both SoC are fractions."""

    schedule_id: str
    vehicle_id: str
    shortfall_kwh: float
    planned_soc: float
    target_soc: float


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """One plan in numbers. `short` is in the order of the plan's sessions."""

    totals: SiteTotals
    short: tuple[ShortStay, ...]
    engine: str
    status: SolveStatus
    gap: float
    churn: float
    notices: tuple[Notice, ...]

    @property
    def cost(self) -> float:
        """Energy and demand charge together."""
        return self.totals.energy_cost + self.totals.demand_cost

    @property
    def missing_kwh(self) -> float:
        """Energy missing in all stays that end below their targets."""
        return sum(stay.shortfall_kwh for stay in self.short)


def key_figures(request: PlanRequest, *, engine: str = "auto") -> KeyFigures:
    """The figures of a plan that is as good as `plan_site`'s. Raises what that raises.

    The plan is not the tidiest of the equally good ones, so what no stage of the strategy decides may
    differ from the plan's: the peak, where only energy costs.
    """
    return figures_of(plan_site(request, engine=engine, figures_only=True))


def figures_of(plan: Plan) -> KeyFigures:
    """The figures of a finished plan."""
    return KeyFigures(
        totals=plan.totals,
        short=_short_stays(plan),
        engine=plan.report.engine,
        status=plan.report.status,
        gap=plan.report.strategy.gap,
        churn=plan.report.churn,
        notices=plan.notices,
    )


def _short_stays(plan: Plan) -> tuple[ShortStay, ...]:
    stays = ((shortfall, plan.sessions[shortfall.session]) for shortfall in plan.shortfalls)
    return tuple(
        ShortStay(
            session.schedule_id,
            session.vehicle.vehicle_id,
            shortfall.shortfall_kwh,
            shortfall.planned_soc,
            session.target_soc,
        )
        for shortfall, session in stays
    )
