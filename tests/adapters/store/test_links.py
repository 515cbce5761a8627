"""Which vehicle and which site of ev.energy is which of ours."""

import pytest

from adapters.records import LinkSource, SiteLink, VehicleLink
from adapters.store import SqlStore
from adapters.store.exceptions import ConflictError
from tests.adapters.store.builders import NOW_MS, ManualClock


def pairs(store: SqlStore) -> dict[str, str]:
    return {link.vehicle_id: link.evenergy_id for link in store.links.vehicles()}


def test_links_are_kept_in_the_order_of_our_vehicles(store: SqlStore, clock: ManualClock) -> None:
    """With their source and the time of linking."""
    store.links.link_vehicle("bus-2", "vhcl2")
    clock.now_ms += 1
    assert store.links.match_vehicles([("bus-1", "vhcl1")]) == (
        VehicleLink("bus-1", "vhcl1", LinkSource.VIN, NOW_MS + 1),
    )
    assert store.links.vehicles() == (
        VehicleLink("bus-1", "vhcl1", LinkSource.VIN, NOW_MS + 1),
        VehicleLink("bus-2", "vhcl2", LinkSource.HAND, NOW_MS),
    )


def test_a_hand_lets_go_of_what_was_linked_before(store: SqlStore) -> None:
    """On both sides, so that no vehicle has two links."""
    store.links.link_vehicle("bus-1", "vhcl1")
    store.links.link_vehicle("bus-2", "vhcl2")
    store.links.link_vehicle("bus-1", "vhcl2")
    assert pairs(store) == {"bus-1": "vhcl2"}


def test_a_match_never_overrules(store: SqlStore) -> None:
    """Neither for our vehicle nor for theirs; the rest is linked, and only that is said to be new."""
    store.links.link_vehicle("bus-1", "vhcl9")
    new = store.links.match_vehicles([("bus-1", "vhcl1"), ("bus-9", "vhcl9"), ("bus-2", "vhcl2")])
    assert [link.vehicle_id for link in new] == ["bus-2"]
    assert pairs(store) == {"bus-1": "vhcl9", "bus-2": "vhcl2"}
    assert store.links.match_vehicles([]) == ()


def test_one_of_theirs_cannot_be_two_of_ours(store: SqlStore) -> None:
    """A match that says so is refused whole."""
    with pytest.raises(ConflictError):
        store.links.match_vehicles([("bus-1", "vhcl1"), ("bus-2", "vhcl1")])
    assert pairs(store) == {}


def test_a_link_can_be_forgotten(store: SqlStore) -> None:
    """Once."""
    store.links.link_vehicle("bus-1", "vhcl1")
    assert [store.links.unlink_vehicle("bus-1") for _ in range(2)] == [True, False]
    assert pairs(store) == {}


def test_a_site_belongs_to_one_depot(store: SqlStore) -> None:
    """The newest word counts; a depot may have several sites."""
    for site, depot in (("site2", "north"), ("site1", "north"), ("site2", "south")):
        store.links.link_site(site, depot)
    assert store.links.sites() == (SiteLink("site1", "north", NOW_MS), SiteLink("site2", "south", NOW_MS))


def test_pruning_leaves_links_alone(store: SqlStore) -> None:
    """They are settings, not history."""
    store.links.link_vehicle("bus-1", "vhcl1")
    store.links.link_site("site1", "north")
    assert store.prune(NOW_MS + 10**9) == 0
    assert pairs(store) and store.links.sites()
