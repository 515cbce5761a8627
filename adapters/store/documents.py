"""JSON documents as bytes in a column.

Not the databases' own JSON types: these refuse a NUL inside a string (PostgreSQL's jsonb), reorder
keys, or read a document as a number (SQLite), and a plan of 50 vehicles is ten times smaller packed.
"""

import json
import zlib

from sqlalchemy import Dialect, LargeBinary, TypeDecorator

from adapters.records import JsonObject

_PACK_FROM_BYTES = 1_024
_FASTEST = 1
_PACKED = b"x"  # a zlib stream begins with 0x78, and no JSON text does


def pack(document: JsonObject) -> bytes:
    """The document as JSON, deflated where it is large. ValueError for NaN and infinities."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode("ascii")
    return text if len(text) < _PACK_FROM_BYTES else zlib.compress(text, _FASTEST)


def unpack(data: bytes) -> JsonObject:
    """The document that `pack` was given."""
    text = zlib.decompress(data) if data.startswith(_PACKED) else data
    document: JsonObject = json.loads(text)
    return document


class Document(TypeDecorator[JsonObject]):
    """A column that holds one JSON object."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: JsonObject | None, dialect: Dialect) -> bytes | None:
        """To the database."""
        return None if value is None else pack(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> JsonObject | None:
        """From the database."""
        return None if value is None else unpack(bytes(value))
