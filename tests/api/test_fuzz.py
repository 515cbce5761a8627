"""Schemathesis over the whole API with every check on: what the description promises is kept.

`DEPOT_FUZZ_EXAMPLES=100` for a recorded run.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
from pydantic import SecretStr

from api.settings import Settings
from tests.api.filled_store import fill
from tests.api.serving import serving_services

EXAMPLES = os.environ.get("DEPOT_FUZZ_EXAMPLES", "3")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def test_the_api_keeps_what_its_description_promises(tmp_path):
    """No failure of any check at any operation, and none left out."""
    keys = {"ann": SecretStr("sesame-1")}
    settings = Settings(workers=1, long_workers=1, api_keys=keys, rate_per_s=1e6, rate_burst=1_000_000)
    with serving_services(settings) as (url, services):
        fill(services.store)
        description = httpx.get(f"{url}/openapi.json").json()
        count = sum(len(operations) for operations in description["paths"].values())
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"]
        options = ["--checks", "all", "--continue-on-failure", "-n", EXAMPLES, "--seed", "1"]
        key = ["-H", "Authorization: Bearer sesame-1"]
        done = subprocess.run(
            [*command, f"{url}/openapi.json", *options, *key],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    print(done.stdout[-6_000:])
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"Tested: {count}\b", done.stdout)
