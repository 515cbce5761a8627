"""What the chargers tell of the vehicles that stand at them, put onto their schedules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.chargeye.guards import instant_ms
from adapters.chargeye.neighbours import Station

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plugged:
    """A running transaction: who stands where, and with how much [%]."""

    vehicle_id: str
    station_id: str
    connector_id: str
    soc_percent: float | None
    charging_times: Mapping[str, str]


def plugged_vehicles(stations: Sequence[Station]) -> Iterator[Plugged]:
    """One for every connector with a transaction that has not ended and whose vehicle is known."""
    for station in stations:
        for connector in station.connectors:
            transaction = connector.transaction or {}
            vehicle_id = (transaction.get("schedulePlan") or {}).get("evId")
            if isinstance(vehicle_id, str) and not transaction.get("endTime"):
                soc, times = _soc(transaction.get("soc")), _charging_times(transaction)
                yield Plugged(vehicle_id, station.station_id, connector.connector_id, soc, times)


def _soc(value: object) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
    return float(value) if known else None  # type: ignore[arg-type]


def _charging_times(transaction: Mapping[str, Any]) -> dict[str, str]:
    names = ("chargingStartTime", "chargingEndTime")
    return {name: transaction[name] for name in names if isinstance(transaction.get(name), str)}


def with_evidence(
    schedules: Sequence[Mapping[str, Any]], plugged: Mapping[str, Plugged], now_ms: int
) -> list[JsonObject]:
    """The schedules, those under way with place, SoC and charging times of their vehicle."""
    return [
        _told(schedule, plugged[schedule["evId"]])
        if schedule.get("evId") in plugged and under_way(schedule, now_ms)
        else dict(schedule)
        for schedule in schedules
    ]


def under_way(schedule: Mapping[str, Any], now_ms: int) -> bool:
    """Whether the vehicle should stand at the site; False where the times cannot be read."""
    try:
        arrival_ms = instant_ms(schedule["plannedArrivalTime"])
        return arrival_ms <= now_ms < instant_ms(schedule["plannedDepartureTime"])
    except (KeyError, TypeError, ValueError):
        return False


def _told(schedule: Mapping[str, Any], plugged: Plugged) -> JsonObject:
    place = {"stationId": plugged.station_id, "connectorId": plugged.connector_id}
    told = {**place, **schedule}
    if plugged.soc_percent is not None:
        told.setdefault("currentSoC", plugged.soc_percent)
    if plugged.charging_times:
        plan = told.get("plan") or {}
        inner = plan.get("schedule") or {}
        times = {**(inner.get("tx") or {}), **plugged.charging_times}
        told["plan"] = {**plan, "schedule": {**inner, "tx": times}}
    return told
