"""The dashboard's files over HTTP: open, whole, kept by browsers, and of this service alone."""

import gzip
import re

import httpx
import pytest
from plotly.offline import get_plotlyjs
from pydantic import SecretStr

from api.dashboard.files import file_named
from api.settings import Settings
from tests.api.serving import serving


@pytest.fixture(scope="module")
def http():
    """Without its key."""
    settings = Settings(workers=1, long_workers=1, api_keys={"ann": SecretStr("sesame-1")})
    with serving(settings) as url, httpx.Client(base_url=url, timeout=180) as client:
        yield client


def files_of(http):
    """Every file that the page leads to, directly or through another, by its path."""
    found, to_read = {}, ["/"]
    while to_read:
        path = to_read.pop()
        found[path] = http.get(path)
        named = re.findall(r'(?:src|href)="(/dashboard/[^"]+)"', found[path].text)
        named += re.findall(r'src: "(/dashboard/[^"]+)"', found[path].text)
        named += [f"/dashboard/{name}" for name in re.findall(r'from "\./([^"]+)"', found[path].text)]
        to_read += [each for each in named if each not in found]
    return found


def test_every_file_is_open_and_safe_and_leads_nowhere_else(http):
    """No key is asked for; scripts come from files only; no other host is named anywhere but by plotly."""
    files = files_of(http)
    assert len(files) > 15
    for path, answer in files.items():
        assert answer.status_code == 200, path
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        if path != "/dashboard/plotly.min.js":
            assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", answer.text) == [], path
    assert "<script>" not in files["/"].text
    assert re.findall(r" on\w+=", files["/"].text) == []


def test_the_library_is_the_python_packages_own(http):
    answer = http.get("/dashboard/plotly.min.js")
    assert answer.text == get_plotlyjs()
    assert answer.headers["content-encoding"] == "gzip"
    plain = http.get("/dashboard/plotly.min.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content and "content-encoding" not in plain.headers


def test_what_a_browser_has_is_not_sent_again(http):
    first = http.get("/dashboard/app.js")
    again = http.get("/dashboard/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "no-cache"
    other = http.get("/dashboard/app.js", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


@pytest.mark.parametrize("name", ["nothing.js", "..%2Ffiles.py", "__init__.py", "%00"])
def test_there_is_nothing_else_to_be_had(http, name):
    assert http.get(f"/dashboard/{name}").status_code == 404


def test_the_key_is_asked_for_by_everything_that_tells_something(http):
    assert http.get("/v1/sites").status_code == 401
    assert http.get("/dashboard").status_code == 401


def test_files_are_packed_once():
    page = file_named("index.html")
    assert page is file_named("index.html")
    assert gzip.decompress(page.packed) == page.body
