"""Paths with ids in them."""

from urllib.parse import quote


def filled(path: str, **ids: str) -> str:
    """A path with its ids escaped. Raises ValueError for an id that would lead to another endpoint."""
    if any(value in ("", ".", "..") for value in ids.values()):
        raise ValueError("an id is empty, or is a step in a path")
    return path.format(**{name: quote(value, safe="") for name, value in ids.items()})
