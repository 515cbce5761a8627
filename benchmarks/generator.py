"""Seeded depots of many kinds and sizes, as plan requests.

The same kind, size and seed give the same request, byte for byte. A day runs from noon to noon in
Helsinki; every vehicle can be served alone, and the site cap is the least with which a simple dispatch
serves all, times the kind's slack. Instants are counted in minutes after noon.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.capacity import Jobs, least_cap_kw
from benchmarks.fleet import ARTICULATED_BUS, SOLO_BUS, Fleet, VehicleModel, models
from benchmarks.tariffs import Tariff, calm_day

Request = dict[str, Any]

HELSINKI = ZoneInfo("Europe/Helsinki")
NOON = datetime(2026, 2, 11, 12, tzinfo=HELSINKI)  # a Wednesday without a clock change near
DAY_MINUTES = 24 * 60
AC_DC_RATIO = 0.94
MARGIN_MINUTES = 10
RESERVE_SHARE = 0.05  # vehicles that stand until noon
# Share of what a stay could take at full power that it may need at most: the rest is room to shift.
LARGEST_FILL = 0.85


@dataclass(frozen=True, slots=True)
class Spread:
    """When vehicles come or go, in hours after noon: earliest, usual and latest."""

    earliest: float
    usual: float
    latest: float

    def draw(self, rng: Random, grid_minutes: int) -> int:
        """Minutes after noon, on the grid."""
        hours = rng.triangular(self.earliest, self.latest, self.usual)
        return int(hours * 60 // grid_minutes) * grid_minutes


EVENING = Spread(4.5, 8.5, 12.5)
MORNING = Spread(15.75, 17.5, 20.0)
MIDDAY_ARRIVAL = Spread(0.25, 0.75, 1.5)
MIDDAY_DEPARTURE = Spread(2.5, 3.0, 4.0)


@dataclass(frozen=True, slots=True)
class DepotKind:
    """What distinguishes one kind of depot from another.

    `cap_slack` is the site cap over the least that is enough; below 1 somebody goes short.
    `grid_minutes` is the grid of arrivals and departures. `visit_share` of the vehicles come at midday
    as well.
    """

    fleet: Fleet = ((0.65, SOLO_BUS), (0.35, ARTICULATED_BUS))
    tariff: Tariff = calm_day
    cap_slack: float = 1.15
    grid_minutes: int = 5
    no_pause_share: float = 0.0
    least_power: bool = False
    visit_share: float = 0.0
    now_minutes: int = 0
    strategy: str = "cost"
    demand_charge: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """One visit of one vehicle, in minutes after noon and percent."""

    visit: str
    arrival: int
    departure: int
    start_soc: float
    target_soc: float


@dataclass(frozen=True, slots=True)
class Bus:
    """One vehicle of the depot and its stays; a truck or van as well."""

    vehicle_id: str
    model: VehicleModel
    battery_kwh: float
    max_power_kw: float
    pausable: bool
    stays: list[Stay] = field(default_factory=list)


def generate(kind: DepotKind, n_vehicles: int, *, seed: int = 7, slot_minutes: int = 15) -> Request:
    """One day of a depot as a plan request."""
    rng = Random(f"{seed}/{n_vehicles}")
    buses = list(_draw_fleet(kind, n_vehicles, rng))
    base_load_kw = [_base_load_kw(hour, n_vehicles, rng) for hour in range(24)]
    prices = [kind.tariff((12 + k / 4) % 24, rng) for k in range(24 * 4)]
    vehicles = [_vehicle_entry(bus, kind) for bus in buses]
    schedules = [_schedule_entry(bus, stay) for bus in buses for stay in bus.stays]
    cap_kw = _cap_kw(kind, jobs_of(vehicles, schedules), base_load_kw)
    return {
        "now": at(kind.now_minutes),
        "horizonHours": 24,
        "slotMinutes": slot_minutes,
        "strategy": kind.strategy,
        "site": _site(kind, cap_kw, base_load_kw, prices),
        "settings": {"departureMarginMinutes": MARGIN_MINUTES, "minimumSoC": 20, "bulkSoC": 80},
        "vehicles": vehicles,
        "schedules": schedules,
    }


def at(minutes: float) -> str:
    """The instant so many minutes after noon, in the site's time."""
    return (NOON + timedelta(minutes=minutes)).isoformat()


def _draw_fleet(kind: DepotKind, n_vehicles: int, rng: Random) -> Iterator[Bus]:
    numbers: Counter[str] = Counter()
    for model in models(kind.fleet, n_vehicles):
        numbers[model.name] += 1
        yield _draw_bus(kind, model, numbers[model.name], rng)


def _draw_bus(kind: DepotKind, model: VehicleModel, number: int, rng: Random) -> Bus:
    bus = Bus(
        vehicle_id=f"{model.name}-{number:02d}",
        model=model,
        battery_kwh=rng.choice(model.battery_kwh),
        max_power_kw=rng.choice(model.max_power_kw),
        pausable=rng.random() >= kind.no_pause_share,
    )
    if rng.random() < kind.visit_share:
        bus.stays.append(_draw_stay(kind, bus, "midday", (MIDDAY_ARRIVAL, MIDDAY_DEPARTURE), rng))
    bus.stays.append(_draw_stay(kind, bus, "night", (EVENING, MORNING), rng))
    return bus


def _draw_stay(kind: DepotKind, bus: Bus, visit: str, spreads: tuple[Spread, Spread], rng: Random) -> Stay:
    arrival, departure = (spread.draw(rng, kind.grid_minutes) for spread in spreads)
    if visit == "night" and rng.random() < RESERVE_SHARE:
        departure = DAY_MINUTES
    start_soc, target_soc = round(rng.uniform(20, 60), 1), float(rng.choice((80, 85, 90, 95)))
    hours = (departure - arrival - MARGIN_MINUTES - 2 * 15) / 60
    largest_rise = LARGEST_FILL * hours * bus.max_power_kw / bus.battery_kwh * 100
    return Stay(visit, arrival, departure, round(max(start_soc, target_soc - largest_rise), 1), target_soc)


def _base_load_kw(hour_after_noon: int, n_vehicles: int, rng: Random) -> float:
    """Lights, workshop and heating; the washing hall runs until ten in the evening."""
    busy = 1.6 if hour_after_noon < 10 else 1.0
    return round((12 + 0.9 * n_vehicles) * busy * rng.uniform(0.9, 1.1), 1)


def _cap_kw(kind: DepotKind, jobs: Jobs, base_load_kw: list[float]) -> float:
    least = least_cap_kw(jobs, np.repeat(np.array(base_load_kw), 4), AC_DC_RATIO, 0.25)
    return round(least * kind.cap_slack, 1)


def jobs_of(vehicles: list[dict[str, Any]], schedules: list[dict[str, Any]]) -> Jobs:
    """What these schedules ask for, on quarter hours after noon; `vehicles` are the request's entries."""
    by_id = {vehicle["id"]: vehicle for vehicle in vehicles}
    own = [by_id[schedule["evId"]] for schedule in schedules]
    rise = [(s["targetSoC"] - s["startSoC"]) / 100 for s in schedules]
    arrivals = [_minutes(s["plannedArrivalTime"]) for s in schedules]
    departures = [_minutes(s["plannedDepartureTime"]) for s in schedules]
    return Jobs(
        need_kwh=np.array([part * v["fullChargeEnergykWh"] for part, v in zip(rise, own, strict=True)]),
        power_kw=np.array([vehicle["maxChargePowerkW"] for vehicle in own]),
        first_slot=np.array([-(-arrival // 15) for arrival in arrivals]),
        end_slot=np.array([(departure - MARGIN_MINUTES) // 15 for departure in departures]),
    )


def _minutes(instant: str) -> int:
    """Minutes after noon: the way back of `at`."""
    return int((datetime.fromisoformat(instant) - NOON).total_seconds() // 60)


def _site(kind: DepotKind, cap_kw: float, base_load_kw: list[float], prices: list[float]) -> dict[str, Any]:
    site = {
        "locationUid": "koivula-depot",
        "timeZone": "Europe/Helsinki",
        "currency": "EUR",
        "powerCapKw": cap_kw,
        "acDcPowerRatio": AC_DC_RATIO,
        "baseLoadKw": series("baseLoadKw", base_load_kw, 60),
        "prices": series("pricePerKwh", [round(price, 5) for price in prices], 15),
    }
    return site | ({"demandCharge": kind.demand_charge} if kind.demand_charge else {})


def series(name: str, values: list[float], step_minutes: int) -> list[dict[str, Any]]:
    """One value after the other from noon on."""
    return [
        {"from": at(k * step_minutes), "to": at((k + 1) * step_minutes), name: value}
        for k, value in enumerate(values)
    ]


def _vehicle_entry(bus: Bus, kind: DepotKind) -> dict[str, Any]:
    return {
        "id": bus.vehicle_id,
        "evModel": bus.model.description,
        "fullChargeEnergykWh": bus.battery_kwh,
        "maxChargePowerkW": bus.max_power_kw,
        "minChargePowerkW": bus.model.min_power_kw if kind.least_power else 0.0,
        "supportsPauseResume": bus.pausable,
        "enableChargeScheduling": True,
    }


def _schedule_entry(bus: Bus, stay: Stay) -> dict[str, Any]:
    return {
        "id": f"{stay.visit}-{bus.vehicle_id}",
        "evId": bus.vehicle_id,
        "locationUid": "koivula-depot",
        "plannedArrivalTime": at(stay.arrival),
        "plannedDepartureTime": at(stay.departure),
        "startSoC": stay.start_soc,
        "targetSoC": stay.target_soc,
    }
