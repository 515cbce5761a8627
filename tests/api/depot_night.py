"""A plausible request and plan of one night, by simple rules: cheap slots first, under the cap.

Nothing here is optimal; it is there to be looked at and to be added up.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from optimiser.units import from_ms, iso_z, to_ms

Json = dict[str, Any]

SLOT_MS = 900_000
NOW = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # 18:00 in Helsinki
RATIO = 0.94
CREATED_AT = "2026-03-09T16:00:00.412Z"


def depot_night(
    vehicles: int = 60, *, now: datetime = NOW, seed: int = 7, hours: int = 14
) -> tuple[Json, Json]:
    """Request and response of contract sections 2 and 3, with prices below zero and some shortfalls."""
    random, now_ms = Random(seed), to_ms(now)
    slots = [_slot(random, now_ms, i, vehicles) for i in range(hours * 4)]
    schedules, shortfalls = [], []
    for number in range(vehicles):
        schedule, shortfall = _planned(random, number, now_ms, slots)
        schedules.append(schedule)
        shortfalls += shortfall
    return _request(now, schedules), _response(schedules, shortfalls, slots)


def _slot(random: Random, now_ms: int, i: int, vehicles: int) -> Json:
    hour = i / 4
    price = 0.19 - 0.026 * min(hour, 9.5) + 0.045 * max(0.0, hour - 9.5) + random.uniform(-0.008, 0.008)
    full = 26.0 * vehicles + 40.0
    return {
        "from": now_ms + i * SLOT_MS,
        "to": now_ms + (i + 1) * SLOT_MS,
        "baseLoadKw": 40.0 + (25.0 if hour > 10 else 0.0),
        "powerCapKw": round(full * (0.6 if hour < 3 else 1.0 if hour < 10 else 0.8)),
        "pricePerKwh": round(price, 4),
        "loadKw": 0.0,
    }


def _planned(random: Random, number: int, now_ms: int, slots: list[Json]) -> tuple[Json, list[Json]]:
    arrival = now_ms + int(random.triangular(-90, 330, 90)) * 60_000
    departure = now_ms + int(random.triangular(610, 790, 680)) * 60_000
    battery, largest = random.choice([(350.0, 100.0), (422.0, 150.0), (564.0, 150.0)])
    if number in (11, 37):
        arrival = departure - 65 * 60_000
    start, target = random.randint(18, 55), random.choice([90, 95, 100])
    segments, end = _charge(slots, arrival, departure - SLOT_MS, now_ms, (battery, largest), (start, target))
    schedule = _schedule(number, (arrival, departure), (start, target), (segments, end))
    if end >= target - 0.05:
        return schedule, []
    return schedule, [_shortfall(schedule, battery * (target - end) / 100.0, end)]


def _charge(
    slots: list[Json],
    arrival: int,
    until: int,
    now_ms: int,
    limits: tuple[float, float],
    soc: tuple[int, int],
) -> tuple[list[Json], float]:
    """Segments and the SoC at the end: whole pieces of slots, the cheapest first."""
    battery, largest = limits
    need = (soc[1] - soc[0]) / 100.0 * battery
    power: dict[tuple[int, int], float] = {}
    for slot in sorted(slots, key=lambda each: (each["pricePerKwh"], each["from"])):
        piece = (max(slot["from"], arrival, now_ms), min(slot["to"], until))
        hours = (piece[1] - piece[0]) / 3_600_000
        room = (slot["powerCapKw"] - slot["baseLoadKw"] - slot["loadKw"]) * RATIO
        kw = min(largest, room, need / hours) if hours > 0 else 0.0
        if kw > 1.0:
            power[piece] = kw
            slot["loadKw"] += kw / RATIO
            need -= kw * hours
    return _segments(power, max(arrival, now_ms), until + SLOT_MS, soc[0], battery)


def _segments(
    power: dict[tuple[int, int], float], start: int, end: int, soc: float, battery: float
) -> tuple[list[Json], float]:
    rows: list[tuple[int, int, float]] = []
    at = start
    for (begin, stop), kw in sorted(power.items()):
        if begin > at:
            rows.append((at, begin, 0.0))
        rows.append((begin, stop, kw))
        at = stop
    rows.append((at, end, 0.0))
    segments = []
    for begin, stop, kw in rows:
        energy = kw * (stop - begin) / 3_600_000
        after = soc + 100.0 * energy / battery
        segments.append(_segment(begin, stop, kw, energy, (soc, after)))
        soc = after
    return segments, soc


def _segment(begin: int, stop: int, kw: float, energy: float, soc: tuple[float, float]) -> Json:
    return {
        "durationMs": stop - begin,
        "endSoc": soc[1],
        "energykWh": energy,
        "from": begin,
        "paused": kw == 0.0,
        "powerIsBeingLimited": kw > 0.0,
        "powerUnlimited": False,
        "powerkW": kw,
        "startSoc": soc[0],
        "tag": ["bulk"] if soc[0] < 80 else ["target"],
        "to": stop,
    }


def _schedule(
    number: int, stay: tuple[int, int], soc: tuple[int, int], planned: tuple[list[Json], float]
) -> Json:
    segments, end = planned
    return {
        "id": f"s-{number}",
        "evId": f"bus-{201 + number}",
        "locationUid": "depot-north",
        "plannedArrivalTime": iso_z(stay[0]),
        "plannedDepartureTime": iso_z(stay[1]),
        "recurrenceRule": None,
        "startSoC": soc[0],
        "targetSoC": soc[1],
        "plan": {
            "departureMarginMs": SLOT_MS,
            "endSoc": end,
            "endTime": segments[-1]["from"],
            "energyKwh": sum(segment["energykWh"] for segment in segments),
            "pastSegments": [],
            "reachedTargetSocInSchedule": end >= soc[1] - 0.05,
            "schedule": {"from": stay[0], "to": stay[1], "startSoc": soc[0], "targetSoc": soc[1]},
            "segments": segments,
        },
        "planMeta": {"frozen": False, "strategy": "cost", "timestamp": CREATED_AT},
    }


def _shortfall(schedule: Json, missing_kwh: float, end: float) -> Json:
    departure = datetime.fromisoformat(schedule["plannedDepartureTime"])
    begin, stop = (departure - timedelta(minutes=minutes) for minutes in (65, 15))
    window = {"from": begin.isoformat(), "to": stop.isoformat()}
    return {
        "scheduleId": schedule["id"],
        "evId": schedule["evId"],
        "shortfallKwh": round(missing_kwh, 3),
        "plannedSoC": end,
        "targetSoC": schedule["targetSoC"],
        "belowMinimumSoC": False,
        "reasons": [{"code": "window", **window}, {"code": "site-cap", **window}],
        "repairs": [
            {"kind": "raise-site-cap", "byKw": 14.2, **window},
            {"kind": "delay-departure", "byMinutes": 22},
            {"kind": "lower-target", "toSoC": round(end, 1)},
        ],
    }


def _request(now: datetime, schedules: list[Json]) -> Json:
    bare = [{**schedule, "plan": None, "planMeta": None} for schedule in schedules]
    site = {
        "locationUid": "depot-north",
        "timeZone": "Europe/Helsinki",
        "currency": "EUR",
        "powerCapKw": 800,
        "acDcPowerRatio": RATIO,
    }
    return {"now": now.isoformat(), "strategy": "cost", "site": site, "schedules": bare}


def _response(schedules: list[Json], shortfalls: list[Json], slots: list[Json]) -> Json:
    energy, cost = 0.0, 0.0
    for slot in slots:
        slot["loadKw"], slot_kwh = _load(slot, schedules)
        energy, cost = energy + slot_kwh, cost + slot_kwh * slot["pricePerKwh"]
    return {
        "planId": "01JQTESTPLAN",
        "createdAt": CREATED_AT,
        "strategy": "cost",
        "schedules": schedules,
        "site": {
            "peakKw": max((slot["loadKw"] + slot["baseLoadKw"] for slot in slots), default=0.0),
            "energyKwh": energy,
            "energyCost": cost,
            "demandCost": 0.0,
            "carbonKg": None,
            "slots": [_slot_out(slot) for slot in slots],
        },
        "shortfalls": shortfalls,
        "warnings": [{"code": "prices-repeated", "message": "prices end at 00:00; the last 24 h repeat"}],
        "rejected": [],
        "solver": {"engine": "highs", "status": "optimal", "objective": cost, "bound": cost, "gap": 0.0},
    }


def _load(slot: Json, schedules: list[Json]) -> tuple[float, float]:
    """The largest AC power of the segments within a slot, and their AC energy in it."""
    segments = [
        segment
        for schedule in schedules
        for segment in schedule["plan"]["segments"]
        if segment["from"] < slot["to"] and segment["to"] > slot["from"]
    ]
    starts = {slot["from"], *(max(slot["from"], segment["from"]) for segment in segments)}
    loads = [sum(s["powerkW"] for s in segments if s["from"] <= at < s["to"]) for at in starts]
    inside = [(min(s["to"], slot["to"]) - max(s["from"], slot["from"]), s["powerkW"]) for s in segments]
    return max(loads) / RATIO, sum(ms * kw for ms, kw in inside) / 3_600_000 / RATIO


def _slot_out(slot: Json) -> Json:
    times = {"from": iso_z(slot["from"]), "to": from_ms(slot["to"]).isoformat()}
    load = slot["loadKw"] + slot["baseLoadKw"]
    full = load > slot["powerCapKw"] - 1.0
    return {**slot, **times, "loadKw": load, "capValuePerKw": 0.0125 if full else 0.0}
