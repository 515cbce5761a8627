"""acnportal's simulator with its least-laxity-first scheduler: no prices, one limit for the whole night.

Stations have 1,000 V, so that its amperes are our kW. Its limits do not change over time, so it gets the
least room of the night.
"""

import warnings
from datetime import UTC, datetime

from acnportal.acnsim import EV, EVSE, Battery, ChargingNetwork, Current, EventQueue, PluginEvent, Simulator
from acnportal.algorithms import SortedSchedulingAlgo, least_laxity_first

from benchmarks.peers.night import Energies, Night, Stay, answer

START = datetime(2026, 2, 11, 12, tzinfo=UTC)
VOLTS = 1000.0


def plan(night: Night) -> Energies:
    """Everybody as early as the site allows, the least patient first."""
    names = [f"stand-{i}" for i in range(len(night.stays))]
    network = ChargingNetwork()
    for name, stay in zip(names, night.stays, strict=True):
        network.register_evse(EVSE(name, max_rate=stay.max_power_kw), VOLTS, 0)
    network.add_constraint(Current(names), min(night.room_kw), "site")
    events = EventQueue(
        [
            PluginEvent(stay.first_slot, _vehicle(name, stay))
            for name, stay in zip(names, night.stays, strict=True)
        ]
    )
    simulator = Simulator(
        network,
        SortedSchedulingAlgo(least_laxity_first),
        events,
        START,
        period=60 * night.slot_hours,
        verbose=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simulator.run()
    rates = simulator.charging_rates
    return [_energies(night, rates[network.station_ids.index(name)]) for name in names]


def _vehicle(name: str, stay: Stay) -> EV:
    battery = Battery(stay.need_kwh, 0.0, stay.max_power_kw)
    return EV(stay.first_slot, stay.end_slot, stay.need_kwh, name, name, battery)


def _energies(night: Night, rates: list[float]) -> list[float]:
    """The simulation ends with the last departure; what it has beyond the night is 0."""
    energy = [float(rate) * night.slot_hours for rate in rates][: night.n_slots]
    return energy + [0.0] * (night.n_slots - len(energy))


if __name__ == "__main__":
    answer(plan)
