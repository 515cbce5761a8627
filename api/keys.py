"""Keys: what they look like, what is kept of them, and who came with one."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock

import structlog
from pydantic import SecretStr

from adapters.ports import Store
from adapters.service_records import Scope
from adapters.store.exceptions import StoreError

_LOG = structlog.get_logger()
_SECRET_BYTES = 32
_PREFIX = "depot_"  # so that a key that leaked is found by those who look for such

ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, by the name of the key, and what the key opens."""

    name: str
    scopes: frozenset[Scope]


OWN_MACHINE = Caller("", ALL_SCOPES)
"""Whoever asks from the own machine while there is no key at all."""


def new_key() -> str:
    """A key of 256 bits of chance."""
    return _PREFIX + secrets.token_urlsafe(_SECRET_BYTES)


def key_digest(key: str) -> str:
    """What is kept of a key. A quick hash is enough: nobody guesses 256 bits, however quick."""
    return hashlib.sha256(key.encode()).hexdigest()


class KeyRing:
    """The keys of the environment, which open everything, and those of the store.

    The store's are read again every `refresh_s`: so long does a revoked key go on to open. Where the
    store does not answer, those that were read last stay good.
    """

    def __init__(
        self,
        environment: Mapping[str, SecretStr],
        store: Store,
        seconds: Callable[[], float],
        refresh_s: float = 2.0,
    ) -> None:
        self._fixed = {
            key_digest(key.get_secret_value()): Caller(name, ALL_SCOPES) for name, key in environment.items()
        }
        self._store = store
        self._seconds = seconds
        self._refresh_s = refresh_s
        self._lock = Lock()
        self._stored: dict[str, Caller] = {}
        self._read_at_s: float | None = None

    @property
    def stale(self) -> bool:
        """Whether the store is to be read before the next question."""
        return self._read_at_s is None or self._seconds() - self._read_at_s >= self._refresh_s

    def refresh(self) -> None:
        """Read the store's keys, unless another thread just did."""
        with self._lock:
            if not self.stale:
                return
            self._read_at_s = self._seconds()
            try:
                keys = self._store.keys.list()
            except StoreError as error:
                _LOG.warning("keys could not be read", reason=str(error))
                return
            self._stored = {
                key.digest: Caller(key.name, key.scopes) for key in keys if key.revoked_ms is None
            }

    def __bool__(self) -> bool:
        return bool(self._fixed or self._stored)

    def caller(self, key: str) -> Caller | None:
        """Who comes with this key; None for a key that is no good.

        Digests are looked up, not compared: how long that takes tells nothing about a key.
        """
        digest = key_digest(key)
        return self._fixed.get(digest) or self._stored.get(digest)
