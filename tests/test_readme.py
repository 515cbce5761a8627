"""The README's promises, run."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.service import check_plan_documents, make_plan

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
_NOW_MS = 1_773_072_000_000


def test_the_request_shown_gets_the_plan_described() -> None:
    """200 kWh in two hours after midnight for 14.00 EUR, proven, and no rule is broken."""
    request = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL)[1])
    response = make_plan(request, clock=lambda: _NOW_MS)
    (schedule,) = response["schedules"]
    charging = [segment for segment in schedule["plan"]["segments"] if not segment["paused"]]
    assert sum(segment["energykWh"] for segment in charging) == pytest.approx(200.0)
    assert sum(segment["durationMs"] for segment in charging) == 2 * 3_600_000
    assert charging[0]["from"] >= 1_773_093_600_000  # midnight in Helsinki
    assert response["site"]["energyCost"] == pytest.approx(14.0)
    assert (response["solver"]["status"], response["solver"]["gap"]) == ("optimal", 0.0)
    assert check_plan_documents(request, response) == ()


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"depot ((?:[a-z][a-z-]*)(?: (?:chargeye|evenergy|audit))?)", README)))
)
def test_every_command_named_exists(command: str) -> None:
    """Each has its own help."""
    known = {"plan", "check", "serve", "replan", "simulate", "evenergy", "what-if"}
    words = command.split()
    if words[0] in known:
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`([a-z]+/[\w./]+)`", README))))
def test_every_file_named_exists(path: str) -> None:
    """Paths in the text lead somewhere."""
    assert (Path(__file__).parent.parent / path).exists()


@pytest.mark.parametrize("path", re.findall(r"!\[[^]]+\]\(([^)]+)\)", README))
def test_every_picture_is_there(path: str) -> None:
    """And is one."""
    assert (Path(__file__).parent.parent / path).read_bytes().startswith(b"\x89PNG")
