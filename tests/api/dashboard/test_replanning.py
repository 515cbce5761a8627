"""A replan from the dashboard, against a charging platform that is a real server."""

import httpx
from playwright.sync_api import expect

from adapters.chargeye.simulator import FaultKind, FaultRule
from tests.api.dashboard.conftest import drawn

SLOW = FaultRule(kind=FaultKind.SLOW, delay_seconds=0.7)
"""Of every call, until it is cleared: so a stage stays to be seen, however busy the machine is."""


def test_a_replan_is_followed_as_it_goes_and_shows_at_its_sites(browse, site, platform):
    """Stages come while it runs, without asking; then each site has its plan, and the list its state."""
    platform.add_fault(SLOW)
    tab = browse("/replans")
    tab.get_by_role("button", name="Start").click()
    progress = tab.get_by_role("region", name="Progress")
    expect(progress).to_contain_text("running")
    expect(tab.get_by_role("table", name="Sites of this replan")).to_contain_text("reading")
    platform.clear_faults()
    expect(progress).to_contain_text("done: 2 of 2 sites done")
    expect(tab.get_by_role("button", name="Cancel")).to_be_hidden()
    tab.get_by_role("link", name="Plan of depot-1").click()
    drawn(tab)
    tab.get_by_role("link", name="Sites").click()
    row = tab.get_by_role("row").filter(has_text="depot-1")
    plan = httpx.get(f"{site}/v1/sites", timeout=180).json()["sites"][0]["newestPlan"]
    expect(row).to_contain_text(f"{plan['peakKw']:.0f} of {plan['peakCapKw']:.0f} kW")
    expect(row).to_contain_text("everybody ready" if not plan["short"] else f"{plan['short']} short")
    expect(row).to_contain_text("none failing")
    tab.get_by_role("link", name="Replans").click()
    expect(tab.get_by_role("table", name="Replans, newest first")).to_contain_text("2 of 2")


def test_a_replan_of_one_site_is_cancelled(browse, platform):
    """The site at hand is finished, then it is over."""
    platform.add_fault(SLOW)
    tab = browse("/sites/depot-1")
    tab.get_by_role("button", name="Replan now").click()
    tab.get_by_role("button", name="Cancel").click()
    progress = tab.get_by_role("region", name="Progress")
    expect(progress).to_contain_text("cancel")
    platform.clear_faults()
    expect(progress).not_to_contain_text("running")
    expect(tab.get_by_role("button", name="Cancel")).to_be_hidden()
