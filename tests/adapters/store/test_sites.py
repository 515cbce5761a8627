"""Site settings."""

from adapters.store import SqlStore
from tests.adapters.store.builders import ManualClock


def test_a_depot_is_described_again(store: SqlStore, clock: ManualClock) -> None:
    """The second description takes the place of the first, and says when."""
    store.sites.put("north", {"powerCapKw": 800}, {"minimumSoC": 20})
    clock.now_ms += 1
    written = store.sites.put("north", {"powerCapKw": 900}, {})
    assert store.sites.get("north") == written
    assert (written.site, written.settings, written.updated_ms) == ({"powerCapKw": 900}, {}, clock.now_ms)


def test_an_unknown_depot_is_none(store: SqlStore) -> None:
    """Asking for a depot that was never described is no error."""
    assert store.sites.get("nowhere") is None


def test_depots_are_listed_in_one_order_on_every_database(store: SqlStore) -> None:
    """By code point, whatever collation the database has."""
    for location_uid in ("b", "Z", "a-1", "a", "ä", "A"):
        store.sites.put(location_uid, {}, {})
    assert [site.location_uid for site in store.sites.list()] == ["A", "Z", "a", "a-1", "b", "ä"]
