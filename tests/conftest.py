"""What all tests share: how many examples the laws are held against, a real browser and database.

`DEPOT_EXAMPLES=2000` makes a recorded run.
"""

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy.engine import URL

from tests import postgres

settings.register_profile(
    "depot",
    max_examples=int(os.environ.get("DEPOT_EXAMPLES", "60")),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("depot")

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless. Without one these tests are skipped, or fail where CI=true."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "NO CHROMIUM: the browser tests did not run (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A PostgreSQL server; without one, CI fails and other places skip."""
    try:
        with postgres.server() as url:
            yield url
    except postgres.NoPostgresError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"no PostgreSQL for the tests: {error}")
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {error}")
