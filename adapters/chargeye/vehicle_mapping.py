"""A vehicle's limits, gathered from its entry, the caller's settings and the plan inside a schedule."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from adapters.chargeye import payloads
from adapters.chargeye.sources import NOTHING_EMBEDDED, CallerSettings, Embedded, Path
from optimiser.domain import ChargingCurve, Vehicle
from optimiser.exceptions import Fault
from optimiser.units import PERCENT

_EMBEDDED_EV = ("plan", "schedule", "ev")
_EMBEDDED_SETTINGS = ("plan", "schedule", "settings")


@dataclass(frozen=True, slots=True)
class Said:
    """A number, and the place in the request that says so."""

    value: float
    path: Path


@dataclass(frozen=True, slots=True)
class VehicleSources:
    """All that is said about one vehicle. `entry` is None where the request lists no such vehicle."""

    entry: payloads.Vehicle | None
    entry_path: Path
    settings: CallerSettings
    embedded: Embedded = NOTHING_EMBEDDED
    schedule_path: Path = ()


def to_vehicle(vehicle_id: str, sources: VehicleSources, place_limit_kw: float | None) -> Vehicle:
    """The domain's vehicle, from sources without faults.

    `place_limit_kw` is the largest power of its connector or station: the limit of last resort for a
    vehicle whose own is not known.
    """
    entry, ev = sources.entry, sources.embedded.ev
    largest = _largest_power(sources)
    return Vehicle(
        vehicle_id=vehicle_id,
        battery_capacity_kwh=_battery_kwh(sources) or 0.0,
        max_power_kw=largest.value if largest else place_limit_kw or 0.0,
        min_power_kw=_least_power(sources).value,
        pausable=_pausable(entry, ev),
        controllable=entry is None or entry.enable_charge_scheduling is not False,
        charging_curve=_curve(entry),
    )


def vehicle_faults(sources: VehicleSources) -> Iterator[Fault]:
    """What contradicts itself in what is said: least above largest power, a curve out of order.

    Settings that contradict themselves are no fault of the vehicle, and are told elsewhere.
    """
    least, largest = _least_power(sources), _largest_power(sources)
    both_in_settings = largest is not None and least.path[0] == largest.path[0] == "settings"
    if largest and least.value > largest.value and not both_in_settings:
        place = largest.path if least.path[0] == "settings" else least.path
        message = f"the least power, {least.value:g} kW, is above the vehicle's largest, {largest.value:g} kW"
        yield Fault(place, message)
    if sources.entry and sources.entry.charging_curve:
        yield from _curve_faults(sources.entry.charging_curve, (*sources.entry_path, "chargingCurve"))


def missing_facts(sources: VehicleSources, place_limit_kw: float | None) -> Iterator[Fault]:
    """What must be said before a schedule of this vehicle can be planned, and is not."""
    battery_kwh = _battery_kwh(sources)
    if sources.entry is None and battery_kwh is None:
        message = "no vehicle of the request has this id, and the schedule carries no data of it"
        yield Fault((*sources.schedule_path, "evId"), message)
        return
    if battery_kwh is None:
        yield Fault((*sources.entry_path, "fullChargeEnergykWh"), "the battery's energy is needed")
    if _largest_power(sources) is None and place_limit_kw is None:
        place = (*sources.entry_path, "maxChargePowerkW")
        if sources.entry is None:
            place = (*sources.schedule_path, *_EMBEDDED_EV, "maxPowerkW")
        yield Fault(place, "the largest power is needed, and it must be above 0")


def _pausable(entry: payloads.Vehicle | None, ev: payloads.PlanEv) -> bool:
    own = entry.supports_pause_resume if entry else None
    return bool(ev.supports_pausing if own is None else own)


def _battery_kwh(sources: VehicleSources) -> float | None:
    own = sources.entry and sources.entry.full_charge_energy_kwh
    return own or sources.embedded.ev.battery_size_kwh or None


def _largest_power(sources: VehicleSources) -> Said | None:
    """The least of what is said; 0 inside an embedded plan is the vendor's "not known"."""
    entry, settings, embedded = sources.entry, sources.settings, sources.embedded
    inner = sources.schedule_path
    said = [
        (entry and entry.max_charge_power_kw, (*sources.entry_path, "maxChargePowerkW")),
        (embedded.ev.max_power_kw, (*inner, *_EMBEDDED_EV, "maxPowerkW")),
        (settings.largest_power_kw, ("settings", "evMaxPowerkW")),
    ]
    if settings.largest_power_kw is None:
        said.append((embedded.settings.ev_max_power_kw, (*inner, *_EMBEDDED_SETTINGS, "evMaxPowerkW")))
    return min((Said(value, path) for value, path in said if value), key=_value, default=None)


def _least_power(sources: VehicleSources) -> Said:
    entry, settings, embedded = sources.entry, sources.settings, sources.embedded
    own = (entry and entry.min_charge_power_kw, (*sources.entry_path, "minChargePowerkW"))
    wanted: tuple[float | None, Path] = (settings.least_power_kw, ("settings", "evMinPowerkW"))
    if settings.least_power_kw is None:
        path = (*sources.schedule_path, *_EMBEDDED_SETTINGS, "evMinPowerkW")
        wanted = (embedded.settings.ev_min_power_kw, path)
    return max((Said(value or 0.0, path) for value, path in (own, wanted)), key=_value)


def _value(said: Said) -> float:
    return said.value


def _curve(entry: payloads.Vehicle | None) -> ChargingCurve | None:
    if entry is None or not entry.charging_curve:
        return None
    points = entry.charging_curve
    return ChargingCurve(
        soc=tuple(point.soc / PERCENT for point in points),
        power_kw=tuple(point.power_kw for point in points),
    )


def _curve_faults(points: list[payloads.CurvePoint], path: Path) -> Iterator[Fault]:
    for index, (before, after) in enumerate(pairwise(points), start=1):
        if after.soc <= before.soc:
            yield Fault((*path, index, "soc"), "must be above the SoC of the point before it")
