"""Arrows point inward only: api -> adapters -> optimiser."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_OUTSIDE = {"optimiser": {"api", "adapters", "fastapi", "httpx", "sqlalchemy", "os"}, "adapters": {"api"}}


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("package", sorted(_OUTSIDE))
def test_a_package_imports_nothing_from_outside_it(package: str) -> None:
    """The core is pure, and what adapts a vendor knows nothing of the ways in."""
    wrong = {
        str(path.relative_to(ROOT)): sorted(_imported(path) & _OUTSIDE[package])
        for path in sorted((ROOT / package).rglob("*.py"))
        if _imported(path) & _OUTSIDE[package]
    }
    assert wrong == {}
