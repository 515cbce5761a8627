"""The checker may share words and arithmetic with the planner, and nothing that plans."""

import ast
from pathlib import Path

import optimiser.checker

SHARED = {"domain", "plan", "series", "units", "certificate", "curve_rows", "runs"}


def test_the_checker_imports_nothing_that_plans() -> None:
    """Beside itself it reads the domain, the plan, and the arithmetic of the proof."""
    package = Path(optimiser.checker.__file__).parent
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in package.glob("*.py")]
    imports = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules = {
        node.module.split(".")[1] for node in imports if node.module and node.module.startswith("optimiser.")
    }
    assert modules - {"checker"} <= SHARED
    assert "checker" in modules
