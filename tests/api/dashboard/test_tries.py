"""Repairs tried with one click, and files planned."""

import httpx
import pytest
from playwright.sync_api import expect
from pydantic_core import to_json

from tests.api.dashboard.conftest import drawn, fits
from tests.api.dashboard.depots import a_short_night, a_tight_stay
from tests.api.depots import a_depot


def uploaded(tab, document, name="night.json"):
    """Chooses a file in the upload view, which plans it."""
    body = document if isinstance(document, bytes) else to_json(document)
    tab.get_by_label("A plan request").set_input_files(
        {"name": name, "mimeType": "application/json", "buffer": body}
    )


def test_a_file_is_planned_and_its_repair_tried_with_one_click(browse, site):
    """Side by side with the plan as it is; nothing is kept, and closing leads back to the button."""
    tab = browse("/upload")
    uploaded(tab, a_tight_stay())
    expect(tab.get_by_role("heading", level=1)).to_contain_text("yard-2")
    drawn(tab)
    plan_id = tab.url.rpartition("/")[2]
    (short,) = httpx.get(f"{site}/v1/plans/{plan_id}", timeout=180).json()["shortfalls"]
    later = next(each for each in short["repairs"] if each["kind"] == "delay-departure")
    tries = tab.get_by_role("button", name=f"Try: Leave {later['byMinutes']:.0f} min later (bus-1)")
    tries.click()
    answer = tab.get_by_role("region", name="What if: Leave")
    expect(answer).to_contain_text("bus-1 leaves ready. Nobody goes short.")
    drawn(tab, "#what-if")
    expect(answer.locator(".plot[data-drawn]")).to_have_count(2)
    missing = answer.get_by_role("row").filter(has_text="Missing")
    expect(missing).to_contain_text(f"{short['shortfallKwh']:.1f} kWh")
    expect(missing.get_by_role("cell").nth(1)).to_contain_text("0.0 kWh")
    expect(answer.get_by_role("heading", level=2)).to_be_focused()
    answer.get_by_text("Every vehicle, side by side").click()
    expect(answer.locator(".plot[data-drawn]")).to_have_count(4)
    answer.get_by_role("button", name="Close").click()
    expect(tries).to_be_focused()
    plans = httpx.get(f"{site}/v1/plans", params={"site": "yard-2"}, timeout=180).json()["plans"]
    assert [plan["planId"] for plan in plans] == [plan_id]


def test_a_higher_cap_is_shared_and_that_is_said(browse, site):
    """Three are equally short: what one of them would need is given to all."""
    tab = browse("/sites/yard")
    tab.get_by_role("button", name="Try: Raise the site").first.click()
    answer = tab.get_by_role("region", name="What if: Raise the site")
    expect(answer).to_contain_text("3 still short")
    expect(answer).to_contain_text("goes to whoever is shortest")
    expect(answer.get_by_role("row").filter(has_text="Missing")).to_contain_text("\u2212")
    assert fits(tab)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"{", "not JSON"),
        ({**a_short_night(), "slotMinutes": 7, "horizonHours": -1}, "/slotMinutes"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_places(chromium, site, document, words):
    tab = chromium.new_page()
    tab.goto(f"{site}/#/upload")
    uploaded(tab, document)
    expect(tab.get_by_role("alert")).to_contain_text(words)
    tab.close()


def test_bad_entries_are_left_out_where_that_is_wanted(browse, site):
    tab = browse("/upload")
    document = a_short_night("yard-3")
    document["schedules"][0] = {**document["schedules"][0], "startSoC": 101}
    tab.get_by_label("Leave out bad entries").check()
    uploaded(tab, document)
    expect(tab.get_by_role("region", name="Left out of the plan")).to_contain_text("/schedules/0/startSoC")
    drawn(tab)


def test_many_that_are_short_are_folded_and_can_all_be_tried(browse):
    """Eight rows, then a button that shows the rest and leads on to the first of them."""
    crowd = a_depot(12)
    crowd["site"] = {**crowd["site"], "locationUid": "crowd", "powerCapKw": 60}
    crowd["schedules"] = [{**stay, "locationUid": "crowd"} for stay in crowd["schedules"]]
    tab = browse("/upload")
    uploaded(tab, crowd)
    rows = tab.get_by_role("region", name="Who will not be ready").get_by_role("rowheader")
    expect(rows).to_have_count(8)
    tab.get_by_role("button", name="Show all 12").click()
    expect(rows).to_have_count(12)
    expect(tab.locator("tbody tr").nth(8).get_by_role("button").first).to_be_focused()
    drawn(tab)
