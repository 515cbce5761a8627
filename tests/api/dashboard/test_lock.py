"""With keys the dashboard asks for one, keeps it in the tab and shows it nowhere."""

import pytest
from playwright.sync_api import expect

from tests.api.test_operations import a_process


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    with a_process(tmp_path_factory.mktemp("locked"), DEPOT_API_KEYS="ann:sesame-1") as (_, url, _):
        yield url


def test_the_key_opens_this_tab_and_no_other(chromium, locked, axe_findings):
    context = chromium.new_context()
    tab = context.new_page()
    asked = []
    tab.on("request", lambda request: asked.append((request.url, request.headers.get("authorization"))))
    tab.goto(locked)
    key = tab.get_by_label("API key")
    expect(key).to_be_focused()
    assert axe_findings(tab) == []
    key.fill("wrong")
    key.press("Enter")
    expect(tab.get_by_role("alert")).to_contain_text("does not take this key")
    tab.get_by_label("API key").fill("sesame-1")
    tab.get_by_role("button", name="Open").click()
    expect(tab.get_by_role("heading", name="No site yet")).to_be_visible()
    assert "sesame" not in tab.content() and "sesame" not in tab.url
    assert {url for url, given in asked if given == "Bearer sesame-1"} == {
        f"{locked}/v1/sites",
        f"{locked}/v1/replans",
    }
    tab.reload()
    expect(tab.get_by_role("heading", name="No site yet")).to_be_visible()
    assert tab.evaluate("localStorage.length") == 0
    assert context.cookies() == []
    other = context.new_page()
    other.goto(locked)
    expect(other.get_by_label("API key")).to_be_visible()
    tab.get_by_role("button", name="Forget key").click()
    expect(tab.get_by_label("API key")).to_be_visible()
    assert tab.evaluate("sessionStorage.length") == 0
    context.close()
