"""Depots whose optimal cost others have proven: the planner finds the same, with least power and without."""

from pathlib import Path

import pytest

from api.service import make_plan
from benchmarks.plain_depot import INSTANCES, known_costs, read_plain, to_request

NOW_MS = 1_768_219_200_000
BUNDLED = (5, 20, 50)


def the_file(n_vehicles: int) -> Path:
    return INSTANCES / f"plain_{n_vehicles}.json"


def test_all_that_stands_in_the_plain_depot_is_in_the_request() -> None:
    plain = read_plain(the_file(5))
    request = to_request(plain)
    assert len(request["vehicles"]) == len(request["schedules"]) == 5
    assert request["site"]["prices"][0] == {
        "from": "2026-01-12T12:00:00Z",
        "to": "2026-01-12T12:15:00Z",
        "pricePerKwh": 0.1954,
    }
    assert request["site"]["prices"][-1]["to"] == plain["horizon"]["end"]
    assert {vehicle["minChargePowerkW"] for vehicle in request["vehicles"]} == {4.1, 10.0, 15.0}


@pytest.mark.parametrize("least_power", [False, True])
@pytest.mark.parametrize("n_vehicles", BUNDLED)
def test_the_known_optimal_cost_is_met_and_proven(n_vehicles: int, least_power: bool) -> None:
    request = to_request(read_plain(the_file(n_vehicles)), least_power=least_power)
    response = make_plan(request, clock=lambda: NOW_MS)
    assert response["site"]["energyCost"] == pytest.approx(known_costs()[n_vehicles], rel=1e-6)
    assert response["shortfalls"] == []
    assert response["solver"]["status"] == "optimal"
