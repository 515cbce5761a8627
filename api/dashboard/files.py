"""The files of the dashboard: its own, those that it shares with the chart page, and the plotting library."""

from dataclasses import dataclass
from functools import cache
from gzip import compress
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from api.chart.library import plotly_js

PAGE = "index.html"
_LIBRARY = "plotly.min.js"
_SHARED = ("plots.js", "page.css")
_MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is and as it is sent to whoever takes gzip; the ETag changes with the content."""

    body: bytes
    packed: bytes
    media_type: str
    etag: str


def file_named(name: str) -> File | None:
    """One of the files; None where there is no such file."""
    return _file(name) if name == _LIBRARY or name in _places() else None


@cache
def _file(name: str) -> File:
    """Read and packed once: the library takes 0.4 s."""
    body = plotly_js().encode() if name == _LIBRARY else _places()[name].read_bytes()
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    return File(body, compress(body, 6, mtime=0), _MEDIA_TYPES[name.rpartition(".")[2]], etag)


@cache
def _places() -> dict[str, Traversable]:
    own = {entry.name: entry for entry in files("api.dashboard").joinpath("assets").iterdir()}
    return own | {name: files("api.chart").joinpath(name) for name in _SHARED}
