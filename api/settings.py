"""Settings: the only place that reads the environment."""

from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.exceptions import BadSettingError, UnsafeAddressError


def _named_keys(text: object) -> object:
    """`name:key,name:key` as a dict; a mapping passes as it is."""
    if not isinstance(text, str):
        return text
    pairs = [entry.strip().partition(":") for entry in text.split(",") if entry.strip()]
    if any(not name or not key for name, _, key in pairs):
        raise ValueError("must be name:key, several of them separated by commas")
    keys = {name: key for name, _, key in pairs}
    if len(keys) < len(pairs):
        raise ValueError("names a key twice")
    return keys


Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Settings(BaseSettings):
    """Everything that the environment decides, each as `DEPOT_<NAME>`; secrets do not print."""

    model_config = SettingsConfigDict(
        env_prefix="DEPOT_", frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    database_url: SecretStr = SecretStr("sqlite:///depot.db")  # may hold a password
    api_keys: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_named_keys)] = {}
    chargeye_url: str = "https://kempower.io/api"
    chargeye_refresh_token: SecretStr | None = None
    chargeye_push: Literal["replace", "patch"] = "replace"
    chargeye_line_voltage: float = Field(400.0, gt=0)  # between phases: makes kW of a power group's amperes
    chargeye_power_factor: float = Field(1.0, gt=0, le=1)
    evenergy_url: str = "https://api.ev.energy/v2"
    evenergy_token: SecretStr | None = None
    evenergy_client_id: str | None = None
    evenergy_client_secret: SecretStr | None = None
    evenergy_token_url: str | None = None

    workers: Annotated[int, Field(ge=1, le=256)] = 2  # processes for quick answers
    long_workers: Annotated[int, Field(ge=1, le=256)] = 1  # processes for large and deferred ones
    large_body_bytes: Annotated[int, Field(ge=1)] = 1_000_000  # a body above this is no quick answer
    quick_limit_s: Seconds = 4.0  # what is not done by then goes to the long workers
    sync_limit_s: Seconds = 60.0  # no answer at once takes longer
    async_limit_s: Seconds = 1_800.0  # and no deferred one
    queue_limit: Annotated[int, Field(ge=0)] = 64  # waiting calls, for each kind of worker
    deferred_limit: Annotated[int, Field(ge=0)] = 1_000  # queued deferred calls
    rate_per_s: Annotated[float, Field(gt=0)] = 50.0  # requests of one key in the long run
    rate_burst: Annotated[int, Field(ge=1)] = 200  # and at once
    shutdown_s: Seconds = 20.0  # running work may go on so long after a signal to stop
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from its own machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_settings() -> Settings:
    """The settings of this process. Raises BadSettingError, which names the variable and not its content."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = (
            f"DEPOT_{str(fault['loc'][0]).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False)
        )
        raise BadSettingError("; ".join(wrong)) from None


def refuse_open_door(settings: Settings, host: str) -> None:
    """Raise UnsafeAddressError where a service without keys would be heard beyond this machine."""
    if not settings.api_keys and not is_loopback(host):
        raise UnsafeAddressError(
            f"{host} can be reached by others: set DEPOT_API_KEYS, or listen on 127.0.0.1"
        )
