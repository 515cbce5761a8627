"""`depot simulate`."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.simulate import simulate_app


@pytest.mark.parametrize("vendor", ["chargeye", "evenergy"])
def test_the_command_names_a_bad_seed_file(vendor: str, tmp_path: Path) -> None:
    """Exit code 2 and the option, for a file that is missing and for one that is no seed."""
    bad = tmp_path / "bad.json"
    bad.write_text('{"schedule": []}')
    for file in (bad, tmp_path / "missing.json"):
        result = CliRunner().invoke(simulate_app, [vendor, "--seed", str(file)])
        assert result.exit_code == 2 and "--seed" in result.output
