"""`depot keys` and `depot sites`: what goes into the store and comes out of it."""

import json

import pytest
from typer.testing import CliRunner

from adapters.store import open_store
from api.cli import app
from api.clock import now_ms
from api.examples import STORED_SITE
from api.keys import key_digest
from tests.plan_builders import a_request_document

SITE = a_request_document()["site"]


@pytest.fixture
def url(tmp_path, monkeypatch):
    """The URL of an empty store, as the environment has it."""
    url = f"sqlite:///{tmp_path / 'depot.db'}"
    monkeypatch.setenv("DEPOT_DATABASE_URL", url)
    return url


def depot(*arguments, **options):
    return CliRunner().invoke(app, arguments, **options)


def test_a_key_is_shown_once_and_kept_by_its_hash(url):
    """What is printed is the key; the database has its SHA-256, its name and its scopes."""
    made = depot("keys", "make", "bob", "--scope", "read", "--scope", "push")
    assert made.exit_code == 0
    store = open_store(url, now_ms)
    (key,) = store.keys.list()
    store.close()
    assert (key.digest, key.scopes) == (key_digest(made.stdout.strip()), {"read", "push"})
    listed = depot("keys", "list").stdout
    assert listed.startswith("bob  push,read  made ")
    assert made.stdout.strip() not in listed


def test_a_key_is_revoked_once_and_its_name_stays_taken(url):
    depot("keys", "make", "bob")
    assert depot("keys", "revoke", "bob").exit_code == 0
    assert "revoked" in depot("keys", "list").stdout
    assert depot("keys", "revoke", "bob").exit_code == 2
    assert depot("keys", "make", "bob").exit_code == 2


@pytest.mark.parametrize(
    "content", [SITE, [SITE], STORED_SITE, [STORED_SITE, SITE]], ids=["bare", "list", "with settings", "two"]
)
def test_sites_go_in_and_come_out(url, tmp_path, content):
    """One or many, bare or with settings; what is listed as JSON can be imported again."""
    file = tmp_path / "sites.json"
    file.write_text(json.dumps(content))
    imported = depot("sites", "import", str(file))
    assert imported.exit_code == 0
    lines = depot("sites", "list").stdout.splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(imported.stdout.split())
    listed = depot("sites", "list", "--json").stdout
    again = depot("sites", "import", "-", input=listed)
    assert again.exit_code == 0
    assert depot("sites", "list", "--json").stdout == listed


def test_one_bad_site_keeps_all_out_and_every_fault_is_named(url, tmp_path):
    file = tmp_path / "sites.json"
    file.write_text(json.dumps([SITE, {**SITE, "timeZone": "Mars"}, {"site": {"powerCapKw": -1}}]))
    refused = depot("sites", "import", str(file))
    assert refused.exit_code == 2
    assert "/1/site/timeZone" in refused.stderr
    assert "/2/site/powerCapKw" in refused.stderr
    assert "/2/site/locationUid" in refused.stderr
    assert depot("sites", "list").stdout == ""


@pytest.mark.parametrize(
    ("database_url", "code"),
    [("mysql://x", 2), ("nonsense", 2), ("postgresql://depot:sesame@127.0.0.1:9/depot", 3)],
)
def test_a_store_that_cannot_be_used_is_said_so_without_its_url(monkeypatch, database_url, code):
    monkeypatch.setenv("DEPOT_DATABASE_URL", database_url)
    result = depot("sites", "list")
    assert result.exit_code == code
    assert "sesame" not in result.output
    assert "Traceback" not in result.output
