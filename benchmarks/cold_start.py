"""The first and the second `depot plan` after an install, from the start of the process to the file written.

The packages are copied without their compiled bytecode, which is how an editable install leaves them: the
first run compiles what it imports, the second finds it. What is left of either when `import numpy` alone
is taken off is ours.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PACKAGES = ("optimiser", "adapters", "api")
PLAN = "from api.cli import main; main()"
REQUEST, ANSWER = "request.json", "plan.json"


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Seconds, wall clock, medians over fresh copies; `numpy_s` is `python -c "import numpy"`."""

    first_s: float
    second_s: float
    numpy_s: float

    @property
    def first_over_numpy_s(self) -> float:
        """The first run, `import numpy` taken off."""
        return self.first_s - self.numpy_s

    @property
    def second_over_numpy_s(self) -> float:
        """The second run, `import numpy` taken off."""
        return self.second_s - self.numpy_s


def cold_start(text: bytes, repeat: int) -> ColdStart:
    """Plan the request in so many fresh copies, twice each."""
    runs = [_in_fresh_copy(text) for _ in range(repeat)]
    return ColdStart(*(median(column) for column in zip(*runs, strict=True)))


def _in_fresh_copy(text: bytes) -> tuple[float, float, float]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for package in PACKAGES:
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / REQUEST).write_bytes(text)
        numpy_s = _run_s(folder, "import numpy")
        first_s, second_s = (_run_s(folder, PLAN, "plan", REQUEST, "-o", ANSWER) for _ in range(2))
        return first_s, second_s, numpy_s


def _run_s(folder: Path, code: str, *arguments: str) -> float:
    """Seconds of one Python process that imports our packages from this folder alone."""
    environment = os.environ | {"PYTHONPATH": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder, env=environment, check=True, capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - begin
