"""Series out of tables, as the contract's lists."""

import pandas as pd
import pytest

from api.series_files import read_series, with_series

HOURS = pd.date_range("2026-03-29T00:00:00+02:00", periods=3, freq="h")


def test_a_time_and_a_value_hold_until_the_next_row(tmp_path):
    """Both sides of a clock change in one file: offsets differ, instants go on."""
    (tmp_path / "p.csv").write_text(
        "at,eur\n2026-03-29T02:00+02:00,0.1\n2026-03-29T04:00+03:00,0.2\n2026-03-29T05:00:00+03:00,-0.3\n"
    )
    assert read_series(tmp_path / "p.csv", "prices") == [
        {"from": "2026-03-29T00:00:00+00:00", "to": "2026-03-29T01:00:00+00:00", "pricePerKwh": 0.1},
        {"from": "2026-03-29T01:00:00+00:00", "to": "2026-03-29T02:00:00+00:00", "pricePerKwh": 0.2},
        {"from": "2026-03-29T02:00:00+00:00", "to": "2026-03-29T03:00:00+00:00", "pricePerKwh": -0.3},
    ]


def test_parquet_tells_the_same_as_csv(tmp_path):
    pytest.importorskip("pyarrow", reason="the extra `parquet` is not installed")
    table = pd.DataFrame({"from": HOURS, "to": HOURS + pd.Timedelta(hours=1), "baseLoadKw": [1.0, 2.0, 3.0]})
    table.to_csv(tmp_path / "b.csv", index=False)
    table.to_parquet(tmp_path / "b.parquet")
    assert read_series(tmp_path / "b.csv", "baseLoadKw") == read_series(tmp_path / "b.parquet", "baseLoadKw")


@pytest.mark.parametrize("document", [None, [], {}, {"site": 3}])
def test_what_is_no_request_is_left_to_the_reader(tmp_path, document):
    assert with_series(document, {"prices": tmp_path / "never-read.csv"}) == document
