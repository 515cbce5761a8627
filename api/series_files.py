"""Prices and loads from CSV or Parquet files into a plan request; the one module that needs pandas.

A file holds either the columns `from`, `to` and the value under its own name, or two columns: a time
and the value that holds from then until the next row (the last one as long as the one before it).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from api.exceptions import UnreadableFileError
from optimiser.exceptions import Fault, InvalidRequestError

_VALUE_NAMES = {"prices": "pricePerKwh", "baseLoadKw": "baseLoadKw"}
_TIME_WITH_OFFSET = r":\d\d.*(?:Z|[+-]\d\d:?\d\d)$"


def with_series(document: Any, files: Mapping[str, Path | None]) -> Any:
    """The request with these fields of `site` taken from files; a request without a site stays as it is.

    Raises UnreadableFileError for a file that is no such table, InvalidRequestError for bad times in it.
    """
    if not isinstance(document, dict) or not isinstance(document.get("site"), dict):
        return document
    series = {field: read_series(path, field) for field, path in files.items() if path is not None}
    return {**document, "site": {**document["site"], **series}}


def read_series(path: Path, field: str) -> list[dict[str, Any]]:
    """One file as the contract's list of `{from, to, <value>}` for that field of `site`."""
    table, name = _table(path), _VALUE_NAMES[field]
    if {"from", "to", name} <= set(table.columns):
        starts = _instants(table["from"], field, "from")
        ends = _instants(table["to"], field, "to")
        values = table[name]
    elif len(table.columns) == 2 and len(table) >= 2:
        starts = _instants(table.iloc[:, 0], field, "from")
        ends = _next_instants(starts)
        values = table.iloc[:, 1]
    else:
        raise UnreadableFileError(
            f"{path} needs the columns from, to, {name}; or a time and a value, in two rows or more"
        )
    return [
        {"from": start.isoformat(), "to": end.isoformat(), name: value}
        for start, end, value in zip(starts, ends, values.tolist(), strict=True)
    ]


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except OSError as error:
        raise UnreadableFileError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, ImportError) as error:
        raise UnreadableFileError(f"cannot read {path} as a table: {error}") from error


def _instants(column: "pd.Series[Any]", field: str, edge: str) -> "pd.Series[Any]":
    """A column of times in UTC. A time without an offset could be any hour, so it is refused."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        instants = column.dt.tz_convert("UTC")
    else:
        text = column.astype(str).str.strip()
        exact = text.where(text.str.contains(_TIME_WITH_OFFSET))
        instants = pd.to_datetime(exact, utc=True, errors="coerce", format="ISO8601")
    faults = [
        Fault(("site", field, row, edge), f"row {row + 1} of the file is no time in ISO 8601 with an offset")
        for row in np.flatnonzero(instants.isna()).tolist()
    ]
    if faults:
        raise InvalidRequestError(faults)
    return instants


def _next_instants(starts: "pd.Series[Any]") -> "pd.Series[Any]":
    ends = starts.shift(-1)
    ends.iloc[-1] = starts.iloc[-1] + (starts.iloc[-1] - starts.iloc[-2])
    return ends
