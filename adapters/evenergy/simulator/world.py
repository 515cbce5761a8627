"""Everything that one running simulator holds, and what each of its calls must pass."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request, Response

from adapters.evenergy.simulator.limiter import RateLimiter
from adapters.evenergy.simulator.problems import bad_parameter, unauthenticated
from adapters.evenergy.simulator.records import Records
from adapters.evenergy.simulator.rendering import Renderer
from adapters.evenergy.simulator.seed import LOGS, REGISTERS, Seed
from adapters.simulation.bench import Bench, bearer
from adapters.simulation.tokens import IssuedTokens
from optimiser.units import from_ms, to_ms

_TOKEN_LIFETIME_S = 36_000.0
_VERSION = "2"


@dataclass
class World(Bench):
    """The bench, tokens, rate limit and records. Only the server's own thread touches it."""

    def __post_init__(self) -> None:
        self.tokens = IssuedTokens(self.clock, _TOKEN_LIFETIME_S)
        self.limiter = RateLimiter(self.clock)
        self.load(Seed())

    def load(self, seed: Seed) -> None:
        """Take a whole state; counted calls are forgotten. Raises ValueError, and then nothing changes."""
        self.records = Records.seeded(seed)
        if seed.now is not None:
            self.clock.set(to_ms(seed.now), running=seed.clock_running)
        self.tokens.credentials = seed.clients
        self.tokens.lifetime_s = seed.token_lifetime_seconds
        self.bearer_tokens = seed.bearer_tokens
        self.reconnect_spelling = seed.reconnect_spelling
        self.limiter.per_hour = seed.rate_limit_per_hour
        self.limiter.clear()

    def dump(self) -> Seed:
        """The whole state, in the form of a seed."""
        registers = {kind: list(self.records.registers[kind].values()) for kind in REGISTERS}
        logs = {kind: self.records.all_logs(kind) for kind in LOGS}
        return Seed(
            now=from_ms(self.clock.now_ms()),
            clock_running=self.clock.running,
            clients=self.tokens.credentials,
            bearer_tokens=self.bearer_tokens,
            token_lifetime_seconds=self.tokens.lifetime_s,
            rate_limit_per_hour=self.limiter.per_hour,
            reconnect_spelling=self.reconnect_spelling,
            **registers,
            **logs,
        )

    def application(self, token: str) -> str | None:
        """Whom a bearer token speaks for, None where it is not accepted."""
        return token if token in self.bearer_tokens else self.tokens.holder(token)


def _world(request: Request) -> World:
    return cast(World, request.app.state.world)


Simulated = Annotated[World, Depends(_world)]


def _renderer(request: Request, world: Simulated) -> Renderer:
    return Renderer(world.records, str(request.base_url).rstrip("/"))


Rendering = Annotated[Renderer, Depends(_renderer)]


def authorised(request: Request, response: Response, world: Simulated) -> None:
    """A call needs a token, room in the hour and a known version; every answer then has the headers."""
    application = world.application(bearer(request))
    if application is None:
        raise unauthenticated()
    request.state.headers = {"EvEnergy-Version": _VERSION} | world.limiter.count(application)
    response.headers.update(request.state.headers)
    if request.headers.get("evenergy-version", _VERSION) != _VERSION:
        raise bad_parameter("EvEnergy-Version", "Invalid version.")


def acting_user(request: Request, world: Simulated) -> str | None:
    """The user to act for, given as id or as URL; None without the header, 400 for one that is unknown."""
    given = request.headers.get("evenergy-user")
    if given is None:
        return None
    user_id = given.rstrip("/").rpartition("/")[2]
    if user_id not in world.records.registers["users"]:
        raise bad_parameter("EvEnergy-User", "Unknown user.")
    return user_id


ActingUser = Annotated[str | None, Depends(acting_user)]
