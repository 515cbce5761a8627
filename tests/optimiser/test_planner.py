"""The whole chain: a request in, a plan out, and the independent checker over it."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from optimiser.checker import check_plan
from optimiser.domain import DemandCharge, PlanRequest, RecurringSession, Strategy
from optimiser.plan import Plan, SolveStatus
from optimiser.planner import plan_site
from optimiser.units import MS_PER_HOUR, to_ms
from tests.optimiser.builders import NOW_MS, a_request, a_series, a_session, a_site, at, segments_of

HELSINKI = ZoneInfo("Europe/Helsinki")


def planned(request: PlanRequest, engine: str = "auto") -> Plan:
    """A plan that the checker has nothing against."""
    plan = plan_site(request, engine=engine)
    assert check_plan(request, plan) == ()
    return plan


def test_one_bus_one_night() -> None:
    """Cheap from the third hour on: all 40 kWh go there, and that is proven."""
    plan = planned(a_request(site=a_site(price=[(0, 0.3), (2, 0.1)], ratio=0.8)))
    assert segments_of(plan) == [(0, 2, 0), (2, 4, 20)]
    assert plan.totals.energy_cost == pytest.approx(40 / 0.8 * 0.1)
    assert plan.report.status is SolveStatus.OPTIMAL
    assert plan.report.strategy.gap == 0.0
    assert plan.report.engine in ("flow", "highs")


@pytest.mark.parametrize("engine", ["highs", "pulp"])
@pytest.mark.parametrize("strategy", list(Strategy))
def test_every_engine_plans_every_strategy(strategy: Strategy, engine: str) -> None:
    """The same value, and a certificate that the checker can follow."""
    trio = [a_session(name, leaves_h=3, need_kwh=30.0, pausable=name != "b") for name in "abc"]
    site = a_site([(0, 50.0), (1, 25.0)], [(0, 0.2), (1, 0.1)], demand_charge=DemandCharge(1.0))
    request = a_request(*trio, site=site, strategy=strategy)
    value, other = (planned(request, name).report.strategy.value for name in (engine, "auto"))
    assert value == pytest.approx(other, rel=1e-3)


@pytest.mark.parametrize(
    "sessions",
    [
        (a_session(leaves_h=1 / MS_PER_HOUR),),
        (a_session(margin_ms=99_999_999),),
        (a_session(need_kwh=0.0),),
        (a_session(need_kwh=-10.0),),
        (a_session(need_kwh=0.001, min_kw=20.0),),
        (a_session("am", -2, 1), replace(a_session("pm", 1, 4), vehicle=a_session("am").vehicle)),
        (a_session(arrives_h=-2, charging_now=True, pausable=False, min_kw=5.0),),
        (a_session(controllable=False),),
        (a_session(max_kw=0.5, need_kwh=1.2, pausable=False),),
    ],
    ids=["1 ms", "margin", "full", "above", "tiny", "two visits", "charging", "stranger", "half a kW"],
)
def test_edges_end_in_a_plan(sessions) -> None:
    """With a cap that base load alone is over for an hour, and a price below 0."""
    site = a_site([(0, 40.0), (1, 5.0), (2, 40.0)], [(0, -0.1), (3, 0.1)], base_kw=[(0, 6.0), (3, 0.0)])
    plan = planned(a_request(*sessions, site=site))
    assert len(plan.sessions) == sum(session.vehicle.controllable for session in sessions)


def test_who_is_gone_or_comes_later_is_not_planned() -> None:
    """Departed at now, and arriving at the end of the horizon."""
    stays = [a_session("gone", -2, 0), a_session("here"), a_session("next", 2, 3)]
    plan = planned(a_request(*stays, horizon_ms=2 * MS_PER_HOUR))
    assert [session.schedule_id for session in plan.sessions] == ["here"]


def test_now_may_be_anywhere_in_a_slot() -> None:
    """Segments begin at now, slots after the first at full hours."""
    plan = planned(a_request(now_ms=at(0.3) + 7))
    assert plan.segments.start_ms[0] == at(0.3) + 7
    assert (plan.slots.start_ms[1:] % MS_PER_HOUR == 0).all()


def test_series_that_end_early_are_carried_on_and_said_to_be() -> None:
    """Cap and base load hold, prices and carbon repeat."""
    ended = {name: a_series([(0, value)], end_h=1) for name, value in SERIES.items()}
    plan = planned(a_request(site=replace(a_site(), **ended)))
    texts = [notice.message.split()[0] for notice in plan.notices]
    assert texts == ["powerCapKw", "baseLoadKw", "prices", "carbonIntensity"]
    assert {notice.code for notice in plan.notices} == {"series-held", "series-repeated"}
    assert planned(a_request()).notices == ()


SERIES = {"power_cap_kw": 50.0, "base_load_kw": 5.0, "price_per_kwh": 0.1, "carbon_g_per_kwh": 100.0}


def test_immovable_load_over_the_cap_is_said() -> None:
    """And nobody charges meanwhile."""
    plan = planned(a_request(site=a_site([(0, 40.0), (1, 5.0)], base_kw=6.0)))
    assert [notice.code for notice in plan.notices] == ["cap-exceeded"]
    assert segments_of(plan) == [(0, 1, 20), (1, 4, 0)]


def test_a_kw_of_cap_is_worth_what_it_saves() -> None:
    """0.2 in the cheap hour where the cap binds; not known beside a least power."""
    site = a_site([(0, 50.0), (1, 10.0)], [(0, 0.3), (1, 0.1)])
    plan = planned(a_request(a_session(leaves_h=2, need_kwh=20.0), site=site))
    assert plan.slots.cap_value_per_kw == pytest.approx([0.0, 0.2])
    least = planned(a_request(a_session(leaves_h=2, need_kwh=20.0, min_kw=1.0), site=site))
    assert np.isnan(least.slots.cap_value_per_kw).all()


def test_phases_are_timed_on_the_callers_clock() -> None:
    """Every lap of it counts."""
    ticks = iter(float(n) for n in range(9))
    plan = plan_site(a_request(), seconds=lambda: next(ticks))
    assert plan.report.phases_ms == dict.fromkeys(("expand", "build", "solve", "segments"), 1000.0)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 10.0), ("2026-10-24", 12.0), ("2026-05-10", 11.0)])
def test_the_night_of_a_clock_change_is_an_hour_shorter_or_longer(day: str, hours: float) -> None:
    """18:00 to 05:00 on the wall, at 10 kW at most: as much as the night has hours."""
    arrival = datetime(2026, 3, 2, 18, tzinfo=HELSINKI)
    departure = datetime(2026, 3, 3, 5, tzinfo=HELSINKI)
    stay = {"arrival_ms": to_ms(arrival), "departure_ms": to_ms(departure)}
    first = a_session("r", max_kw=10.0, soc=0.0, target_soc=1.0, source=("recurringSchedules", 0), **stay)
    vehicle = replace(first.vehicle, battery_capacity_kwh=200.0)
    rule = RecurringSession(replace(first, vehicle=vehicle), "FREQ=DAILY")
    now = to_ms(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=HELSINKI))
    request = replace(a_request(now_ms=now, horizon_ms=12 * MS_PER_HOUR), sessions=(), recurring=(rule,))
    plan = planned(request)
    (session,) = plan.sessions
    assert session.departure_ms - session.arrival_ms == hours * MS_PER_HOUR
    assert plan.totals.energy_kwh == pytest.approx(10 * hours)
    assert plan.shortfalls[0].shortfall_kwh == pytest.approx(200 - 10 * hours)


def test_an_empty_depot_has_a_plan() -> None:
    """A slot long, with the base load in it."""
    plan = planned(replace(a_request(site=a_site(base_kw=7.0)), sessions=()))
    assert (plan.totals.peak_kw, plan.totals.energy_kwh) == (7.0, 0.0)
    assert plan.slots.end_ms.tolist() == [NOW_MS + MS_PER_HOUR]
