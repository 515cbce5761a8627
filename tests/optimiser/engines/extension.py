"""The flow engine for tests: skipped aloud where its extension is not built, a failure where CI says so."""

import os

import pytest

__all__ = ["FlowEngine"]

NOT_BUILT = "the extension optimiser.engines._flow is not built: pip install -e . with a C compiler"
if os.environ.get("CI") == "true":
    from optimiser.engines.flow import FlowEngine
else:
    found = pytest.importorskip("optimiser.engines.flow", reason=NOT_BUILT, exc_type=ImportError)
    FlowEngine = found.FlowEngine
