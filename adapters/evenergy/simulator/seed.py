"""The JSON file that a simulated ev.energy can be filled from and read back as."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

JsonObject = dict[str, Any]


class Seed(BaseModel):
    """A whole state. Objects are as ev.energy spells them, but name each other by bare id and have no `url`.

    A log names its `vehicle` (a charge point's log its `evse`). `clients` holds `id:secret`; without any,
    every client is good. `bearer_tokens` never end. `reconnect_spelling` is what the end of a reconnect link
    is called: the vendor's examples and its schema differ.
    """

    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime | None = None
    clock_running: bool = True
    clients: list[str] = Field(default_factory=list)
    bearer_tokens: list[str] = Field(default_factory=list)
    token_lifetime_seconds: float = Field(default=36_000, gt=0)
    rate_limit_per_hour: int = Field(default=1_000, ge=1)
    reconnect_spelling: Literal["expiry", "expires_at"] = "expiry"
    users: list[JsonObject] = Field(default_factory=list)
    vehicle_makes: list[JsonObject] = Field(default_factory=list)
    vehicle_models: list[JsonObject] = Field(default_factory=list)
    vehicle_trims: list[JsonObject] = Field(default_factory=list)
    vehicles: list[JsonObject] = Field(default_factory=list)
    status_logs: list[JsonObject] = Field(default_factory=list)
    location_logs: list[JsonObject] = Field(default_factory=list)
    command_logs: list[JsonObject] = Field(default_factory=list)
    error_logs: list[JsonObject] = Field(default_factory=list)
    evse_models: list[JsonObject] = Field(default_factory=list)
    evses: list[JsonObject] = Field(default_factory=list)
    evse_status_logs: list[JsonObject] = Field(default_factory=list)
    evse_sites: list[JsonObject] = Field(default_factory=list)
    cpms_providers: list[JsonObject] = Field(default_factory=list)


REGISTERS = (
    "users",
    "vehicle_makes",
    "vehicle_models",
    "vehicle_trims",
    "vehicles",
    "evse_models",
    "evses",
    "evse_sites",
    "cpms_providers",
)

# Every log with its parent and with the timestamp that is its key.
LOGS = {
    "status_logs": ("vehicle", "sampled_at"),
    "location_logs": ("vehicle", "sampled_at"),
    "command_logs": ("vehicle", "logged_at"),
    "error_logs": ("vehicle", "logged_at"),
    "evse_status_logs": ("evse", "sampled_at"),
}
