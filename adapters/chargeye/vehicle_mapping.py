"""A vehicle's limits, gathered from its entry, the caller's settings and the plan inside a schedule."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from adapters.chargeye import payloads
from adapters.chargeye.sources import NOTHING_EMBEDDED, CallerSettings, Embedded, Path
from optimiser.domain import ChargingCurve, Vehicle
from optimiser.exceptions import Fault
from optimiser.units import PERCENT

_ENTRY_LARGEST: Path = ("maxChargePowerkW",)
_ENTRY_LEAST: Path = ("minChargePowerkW",)
_EV_LARGEST: Path = ("plan", "schedule", "ev", "maxPowerkW")
_EMBEDDED_LARGEST: Path = ("plan", "schedule", "settings", "evMaxPowerkW")
_EMBEDDED_LEAST: Path = ("plan", "schedule", "settings", "evMinPowerkW")
_WANTED_LARGEST: Path = ("settings", "evMaxPowerkW")
_WANTED_LEAST: Path = ("settings", "evMinPowerkW")


class VehicleSources(NamedTuple):
    """All that is said about one vehicle. `entry` is None where the request lists no such vehicle."""

    entry: payloads.Vehicle | None
    entry_path: Path
    settings: CallerSettings
    embedded: Embedded = NOTHING_EMBEDDED
    schedule_path: Path = ()


def to_vehicle(vehicle_id: str, sources: VehicleSources, place_limit_kw: float | None) -> Vehicle:
    """The domain's vehicle. A battery or a largest power that nobody tells is 0 (see `missing_facts`).

    `place_limit_kw` is the largest power of its connector or station: the limit of last resort for a
    vehicle whose own is not known.
    """
    entry, ev = sources.entry, sources.embedded.ev
    return Vehicle(
        vehicle_id=vehicle_id,
        battery_capacity_kwh=_battery_kwh(sources) or 0.0,
        max_power_kw=_largest_kw(sources) or place_limit_kw or 0.0,
        min_power_kw=_least_kw(sources),
        pausable=_pausable(entry, ev),
        controllable=entry is None or entry.enable_charge_scheduling is not False,
        charging_curve=_curve(entry),
    )


def vehicle_faults(vehicle: Vehicle, sources: VehicleSources) -> Iterator[Fault]:
    """What contradicts itself in what is said: least above largest power, a curve out of order.

    Settings that contradict themselves are no fault of the vehicle, and are told elsewhere.
    """
    if 0 < vehicle.max_power_kw < vehicle.min_power_kw:
        yield from _crossed_limits(sources, vehicle.min_power_kw, vehicle.max_power_kw)
    if vehicle.charging_curve:
        yield from _curve_faults(vehicle.charging_curve, (*sources.entry_path, "chargingCurve"))


def missing_facts(sources: VehicleSources, place_limit_kw: float | None) -> Iterator[Fault]:
    """What must be said before a schedule of this vehicle can be planned, and is not."""
    battery_kwh = _battery_kwh(sources)
    if sources.entry is None and battery_kwh is None:
        message = "no vehicle of the request has this id, and the schedule carries no data of it"
        yield Fault((*sources.schedule_path, "evId"), message)
        return
    if battery_kwh is None:
        yield Fault((*sources.entry_path, "fullChargeEnergykWh"), "the battery's energy is needed")
    if _largest_kw(sources) is None and place_limit_kw is None:
        place = (*sources.entry_path, *_ENTRY_LARGEST)
        if sources.entry is None:
            place = (*sources.schedule_path, *_EV_LARGEST)
        yield Fault(place, "the largest power is needed, and it must be above 0")


def _pausable(entry: payloads.Vehicle | None, ev: payloads.PlanEv) -> bool:
    own = entry.supports_pause_resume if entry else None
    return bool(ev.supports_pausing if own is None else own)


def _battery_kwh(sources: VehicleSources) -> float | None:
    own = sources.entry and sources.entry.full_charge_energy_kwh
    return own or sources.embedded.ev.battery_size_kwh or None


def _largest_kw(sources: VehicleSources) -> float | None:
    """The least of what is said; 0 inside an embedded plan is the vendor's "not known"."""
    said = [kw for kw, _ in _largest_said(sources) if kw]
    return min(said) if said else None


def _least_kw(sources: VehicleSources) -> float:
    return max([kw or 0.0 for kw, _ in _least_said(sources)])


def _largest_said(sources: VehicleSources) -> tuple[tuple[float | None, Path], ...]:
    """Each largest power, and its place below the entry, the settings or the schedule."""
    entry, wanted, embedded = sources.entry, sources.settings.largest_power_kw, sources.embedded
    return (
        (entry.max_charge_power_kw if entry else None, _ENTRY_LARGEST),
        (embedded.ev.max_power_kw, _EV_LARGEST),
        (wanted, _WANTED_LARGEST),
        (embedded.settings.ev_max_power_kw if wanted is None else None, _EMBEDDED_LARGEST),
    )


def _least_said(sources: VehicleSources) -> tuple[tuple[float | None, Path], ...]:
    """Each least power, and its place below the entry, the settings or the schedule."""
    entry, wanted = sources.entry, sources.settings.least_power_kw
    return (
        (entry.min_charge_power_kw if entry else None, _ENTRY_LEAST),
        (wanted, _WANTED_LEAST),
        (sources.embedded.settings.ev_min_power_kw if wanted is None else None, _EMBEDDED_LEAST),
    )


def _crossed_limits(sources: VehicleSources, least_kw: float, largest_kw: float) -> Iterator[Fault]:
    """One fault, at the side that is not the caller's settings: those hold for other vehicles too."""
    least = next(place for kw, place in _least_said(sources) if kw == least_kw)
    largest = next(place for kw, place in _largest_said(sources) if kw == largest_kw)
    place = largest if least is _WANTED_LEAST else least
    if place is not _WANTED_LARGEST:
        message = f"the least power, {least_kw:g} kW, is above the vehicle's largest, {largest_kw:g} kW"
        root = sources.entry_path if place in (_ENTRY_LEAST, _ENTRY_LARGEST) else sources.schedule_path
        yield Fault((*root, *place), message)


def _curve(entry: payloads.Vehicle | None) -> ChargingCurve | None:
    if entry is None or not entry.charging_curve:
        return None
    points = entry.charging_curve
    return ChargingCurve(
        soc=tuple([point.soc / PERCENT for point in points]),
        power_kw=tuple([point.power_kw for point in points]),
    )


def _curve_faults(curve: ChargingCurve, path: Path) -> Iterator[Fault]:
    for index, (before, after) in enumerate(pairwise(curve.soc), start=1):
        if after <= before:
            yield Fault((*path, index, "soc"), "must be above the SoC of the point before it")
