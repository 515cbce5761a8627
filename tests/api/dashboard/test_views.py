"""Every view in Chromium, with a service and a store that are real."""

import json
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

import api
from tests.api.dashboard.conftest import drawn, fits
from tests.api.dashboard.depots import a_short_night


def newest(site, uid="yard"):
    """The site's plans, newest first."""
    return httpx.get(f"{site}/v1/plans", params={"site": uid}, timeout=180).json()["plans"]


def test_sites_lead_to_the_night(browse, site):
    """A site that was only planned on request says so; its name leads to its newest plan."""
    tab = browse()
    row = tab.get_by_role("row").filter(has=tab.get_by_role("rowheader", name="yard", exact=True))
    expect(row).to_contain_text("on request")
    expect(row).to_contain_text(f"{newest(site)[0]['short']} short")
    row.get_by_role("link", name="yard", exact=True).click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("yard, Mon 19 Jan to Tue 20 Jan 2026")
    drawn(tab)


def test_a_night_shows_what_the_plan_says(browse, site):
    """Peak, cost, who is short and why; charts by vehicle with their numbers as tables."""
    plan = newest(site)[0]
    tab = browse(f"/plans/{plan['planId']}")
    drawn(tab)
    expect(tab.locator(".tile").filter(has_text="Peak")).to_contain_text(f"{plan['peakKw']:.0f} kW")
    ready = tab.get_by_role("region", name="Who will not be ready")
    expect(ready.get_by_role("rowheader")).to_have_count(plan["short"])
    expect(ready).to_contain_text("power cap is used up")
    assert tab.locator("#load .bars .point").count() > 20
    assert tab.locator("#gantt .yaxislayer-above .ytick").count() == 3
    tab.get_by_text("Every stay as a table (3)").click()
    expect(tab.get_by_role("table", name="Every stay of the plan, by departure")).to_be_visible()


def test_a_plan_can_be_taken_home(browse, site):
    """The file is the plan as the service gives it."""
    plan_id = newest(site)[0]["planId"]
    tab = browse(f"/plans/{plan_id}")
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="Download plan").click()
    path = waiting.value.path()
    assert waiting.value.suggested_filename == f"plan-{plan_id}.json"
    assert json.loads(path.read_bytes()) == httpx.get(f"{site}/v1/plans/{plan_id}", timeout=180).json()


def test_history_leads_to_two_plans_side_by_side(browse, site, axe_findings):
    """The two newest are chosen already; what differs is told in figures, charts and stays."""
    tab = browse("/sites/yard/plans")
    table = tab.get_by_role("table", name="Plans, newest first")
    expect(table.get_by_role("checkbox", checked=True)).to_have_count(2)
    expect(table).to_contain_text("0.0 %")
    compare = tab.get_by_role("button", name="Compare the two chosen")
    table.get_by_role("checkbox").first.uncheck()
    expect(compare).to_be_disabled()
    table.get_by_role("checkbox").first.check()
    compare.click()
    drawn(tab)
    after, before = newest(site)[:2]
    assert tab.url.endswith(f"/#/plans/{before['planId']}/with/{after['planId']}")
    expect(tab.get_by_role("row").filter(has_text="Peak")).to_contain_text("\u22122.0 kW")
    expect(tab.locator(".plot[data-drawn]")).to_have_count(2)
    expect(tab.get_by_role("table", name="Stays that changed")).to_contain_text("charges at another time")
    tab.get_by_text("Every vehicle, side by side").click()
    expect(tab.locator(".plot[data-drawn]")).to_have_count(4)
    assert axe_findings(tab) == []
    assert fits(tab)


@pytest.mark.parametrize(
    ("place", "words"), [("/plans/nothing", "no such plan"), ("/nowhere", "no such view")]
)
def test_what_is_not_there_is_said(chromium, site, place, words):
    """In the service's own words."""
    tab = chromium.new_page()
    tab.goto(f"{site}/#{place}")
    expect(tab.get_by_role("alert")).to_contain_text(words)
    tab.close()


def test_a_site_without_any_plan_says_so(browse, site):
    tab = browse("/sites/nowhere")
    expect(tab.get_by_role("heading", name="No plan yet")).to_be_visible()


def test_names_from_outside_are_shown_and_never_obeyed(browse, site):
    """Markup in the id of a site or a vehicle is text in every view, and its address still leads to it."""
    uid, evil = 'yard/50%#<img src=x onerror="alert(1)">', "<b onclick=alert(1)>bus</b>"
    request = a_short_night(uid)
    for entry in (request["vehicles"][0], request["schedules"][0]):
        entry["evId" if "evId" in entry else "id"] = evil
    for _ in range(2):
        assert httpx.post(f"{site}/v1/plans", json=request, timeout=180).status_code == 200
    tab = browse()
    tab.get_by_role("link", name=uid, exact=True).click()
    drawn(tab)
    expect(tab.get_by_role("heading", level=1)).to_contain_text(uid)
    expect(tab.get_by_role("region", name="Who will not be ready")).to_contain_text(evil)
    tab.get_by_role("button", name=f"({evil})").first.click()
    drawn(tab, "#what-if")
    tab.get_by_role("link", name="History").click()
    tab.get_by_role("button", name="Compare the two chosen").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text(uid)
    assert tab.locator("main img, main b[onclick]").count() == 0


def test_every_address_of_the_readme_leads_to_its_view(browse, site):
    """With the names of things that are there in the places of the names in braces."""
    readme = Path(api.__file__).with_name("README.md").read_text(encoding="utf-8")
    addresses = re.findall(r"`/#(/[^`]*)`", readme)
    run = httpx.post(f"{site}/v1/replans", json={"locationUids": [], "dryRun": True}, timeout=180)
    run_id = run.json().get("runId") or httpx.get(f"{site}/v1/replans").json()["replans"][0]["runId"]
    after, before = (plan["planId"] for plan in newest(site)[:2])
    names = {"{uid}": "yard", "{planId}": before, "{otherId}": after, "{runId}": run_id}
    assert len(addresses) == 8
    tab = browse()
    for address in addresses:
        place = re.sub(r"{\w+}", lambda found: names[found[0]], address)
        tab.goto(f"{site}/#{place}")
        expect(tab.locator("main[aria-busy]")).to_have_count(0)
        expect(tab.get_by_role("heading", level=1)).to_be_visible()
        expect(tab.get_by_role("alert")).to_have_count(0)
