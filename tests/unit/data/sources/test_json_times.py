"""Time stamps of JSON keep that they name a zone, and fractions of a second."""

from __future__ import annotations

import json

import pytest

from skewgate.data import sources

ZONED = ["Z", "+01:00", "-0600", "+05"]


def kind_of(tmp_path, values, types=None):
    path = tmp_path / "a.jsonl"
    rows = (json.dumps({"a": value, "n": at, "s": "x-1"}) for at, value in enumerate(values))
    path.write_text("\n".join(rows) + "\n")
    [batch] = sources.open_file(str(path), types).batches()
    column = batch.column(0)
    return str(column.type), column.to_pylist()


@pytest.mark.parametrize("zone", ZONED)
def test_time_stamps_that_name_a_zone_are_of_utc(tmp_path, zone):
    values = [f"2026-11-24T23:30:00{zone}", None, f"2026-11-24T01:00:00{ZONED[0]}"]
    kind, found = kind_of(tmp_path, values)
    assert kind == "timestamp[s, tz=UTC]"
    hours = {"+01:00": 22, "-0600": 5, "+05": 18}.get(zone, 23)
    assert found[0].hour == hours
    assert found[1] is None


@pytest.mark.parametrize("values", [["2026-11-24"], ["2026-11-24T23:30:00"], ["2026-11-24 23:30"]])
def test_time_stamps_without_a_zone_have_none(tmp_path, values):
    assert kind_of(tmp_path, [*values, None])[0] == "timestamp[s]"


@pytest.mark.parametrize("zone", ZONED)
@pytest.mark.parametrize("first", [True, False])
def test_a_column_in_which_only_some_name_a_zone_is_text(tmp_path, zone, first):
    values = [f"2026-11-24T23:30:00{zone}", "2026-11-24T23:30:00"]
    values = values if first else values[::-1]
    assert kind_of(tmp_path, values) == ("string", values)


@pytest.mark.parametrize(("zone", "kind"), [("", "timestamp[us]"), ("Z", "timestamp[us, tz=UTC]")])
def test_fractions_of_a_second_are_read(tmp_path, zone, kind):
    values = [f"2026-11-24T23:30:00{zone}", None, f"2026-11-24T23:30:00.250001{zone}"]
    found, times = kind_of(tmp_path, values)
    assert found == kind
    assert times[2].microsecond == 250_001


def test_text_that_begins_as_a_time_is_text(tmp_path):
    values = ["2026-11-24T23:30:00.5", "2026-11-24T23:30 or so"]
    assert kind_of(tmp_path, values) == ("string", values)


def test_blocks_of_which_only_one_names_zones_are_text(tmp_path, monkeypatch):
    from skewgate.data.sources import base, json_files

    monkeypatch.setattr(json_files, "_MOST_LINES", 2)
    path = tmp_path / "a.jsonl"
    values = ["2026-11-24T23:30:00"] * 4 + ["2026-11-24T23:30:00Z"] * 2
    path.write_text("".join(json.dumps({"a": value}) + "\n" for value in values))
    source = sources.open_file(str(path))
    with pytest.raises(base.WiderTypes):
        list(source.batches())
    assert [cell for batch in source.batches() for cell in batch.column(0).to_pylist()] == values
