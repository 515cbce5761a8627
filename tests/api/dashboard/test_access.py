"""For everybody: on a phone, in the dark, by keyboard, with a screen reader."""

import pytest
from playwright.sync_api import expect

from tests.api.dashboard.conftest import drawn, fits

VIEWS = ["/", "/sites/yard", "/sites/yard/plans", "/replans", "/upload"]
LUMINANCE = """() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}"""


def shown(tab, place):
    """Goes to a view and waits until it is all there."""
    tab.goto(f"{tab.url.partition('#')[0]}#{place}")
    expect(tab.locator("main[aria-busy]")).to_have_count(0)
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    if place == "/sites/yard":
        drawn(tab)


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_every_view_is_without_a_finding_and_fits(browse, axe_findings, width, scheme):
    """axe-core finds nothing at all; nothing scrolls sideways; the colours are those that are wished for."""
    tab = browse(width=width, scheme=scheme)
    for place in VIEWS:
        shown(tab, place)
        assert axe_findings(tab) == [], place
        assert fits(tab), place
        assert (tab.evaluate(LUMINANCE) < 0.5) == (scheme == "dark")


def test_a_tried_repair_is_without_a_finding_and_fits_on_a_phone(browse, axe_findings):
    tab = browse("/sites/yard", width=390)
    tab.get_by_role("button", name="Try: Accept").first.click()
    drawn(tab, "#what-if")
    tab.get_by_text("Every vehicle, side by side").click()
    expect(tab.locator("#what-if .plot[data-drawn]")).to_have_count(4)
    assert axe_findings(tab) == []
    assert fits(tab)


def test_a_repair_is_reached_and_tried_by_keyboard_alone(browse):
    """Tab comes by the way past the bar to each button; Enter tries; focus goes to the answer."""
    tab = browse("/sites/yard")
    drawn(tab)
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("main")).to_be_focused()
    first = tab.get_by_role("button", name="Try: ").first
    for _ in range(8):
        tab.keyboard.press("Tab")
        if first.evaluate("each => each === document.activeElement"):
            break
    expect(first).to_be_focused()
    assert first.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="What if: ")).to_be_focused()
    expect(tab.get_by_role("status")).to_contain_text("leaves")


def test_every_chart_is_told_in_words(browse):
    """A picture with a name, and its numbers as a table beside it."""
    tab = browse("/sites/yard")
    drawn(tab)
    expect(tab.get_by_role("img", name="Site load over time, stacked by vehicle: peak")).to_be_visible()
    expect(tab.get_by_role("img", name="When every vehicle charges, 3 stays")).to_be_visible()
    for words in ("Site load as a table", "Every stay as a table (3)"):
        tab.get_by_text(words).click()
    for name in ("Site load by slot", "Every stay of the plan, by departure"):
        assert tab.get_by_role("table", name=name).get_by_role("row").count() > 3


def test_going_somewhere_moves_the_focus_and_the_title(browse):
    tab = browse()
    tab.get_by_role("link", name="Replans").click()
    expect(tab.get_by_role("heading", level=1)).to_be_focused()
    expect(tab).to_have_title("Replans | Depot charging")
    expect(tab.get_by_role("link", name="Replans")).to_have_attribute("aria-current", "page")
    tab.go_back()
    expect(tab.get_by_role("heading", name="Sites", level=1)).to_be_visible()
