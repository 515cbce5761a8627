"""JSON that people can read: one line per object, so that a list of buses looks like a table."""

import json
from typing import Any

# Objects whose fields each get a line: the request itself and its site.
OPENED = ("site",)


def readable_json(request: dict[str, Any]) -> str:
    """The request as text, ending with a newline."""
    return _opened(request, 0) + "\n"


def _opened(values: dict[str, Any], depth: int) -> str:
    indent = " " * (depth + 1)
    lines = [
        f"{indent}{json.dumps(name)}: {_value(name, value, depth + 1)}" for name, value in values.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"


def _value(name: str, value: Any, depth: int) -> str:
    if name in OPENED and isinstance(value, dict):
        return _opened(value, depth)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        indent = " " * (depth + 1)
        return "[\n" + ",\n".join(indent + json.dumps(item) for item in value) + "\n" + " " * depth + "]"
    return json.dumps(value)
