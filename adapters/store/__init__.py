"""What is kept between two runs: SQLite by default, PostgreSQL in production."""

from adapters.store.store import SqlStore, open_store

__all__ = ["SqlStore", "open_store"]
