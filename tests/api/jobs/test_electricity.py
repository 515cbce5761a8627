"""Caps from power groups."""

from math import sqrt

import pytest

from adapters.chargeye.neighbours import PowerGroupTree, Station
from api.exceptions import UnknownSiteError
from api.jobs.electricity import Grid, electricity, station_limits

TREE = {
    "grid": {
        "groupId": "grid",
        "maxCurrentA": 800,
        "subgroups": {
            "passive": {
                "groupId": "passive",
                "subgroups": {"feeder": {"groupId": "feeder", "maxPowerKw": 94}},
            }
        },
    }
}


def groups(tree=TREE):
    return PowerGroupTree(tree=tree).groups()


def a_station(station_id: str, *path: str, ratio: float | None = 0.94, **fields: object) -> Station:
    fixed = {"stationId": station_id, "powerGroupParentPath": list(path), "acDcPowerRatio": ratio}
    return Station.model_validate({**fixed, **fields})


def test_amperes_are_input_and_kilowatts_are_output() -> None:
    """sqrt(3) x 400 V x 800 A; 94 kW out are 100 kW in at 0.94; a group without limit is passed over."""
    found = electricity(
        "d", [a_station("S1", "grid", "passive", "feeder"), a_station("S2", "grid")], groups(), Grid()
    )
    assert found["powerCapKw"] == pytest.approx(sqrt(3) * 400 * 800 / 1000)
    assert found["acDcPowerRatio"] == 0.94
    [feeder] = found["groups"]
    assert (feeder["id"], feeder["parentId"], feeder["stationIds"]) == ("feeder", None, ["S1"])
    assert feeder["powerCapKw"] == pytest.approx(100.0)


def test_voltage_and_power_factor_are_settings() -> None:
    """690 V and a power factor of 0.95."""
    found = electricity("d", [a_station("S", "grid")], groups(), Grid(690.0, 0.95))
    assert found["powerCapKw"] == pytest.approx(sqrt(3) * 690 * 0.95 * 800 / 1000)


def test_two_connections_add_up_and_hold_apart() -> None:
    """The cap of the site is their sum, and each stays a group."""
    tree = {name: {"groupId": name, "maxCurrentA": amperes} for name, amperes in (("a", 100), ("b", 200))}
    found = electricity("d", [a_station("S1", "a"), a_station("S2", "b")], groups(tree), Grid())
    assert found["powerCapKw"] == pytest.approx(sqrt(3) * 400 * 300 / 1000)
    assert {group["id"]: group["stationIds"] for group in found["groups"]} == {"a": ["S1"], "b": ["S2"]}


@pytest.mark.parametrize("path", [(), ("unknown",), ("passive",)])
def test_a_site_without_a_limit_is_not_guessed_at(path: tuple[str, ...]) -> None:
    """No group, one that is not there, one without limit: the site is named."""
    with pytest.raises(UnknownSiteError, match="depot-x"):
        electricity("depot-x", [a_station("S", *path)], groups(), Grid())


def test_limits_of_zero_are_not_known() -> None:
    """A station of 0 kW has no limit told, a connector of 0 kW is left out."""
    plugs = [{"connectorId": "1", "maxPowerKw": 0}, {"connectorId": "2", "maxPowerKw": 150}]
    [limits] = station_limits([a_station("S", maxPowerKw=0, connectors=plugs)])
    assert limits["maxPowerKw"] is None
    assert limits["connectors"] == [{"connectorId": "2", "maxPowerKw": 150}]
