"""The dashboard as it runs: `depot serve` as a process, its own store, a charging platform, Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from adapters.chargeye.simulator import serving_simulator
from adapters.chargeye.simulator.example import example_seed
from tests.api.dashboard.depots import a_short_night
from tests.api.test_operations import a_process

PATIENCE_MS = 60_000  # the machine may be busy; nothing waits this long for nothing
TOKEN = "rt-1"
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def platform():
    with serving_simulator() as control:
        seed = example_seed(locations=2, vehicles=4)
        control.load(seed.model_copy(update={"refresh_tokens": [TOKEN]}))
        yield control


@pytest.fixture(scope="session")
def site(platform, tmp_path_factory) -> Iterator[str]:
    """The address of a service without keys that has planned `yard` twice, the second time under less."""
    variables = {"DEPOT_CHARGEYE_URL": platform.api_url, "DEPOT_CHARGEYE_REFRESH_TOKEN": TOKEN}
    with a_process(tmp_path_factory.mktemp("dashboard"), **variables) as (_, url, _):
        for cap_kw in (47, 45):
            answer = httpx.post(f"{url}/v1/plans", json=a_short_night(cap_kw=cap_kw), timeout=180)
            assert answer.status_code == 200
        yield url


@pytest.fixture
def browse(chromium, site):
    """Opens tabs, and holds at the end that nothing went wrong in any and nobody else was asked."""
    with browsing(chromium, site) as open_tab:
        yield open_tab


@contextmanager
def browsing(chromium, site: str):
    """What `browse` is, for any service."""
    troubles: list[str] = []
    contexts = []

    def open_tab(place: str = "", width: int = 1400, scheme: str = "light") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE_MS)
        tab.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on(
            "request",
            lambda r: None if r.url.startswith((site, "data:", "blob:")) else troubles.append(r.url),
        )
        tab.goto(f"{site}/#{place}")
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="session")
def axe_findings():
    """What axe-core finds in a tab: rule, impact and the elements, nothing of it tolerated."""
    axe = Axe()

    def find(tab: Page) -> list[tuple[str, str, list[str]]]:
        found = axe.run(tab).response["violations"]
        return [
            (each["id"], each["impact"], [node["html"][:120] for node in each["nodes"]]) for each in found
        ]

    return find


def drawn(tab: Page, where: str = "main") -> None:
    """Waits until every visible chart there is drawn. By selector: the page's policy allows no eval."""
    expect(tab.locator(f"{where} .plot[data-drawn]").first).to_be_visible()
    expect(tab.locator(f"{where} .plot:visible:not([data-drawn])")).to_have_count(0)


def fits(tab: Page) -> bool:
    """Whether nothing is wider than the window."""
    width = tab.viewport_size["width"]
    return tab.evaluate("document.documentElement.scrollWidth") == width
