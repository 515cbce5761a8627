"""What if something were different: changes of a request, each a request again.

`apply` works on a request whose rules are expanded (`dated`), so that a change can name one occurrence
and a draw of random lateness costs no more than new arrival times.
"""

from dataclasses import dataclass, replace
from functools import reduce

from optimiser.amendments import amended
from optimiser.domain import (
    ChargingSession,
    DemandCharge,
    FixedSegment,
    Group,
    PlanRequest,
    Site,
    Strategy,
    Window,
)
from optimiser.lateness import Lateness
from optimiser.plan import Repair
from optimiser.series import StepSeries
from optimiser.sessions import dated_sessions
from optimiser.timegrid import planned_time


@dataclass(frozen=True, eq=False, slots=True)
class OtherCap:
    """Another power cap [kW, AC] of the site or of one of its groups; inside the window only, if any."""

    power_cap_kw: StepSeries
    window: Window | None = None
    group_id: str | None = None


@dataclass(frozen=True, eq=False, slots=True)
class OtherBaseLoad:
    """Another base load [kW, AC]; inside the window only, if any."""

    base_load_kw: StepSeries
    window: Window | None = None


@dataclass(frozen=True, eq=False, slots=True)
class OtherPrices:
    """Other prices per AC kWh; inside the window only, if any."""

    price_per_kwh: StepSeries
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class OtherDemandCharge:
    """Another demand charge, or none."""

    demand_charge: DemandCharge | None


@dataclass(frozen=True, slots=True)
class OtherStrategy:
    """Another strategy."""

    strategy: Strategy


@dataclass(frozen=True, slots=True)
class LateArrival:
    """These stays begin later. Whoever is there already is not late."""

    schedule_ids: frozenset[str]
    by_ms: int


@dataclass(frozen=True, slots=True)
class OtherDeparture:
    """These stays end so much later, or earlier where `by_ms` is negative."""

    schedule_ids: frozenset[str]
    by_ms: int


@dataclass(frozen=True, slots=True)
class OtherSoc:
    """These stays begin with another SoC, or aim at another, or both; fractions."""

    schedule_ids: frozenset[str]
    soc: float | None = None
    target_soc: float | None = None


@dataclass(frozen=True, slots=True)
class OneMore:
    """More stays, of one more vehicle or of one that comes once more."""

    sessions: tuple[ChargingSession, ...]


@dataclass(frozen=True, slots=True)
class Away:
    """These stays do not happen."""

    schedule_ids: frozenset[str]


@dataclass(frozen=True, eq=False, slots=True)
class Repaired:
    """A repair that a plan names for one stay, done."""

    schedule_id: str
    repair: Repair


@dataclass(frozen=True, slots=True)
class LatenessDraw:
    """Every arrival that is still to come, as late as it is in this draw."""

    lateness: Lateness
    draw: int


@dataclass(frozen=True, slots=True)
class Together:
    """All of these at once, one after the other; none of them is the request as it came."""

    changes: tuple["Change", ...] = ()


SiteChange = OtherCap | OtherBaseLoad | OtherPrices | OtherDemandCharge
StayChange = LateArrival | OtherDeparture | OtherSoc | OneMore | Away | LatenessDraw
Change = SiteChange | StayChange | OtherStrategy | Repaired | Together


def dated(request: PlanRequest) -> PlanRequest:
    """The request with its rules expanded: the same plan, and every stay has an id to be named by.

    Raises InvalidRequestError for rules that cannot be expanded and stays that overlap.
    """
    return replace(request, sessions=dated_sessions(request), recurring=())


def apply(change: Change, request: PlanRequest) -> PlanRequest:
    """The request as it would be with this change. It is dated; ids that it does not have change nothing."""
    match change:
        case Together(changes):
            return reduce(lambda changed, one: apply(one, changed), changes, request)
        case OtherStrategy(strategy):
            return replace(request, strategy=strategy)
        case Repaired():
            return _covering(_repaired(change, request))
        case OtherCap() | OtherBaseLoad() | OtherPrices() | OtherDemandCharge():
            return replace(request, site=_other_site(change, request))
        case _:
            return _covering(replace(request, sessions=_other_stays(change, request)))


def _repaired(change: Repaired, request: PlanRequest) -> PlanRequest:
    named = (session for session in request.sessions if session.schedule_id == change.schedule_id)
    return reduce(lambda changed, session: amended(changed, session, change.repair), named, request)


def _other_site(change: SiteChange, request: PlanRequest) -> Site:
    site = request.site
    match change:
        case OtherDemandCharge(demand_charge):
            return replace(site, demand_charge=demand_charge)
        case OtherBaseLoad(base_load_kw, window):
            return replace(site, base_load_kw=_over(site.base_load_kw, base_load_kw, window))
        case OtherPrices(price_per_kwh, window):
            return replace(site, price_per_kwh=_over(_carried_on_prices(request), price_per_kwh, window))
        case OtherCap(power_cap_kw, window, None):
            return replace(site, power_cap_kw=_over(site.power_cap_kw, power_cap_kw, window))
        case OtherCap():
            return replace(site, groups=tuple(_other_group(group, change) for group in site.groups))


def _other_group(group: Group, change: OtherCap) -> Group:
    if group.group_id != change.group_id:
        return group
    return replace(group, power_cap_kw=_over(group.power_cap_kw, change.power_cap_kw, change.window))


def _over(series: StepSeries, other: StepSeries, window: Window | None) -> StepSeries:
    return other if window is None else series.overlaid(other, window.start_ms, window.end_ms)


def _carried_on_prices(request: PlanRequest) -> StepSeries:
    """Prices to the last departure: past their end the days repeat as they were, not as they are changed."""
    _, end_ms = planned_time(request, request.sessions)
    return request.site.price_per_kwh.repeated_daily(end_ms)


def _other_stays(change: StayChange, request: PlanRequest) -> tuple[ChargingSession, ...]:
    sessions, now_ms = request.sessions, request.now_ms
    match change:
        case OneMore(more):
            return sessions + more
        case Away(ids):
            return tuple(session for session in sessions if session.schedule_id not in ids)
        case LatenessDraw(lateness, draw):
            return tuple(_late(each, lateness.drawn_ms(draw, each.schedule_id), now_ms) for each in sessions)
        case _:
            named = change.schedule_ids
            return tuple(
                _changed(each, change, now_ms) if each.schedule_id in named else each for each in sessions
            )


def _changed(
    session: ChargingSession, change: LateArrival | OtherDeparture | OtherSoc, now_ms: int
) -> ChargingSession:
    match change:
        case LateArrival(_, by_ms):
            return _late(session, by_ms, now_ms)
        case OtherDeparture(_, by_ms):
            return replace(session, departure_ms=session.departure_ms + by_ms)
        case OtherSoc(_, soc, target_soc):
            return replace(
                session,
                soc=session.soc if soc is None else soc,
                target_soc=session.target_soc if target_soc is None else target_soc,
            )


def _covering(request: PlanRequest) -> PlanRequest:
    """No stay is left out because it now begins after the horizon: that would look like energy saved."""
    last_arrival_ms = max((session.arrival_ms for session in request.sessions), default=request.now_ms)
    return replace(request, horizon_ms=max(request.horizon_ms, last_arrival_ms + 1 - request.now_ms))


def _late(session: ChargingSession, by_ms: int, now_ms: int) -> ChargingSession:
    """Whoever would come after the departure comes with it: too late to charge, and still counted."""
    if session.arrival_ms <= now_ms or by_ms == 0:
        return session
    arrival_ms = min(session.arrival_ms + by_ms, session.departure_ms - 1)
    frozen = None if session.frozen is None else tuple(_from(part, arrival_ms) for part in session.frozen)
    return replace(session, arrival_ms=arrival_ms, frozen=frozen)


def _from(segment: FixedSegment, start_ms: int) -> FixedSegment:
    return FixedSegment(max(segment.start_ms, start_ms), max(segment.end_ms, start_ms), segment.power_kw)
