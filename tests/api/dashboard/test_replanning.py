"""A replan from the dashboard, against a charging platform that is a real server."""

import httpx
import pytest
from playwright.sync_api import expect

from adapters.chargeye.simulator import FaultKind, FaultRule
from tests.api.dashboard.conftest import drawn


@pytest.fixture
def slow(platform):
    """The platform, every answer of which comes late until that is cleared: so a stage stays to be seen."""
    platform.add_fault(FaultRule(kind=FaultKind.SLOW, delay_seconds=0.7))
    yield platform
    platform.clear_faults()


def test_a_replan_is_followed_as_it_goes_and_shows_at_its_sites(browse, site, slow, axe_findings):
    """Stages come while it runs, without asking; then each site has its plan, and the list its state."""
    described = {"locationUid": "depot-2", "timeZone": "Europe/Helsinki", "currency": "EUR", "powerCapKw": 9}
    httpx.put(f"{site}/v1/sites/depot-2", json={"site": described}, timeout=180).raise_for_status()
    tab = browse("/replans")
    tab.get_by_role("button", name="Start").click()
    progress = tab.get_by_role("region", name="Progress")
    expect(progress).to_contain_text("running")
    expect(tab.get_by_role("heading", name="Replan", level=1)).to_be_focused()
    expect(tab.get_by_role("table", name="Sites of this replan")).to_contain_text("reading")
    assert axe_findings(tab) == []
    slow.clear_faults()
    expect(progress).to_contain_text("done: 2 of 2 sites done")
    expect(tab.get_by_role("button", name="Cancel")).to_be_hidden()
    tab.get_by_role("link", name="Plan of depot-2").click()
    drawn(tab)
    tab.get_by_role("link", name="Sites").click()
    first = tab.get_by_role("table", name="Every site, the worst first").get_by_role("row").nth(1)
    expect(first).to_contain_text("depot-2")
    plan = given(site)["depot-2"]
    expect(first).to_contain_text(f"{plan['peakKw']:.0f} of {plan['peakCapKw']:.0f} kW")
    expect(first).to_contain_text(f"{plan['short']} short")
    expect(first).to_contain_text("none failing")
    expect(tab.get_by_role("row").filter(has_text="depot-1")).to_contain_text("everybody ready")
    tab.get_by_role("link", name="Replans").click()
    expect(tab.get_by_role("table", name="Replans, newest first")).to_contain_text("2 of 2")


def given(site):
    """The newest plan that each site was given."""
    sites = httpx.get(f"{site}/v1/sites", timeout=180).json()["sites"]
    return {each["locationUid"]: each["newestPlan"] for each in sites}


def test_a_replan_of_one_site_is_cancelled(browse, slow):
    """The site at hand is finished, then it is over."""
    tab = browse("/sites/depot-1")
    tab.get_by_role("button", name="Replan now").click()
    tab.get_by_role("button", name="Cancel").click()
    progress = tab.get_by_role("region", name="Progress")
    expect(progress).to_contain_text("cancel")
    slow.clear_faults()
    expect(progress).not_to_contain_text("running")
    expect(tab.get_by_role("button", name="Cancel")).to_be_hidden()
