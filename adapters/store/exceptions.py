"""What can go wrong with the store.

AdapterError
└── StoreError
    ├── StoreUrlError            the database URL names nothing that can be opened
    ├── StoreUnavailableError    not reached, or too busy; may pass
    ├── SchemaTooNewError        a newer version of this program has written the database
    ├── UnstorableError          a value that no database of ours can hold, as NaN or a lone surrogate
    ├── ConflictError            it is there already, or belongs to something that is not
    ├── SiteBusyError            another worker holds the lock
    └── LockLostError            the lock was held, and is no longer

No message holds the database URL or a statement's parameters.
"""

from adapters.exceptions import AdapterError


class StoreError(AdapterError):
    """Base of everything that the store raises on purpose."""


class StoreUrlError(StoreError):
    """The database URL cannot be used."""


class StoreUnavailableError(StoreError):
    """The database cannot be reached, or did not answer in time."""


class SchemaTooNewError(StoreError):
    """The database was migrated by a newer version."""


class UnstorableError(StoreError):
    """The value cannot be kept."""


class ConflictError(StoreError):
    """A rule of the database forbids it: a key that is taken, or one that is missing."""


class SiteBusyError(StoreError):
    """Somebody else holds the lock."""


class LockLostError(StoreError):
    """The connection that held the lock is gone, and the lock with it."""
