"""Short constructors of ChargEye objects with values that make sense."""

from typing import Any, cast

from adapters.chargeye.simulator import Seed, SimulatorControl
from adapters.chargeye.wire import JsonObject, ScheduleJson, VehicleJson
from optimiser.units import MS_PER_HOUR, iso_z, to_ms
from tests.adapters.conftest import NOW

DEPOT = "depot-north"
NOW_MS = to_ms(NOW)


def at(hours: float) -> str:
    """The time so many hours after NOW, as ChargEye writes it."""
    return iso_z(NOW_MS + round(hours * MS_PER_HOUR))


def a_stay(arrival: float, departure: float, **fields: Any) -> ScheduleJson:
    """A schedule to post; times in hours after NOW."""
    stay: JsonObject = {
        "locationUid": DEPOT,
        "plannedArrivalTime": at(arrival),
        "plannedDepartureTime": at(departure),
        "startSoC": 31,
        "targetSoC": 90,
        **fields,
    }
    return cast(ScheduleJson, stay)


def stored(
    schedule_id: str, arrival: float, departure: float, vehicle_id: str = "bus-1", **fields: Any
) -> JsonObject:
    """A schedule as ChargEye keeps it."""
    return {**a_stay(arrival, departure, **fields), "id": schedule_id, "evId": vehicle_id}


def put_schedules(simulator: SimulatorControl, *schedules: JsonObject) -> None:
    """Make these the only schedules of the simulator."""
    state: Seed = simulator.state()
    simulator.load(state.model_copy(update={"schedules": list(schedules)}))


def a_vehicle(vehicle_id: str, **fields: Any) -> VehicleJson:
    """A bus at home at the depot."""
    vehicle: JsonObject = {
        "id": vehicle_id,
        "name": vehicle_id,
        "vin": "LZYTBGDF4P1000214",
        "locationUid": [DEPOT],
        "fullChargeEnergykWh": 422,
        "maxChargePowerkW": 150,
        "enableChargeScheduling": True,
        **fields,
    }
    return cast(VehicleJson, vehicle)


def a_station(station_id: str, location_uid: str = DEPOT) -> JsonObject:
    """A station with one connector and its power group."""
    return {
        "stationId": station_id,
        "locationUid": location_uid,
        "maxPowerKw": 240,
        "acDcPowerRatio": 0.94,
        "powerGroupParentPath": ["grid", "feeder"],
        "connectors": [{"connectorId": "1", "maxPowerKw": 150, "lastTransaction": {"soc": 48}}],
    }
