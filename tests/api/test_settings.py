"""Settings come from the environment alone, and never show a secret."""

import pytest

from api.exceptions import BadSettingError, UnsafeAddressError
from api.settings import Settings, is_loopback, read_settings, refuse_open_door


def test_keys_are_names_and_secrets(monkeypatch):
    monkeypatch.setenv("DEPOT_API_KEYS", " ann:sesame-1, bob:se:same,")
    keys = read_settings().api_keys
    assert {name: key.get_secret_value() for name, key in keys.items()} == {
        "ann": "sesame-1",
        "bob": "se:same",
    }
    assert "sesame" not in repr(read_settings())


@pytest.mark.parametrize("text", ["sesame-1", "ann:", ":sesame-1", "ann:sesame-1,ann:sesame-2"])
def test_a_wrong_setting_is_named_and_not_shown(monkeypatch, text):
    monkeypatch.setenv("DEPOT_API_KEYS", text)
    with pytest.raises(BadSettingError, match="DEPOT_API_KEYS") as caught:
        read_settings()
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_defaults_are_the_contracts(monkeypatch):
    for name in (
        "DEPOT_API_KEYS",
        "DEPOT_DATABASE_URL",
        "DEPOT_CHARGEYE_URL",
        "DEPOT_CHARGEYE_PUSH",
        "DEPOT_EVENERGY_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    settings = read_settings()
    assert settings.api_keys == {}
    assert settings.database_url.get_secret_value() == "sqlite:///depot.db"
    assert (settings.chargeye_url, settings.chargeye_push) == ("https://kempower.io/api", "replace")
    assert settings.evenergy_url == "https://api.ev.energy/v2"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("example.org", False),
        ("", False),
    ],
)
def test_loopback_is_the_own_machine_only(host, expected):
    assert is_loopback(host) is expected


def test_a_service_without_keys_listens_on_loopback_only():
    with pytest.raises(UnsafeAddressError, match="DEPOT_API_KEYS"):
        refuse_open_door(Settings(api_keys={}), "0.0.0.0")
    refuse_open_door(Settings(api_keys={}), "127.0.0.1")
    refuse_open_door(Settings(api_keys={"ann": "sesame-1"}), "0.0.0.0")
