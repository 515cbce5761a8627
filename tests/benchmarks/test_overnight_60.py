"""The bundled depot: what is in the file, and that the planner makes of it what the README says."""

import json
from typing import Any

import pytest

from api.requests import read_request
from api.service import make_plan
from benchmarks.layout import readable_json
from benchmarks.overnight_60 import INSTANCE, TOO_SHORT, overnight_60
from optimiser.domain import PlanRequest

NOW_MS = 1_770_823_800_000


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return json.loads(INSTANCE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def request_read(document: dict[str, Any]) -> PlanRequest:
    return read_request(document, clock_now_ms=NOW_MS).plan_request


@pytest.fixture(scope="module")
def response(document: dict[str, Any]) -> dict[str, Any]:
    return make_plan(document, clock=lambda: NOW_MS)


def test_the_file_is_what_the_generator_makes() -> None:
    assert INSTANCE.read_text(encoding="utf-8") == readable_json(overnight_60())


def test_every_object_of_the_file_has_a_line_of_its_own(document: dict[str, Any]) -> None:
    lines = INSTANCE.read_text(encoding="utf-8").splitlines()
    assert sum(line.lstrip().startswith('{"id"') for line in lines) == 60 + 58 + 2
    assert max(map(len, lines)) < 400
    assert document["now"] == "2026-02-11T17:30:00+02:00"


def test_it_holds_what_makes_nights_hard(request_read: PlanRequest) -> None:
    vehicles = {session.vehicle.vehicle_id: session.vehicle for session in request_read.sessions}
    assert len(request_read.sessions) == 58 and len(request_read.recurring) == 2
    assert sum(not vehicle.pausable for vehicle in vehicles.values()) == 5
    assert sum(session.charging_now for session in request_read.sessions) == 1
    assert sum(session.priority > 0 for session in request_read.sessions) == 3
    assert sum(vehicle.min_power_kw == 10.0 for vehicle in vehicles.values()) >= 54
    assert request_read.site.price_per_kwh.values.min() < 0.0
    assert request_read.site.demand_charge is not None and request_read.site.demand_charge.windows


def test_only_those_whose_stay_is_too_short_go_short(response: dict[str, Any]) -> None:
    short = {
        entry["evId"]: {reason["code"] for reason in entry["reasons"]} for entry in response["shortfalls"]
    }
    assert short == {vehicle_id: {"window"} for vehicle_id in TOO_SHORT}
    assert not any(entry["belowMinimumSoC"] for entry in response["shortfalls"])


def test_the_cap_binds_for_hours_and_the_plan_is_within_half_a_percent(response: dict[str, Any]) -> None:
    slots = response["site"]["slots"]
    assert sum(slot["loadKw"] > slot["powerCapKw"] - 1.0 for slot in slots) >= 8
    assert response["solver"]["gap"] <= 0.005
    assert response["warnings"] == []
