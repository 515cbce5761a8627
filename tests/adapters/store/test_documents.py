"""Documents come back to the letter."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from adapters.records import JsonObject
from adapters.store import SqlStore
from adapters.store.documents import pack, unpack
from adapters.store.exceptions import UnstorableError
from tests.adapters.store.builders import json_documents


@given(document=json_documents)
def test_unpacking_gives_back_what_was_packed(document: JsonObject) -> None:
    """Keys keep their order and numbers every digit, whatever JSON can hold."""
    assert json.dumps(unpack(pack(document))) == json.dumps(document)


@given(document=json_documents)
def test_a_large_document_is_packed_smaller_and_comes_back(document: JsonObject) -> None:
    """What is over the threshold is deflated, and its bytes come back as well."""
    large = {"copies": [document] * 20, "padding": "0" * 4_000}
    packed = pack(large)
    assert len(packed) < len(json.dumps(large))
    assert json.dumps(unpack(packed)) == json.dumps(large)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(site=json_documents, planning=json_documents)
def test_the_database_gives_back_the_same_json(
    store: SqlStore, site: JsonObject, planning: JsonObject
) -> None:
    """Site settings survive the database byte for byte as JSON."""
    store.sites.put("north", site, planning)
    stored = store.sites.get("north")
    assert stored is not None
    assert json.dumps([stored.site, stored.settings]) == json.dumps([site, planning])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_not_json_is_refused(store: SqlStore, number: float) -> None:
    """A NaN or an infinity is our mistake upstream, and nothing of it is stored."""
    with pytest.raises(UnstorableError):
        store.sites.put("north", {"powerCapKw": number}, {})
    assert store.sites.get("north") is None
