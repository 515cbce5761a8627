"""A small plan made by hand: one bus, one night, so that rendering and reading need no solver."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from optimiser.domain import ChargingSession, Notice, PlanRequest, Site, Strategy, Vehicle
from optimiser.plan import (
    Plan,
    Reason,
    Repair,
    Segments,
    Shortfall,
    SiteSlots,
    SiteTotals,
    SolveReport,
    SolveStatus,
    StageReport,
    Tag,
)
from optimiser.series import StepSeries
from optimiser.units import MS_PER_HOUR

NOW_MS = 1_773_072_000_000  # 2026-03-09T16:00:00Z
HOUR = MS_PER_HOUR

BUS = Vehicle("bus-1", battery_capacity_kwh=400.0, max_power_kw=100.0, min_power_kw=10.0, pausable=True)


def a_session(**changes: Any) -> ChargingSession:
    """A bus that stands from one to nine hours after now, at 40 %, with 90 % wanted."""
    session = ChargingSession(
        schedule_id="s-1",
        vehicle=BUS,
        arrival_ms=NOW_MS + HOUR,
        departure_ms=NOW_MS + 9 * HOUR,
        soc=0.4,
        target_soc=0.9,
        minimum_soc=0.2,
        margin_ms=900_000,
    )
    return replace(session, **changes)


def a_site() -> Site:
    """A site of 300 kW AC, with an even price."""
    return Site(
        location_uid="depot",
        time_zone=ZoneInfo("Europe/Helsinki"),
        currency="EUR",
        power_cap_kw=StepSeries.constant(300.0),
        base_load_kw=StepSeries.constant(20.0),
        ac_dc_power_ratio=0.9,
        price_per_kwh=StepSeries.constant(0.1),
    )


def a_domain_request(*sessions: ChargingSession) -> PlanRequest:
    """The planner's question for these sessions (one bus, if none are given)."""
    return PlanRequest(NOW_MS, 48 * HOUR, 60, Strategy.COST, a_site(), sessions or (a_session(),))


def some_segments(count: int = 1) -> Segments:
    """For each of `count` sessions: an hour of pause, two at 100 kW, five of pause; 40 % to 90 %."""
    starts = NOW_MS + np.array([1, 2, 4], dtype=np.int64) * HOUR
    ends = NOW_MS + np.array([2, 4, 9], dtype=np.int64) * HOUR
    return Segments(
        first=np.arange(count + 1, dtype=np.int64) * 3,
        start_ms=np.tile(starts, count),
        end_ms=np.tile(ends, count),
        power_kw=np.tile([0.0, 100.0, 0.0], count),
        energy_kwh=np.tile([0.0, 200.0, 0.0], count),
        start_soc=np.tile([0.4, 0.4, 0.9], count),
        end_soc=np.tile([0.4, 0.9, 0.9], count),
        tags=np.tile(np.array([Tag.BULK, Tag.BULK | Tag.MINIMUM, Tag.TARGET], dtype=np.uint8), count),
        limited=np.tile([True, False, False], count),
        unlimited=np.tile([False, True, False], count),
    )


def some_slots() -> SiteSlots:
    """Nine hours; the value of the cap is not known in the last one."""
    starts = NOW_MS + np.arange(9, dtype=np.int64) * HOUR
    load = 20.0 + np.array([0, 0, 1, 1, 0, 0, 0, 0, 0]) * 100.0 / 0.9
    return SiteSlots(
        start_ms=starts,
        end_ms=starts + HOUR,
        load_kw=load,
        base_load_kw=np.full(9, 20.0),
        power_cap_kw=np.full(9, 300.0),
        price_per_kwh=np.full(9, 0.1),
        cap_value_per_kw=np.array([*[0.0] * 8, np.nan]),
    )


def a_shortfall(session: int = 0) -> Shortfall:
    """What a bus without enough time would be told."""
    window = (NOW_MS + HOUR, NOW_MS + 2 * HOUR)
    return Shortfall(
        session=session,
        shortfall_kwh=31.4,
        planned_soc=0.821,
        reasons=(Reason("site-cap", *window),),
        repairs=(
            Repair("raise-site-cap", {"byKw": 14.2}, window),
            Repair("delay-departure", {"byMinutes": 22}),
        ),
    )


def a_plan(*sessions: ChargingSession, **changes: Any) -> Plan:
    """A plan of these sessions (one bus, if none are given), each with the same segments."""
    planned = sessions or (a_session(),)
    plan = Plan(
        strategy=Strategy.COST,
        now_ms=NOW_MS,
        sessions=planned,
        segments=some_segments(len(planned)),
        slots=some_slots(),
        totals=SiteTotals(20.0 + 100.0 / 0.9, 200.0 / 0.9, 20.0 / 0.9, 0.0, None),
        shortfalls=(),
        notices=(Notice("assumed", "a start SoC was assumed", "s-1"), Notice("prices", "prices repeat")),
        report=SolveReport(
            engine="highs",
            status=SolveStatus.OPTIMAL,
            stages=(StageReport("missing-target", 0.0, 0.0), StageReport("cost", 20.0 / 0.9, 20.0 / 0.9)),
            strategy_stage=1,
            certificate={"site": np.array([0.0, 0.25]), "none": np.nan},
            phases_ms={"expand": 0.1, "build": 0.2, "solve": 1.5, "segments": 0.1},
        ),
    )
    return replace(plan, **changes)


def a_request_document(**changes: Any) -> dict[str, Any]:
    """A request document whose one session is `a_session()`."""
    document: dict[str, Any] = {
        "now": "2026-03-09T16:00:00Z",
        "slotMinutes": 60,
        "strategy": "cost",
        "site": {
            "locationUid": "depot",
            "timeZone": "Europe/Helsinki",
            "currency": "EUR",
            "powerCapKw": 300,
            "baseLoadKw": 20,
            "acDcPowerRatio": 0.9,
            "prices": [{"from": "2026-03-09T00:00:00Z", "to": "2026-03-11T00:00:00Z", "pricePerKwh": 0.1}],
        },
        "settings": {"minimumSoC": 20, "departureMarginMinutes": 15},
        "vehicles": [
            {
                "id": "bus-1",
                "fullChargeEnergykWh": 400,
                "maxChargePowerkW": 100,
                "minChargePowerkW": 10,
                "supportsPauseResume": True,
                "nickname": "Nellie",
            }
        ],
        "schedules": [a_schedule()],
    }
    return {**document, **changes}


def a_schedule(**changes: Any) -> dict[str, Any]:
    """The EvSchedule of `a_session()`, with a field that nobody knows."""
    schedule = {
        "id": "s-1",
        "evId": "bus-1",
        "locationUid": "depot",
        "plannedArrivalTime": "2026-03-09T19:00:00+02:00",
        "plannedDepartureTime": "2026-03-10T01:00:00.000Z",
        "startSoC": 40,
        "targetSoC": 90,
        "colour": {"roof": "red"},
    }
    return {**schedule, **changes}
