"""Files of the command line; `-` is standard input or output."""

import sys
from pathlib import Path
from typing import Any

from api.exceptions import NotJsonError, UnreadableFileError

STDIO = Path("-")


def read_json(path: Path) -> Any:
    """The document in a file. Raises UnreadableFileError or NotJsonError, naming the file."""
    from api.service import parse_json

    try:
        return parse_json(sys.stdin.buffer.read() if path == STDIO else path.read_bytes())
    except OSError as error:
        raise UnreadableFileError(f"cannot read {path}: {error.strerror}") from error
    except NotJsonError as error:
        raise NotJsonError(f"{path}: {error}") from error


def write_text(path: Path, text: str) -> None:
    """Text into a file, as UTF-8."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Bytes into a file, or onto standard output with a line end. Raises UnreadableFileError."""
    if path == STDIO:
        sys.stdout.buffer.write(content + b"\n")
        sys.stdout.buffer.flush()
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UnreadableFileError(f"cannot write {path}: {error.strerror}") from error
