from __future__ import annotations

import pyarrow as pa
import pytest

from skewgate.data import sources
from skewgate.data.sources import base


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-01-01 00:00:00.123456789"], ["2024-01-01 00:00:00.123456"]),
        (["1969-12-31 23:59:59.999999999"], ["1969-12-31 23:59:59.999999"]),
        (["2024-01-01T00:00:00.000000001Z"], ["2024-01-01 00:00:00+00:00"]),
        (
            ["2024-01-01 00:00:00.123456789", "2024-01-02", "", "2024-01-03 01:02:03.5"],
            [
                "2024-01-01 00:00:00.123456",
                "2024-01-02 00:00:00",
                None,
                "2024-01-03 01:02:03.500000",
            ],
        ),
    ],
)
def test_nanoseconds_are_whole_microseconds_rounded_down(tmp_path, cells, expected):
    path = tmp_path / "a.csv"
    path.write_text("at,x\n" + "".join(f"{cell},1\n" for cell in cells))
    [batch] = sources.open_file(str(path)).batches()
    assert batch.schema.field("at").type.unit == "us"
    found = [None if each is None else str(each) for each in batch.column(0).to_pylist()]
    assert found == expected


def test_nanoseconds_may_come_late(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "BLOCK_BYTES", 64)
    path = tmp_path / "a.csv"
    cells = ["2024-01-01 00:00:00.5"] * 9 + ["2024-01-01 00:00:00.123456789"] * 9
    path.write_text("at,x\n" + "".join(f"{cell},1\n" for cell in cells))
    source = sources.open_file(str(path))
    batches = list(source.batches())
    assert {batch.schema.field("at").type for batch in batches} == {pa.timestamp("us")}
    assert sum(batch.num_rows for batch in batches) == 18
    assert sources.infer([str(path)])["at"] == pa.timestamp("us")


@pytest.mark.parametrize("year", ["0001", "1600", "2300", "9999"])
def test_nanoseconds_may_stand_beside_years_that_64_bits_of_them_do_not_hold(tmp_path, year):
    path = tmp_path / "a.csv"
    path.write_text(f"at,x\n{year}-01-01 00:00:00.123456789,1\n2024-01-01 00:00:00,1\n")
    [batch] = sources.open_file(str(path)).batches()
    assert str(batch.column(0)[0].as_py()) == f"{year}-01-01 00:00:00.123456"


def test_years_beyond_nanoseconds_keep_their_time_zone_and_need_not_come_first(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("at,x\n,1\n2024-01-02T00:00:00Z,1\n2300-01-01T00:00:00.123456789Z,1\n")
    [batch] = sources.open_file(str(path)).batches()
    assert batch.schema.field("at").type == pa.timestamp("us", "UTC")
    assert str(batch.column(0)[2].as_py()) == "2300-01-01 00:00:00.123456+00:00"


def test_dates_beside_text_stay_text(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("at,x\n2300-01-01 00:00:00.123456789,1\nsoon,1\n")
    [batch] = sources.open_file(str(path)).batches()
    assert batch.column(0).to_pylist() == ["2300-01-01 00:00:00.123456789", "soon"]


def test_text_beside_nanoseconds_stays_as_it_is(tmp_path):
    path = tmp_path / "a.csv"
    cell = "at 10:00:00.123456789"
    path.write_text(f"s,at\n{cell},2024-01-01 00:00:00.123456789\n")
    given = {"at": pa.timestamp("us")}
    for types in (None, given):
        [batch] = sources.open_file(str(path), types).batches()
        assert batch.column(0).to_pylist() == [cell]
        assert str(batch.column(1)[0].as_py()) == "2024-01-01 00:00:00.123456"


def test_more_digits_are_no_time_stamp(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("at,x\n2024-01-01 00:00:00.1234567891,1\n")
    assert sources.infer([str(path)])["at"] == pa.string()
