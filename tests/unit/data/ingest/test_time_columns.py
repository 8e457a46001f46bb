"""A window's rows are the same whatever the format, and whether or not a schema calls times INT."""

from __future__ import annotations

import datetime
import functools
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skewgate.core.errors import InputError
from skewgate.data.ingest.declared_times import read_times

DATES = ["2026-11-23", "2026-11-24", "2026-11-24", "2026-11-25", None]
CLOCKS = [
    "2026-11-23T23:59:59",
    "2026-11-24T00:00:00",
    "2026-11-24T23:59:59",
    "2026-11-25T00:00:00",
    None,
]
ZONED = [
    "2026-11-24T05:59:59Z",
    "2026-11-24T06:00:00Z",
    "2026-11-25T05:59:59Z",
    "2026-11-25T06:00:00Z",
    None,
]
OFFSET = [
    "2026-11-24T06:59:59+01:00",
    "2026-11-24T00:00:00-06:00",
    "2026-11-25T05:59:59Z",
    "2026-11-25T06:00:00-00:00",
    None,
]
NUMBERS = [1_795_499_999, 1_795_500_000, 1_795_586_399, 1_795_586_400, None]
FORMS = {"dates": DATES, "clocks": CLOCKS, "zoned": ZONED, "offsets": OFFSET, "numbers": NUMBERS}
INT = {"at": pa.int64()}


BY = json.dumps({"by": "window", "column": "at", "zone": "America/Chicago"})


def as_csv(values):
    return "id,at\n" + "".join(f"{n},{'' if v is None else v}\n" for n, v in enumerate(values))


def as_json(values):
    return "".join(json.dumps({"id": n, "at": v}) + "\n" for n, v in enumerate(values))


def as_parquet(values):
    array = pa.array(values)
    if pa.types.is_string(array.type):
        text = values[0]
        if len(text) == 10:
            array = pa.array([v and datetime.date.fromisoformat(v) for v in values])
        else:
            stamps = [
                v and datetime.datetime.fromisoformat(v.replace("Z", "+00:00")) for v in values
            ]
            array = pa.array(stamps, pa.timestamp("us", "UTC" if stamps[0].tzinfo else None))
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": range(len(values)), "at": array}), sink)
    return sink.getvalue()


WRITERS = {"csv": as_csv, "jsonl": as_json, "parquet": as_parquet}


@pytest.fixture
def taken(ingest):
    """Ingests files by the window of the 24th of November in Chicago."""
    return functools.partial(ingest, by=BY, scheduled="2026-11-25T12:00:00Z")


@pytest.mark.parametrize("types", [{}, INT], ids=["inferred", "declared"])
@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("form", FORMS)
def test_a_day_has_the_rows_of_that_day(taken, form, suffix, types):
    found = taken({f"a.{suffix}": WRITERS[suffix](FORMS[form])}, types=types)
    assert [row["id"] for row in found.rows("serving")] == [[1], [2]]
    assert {type(value) for row in found.rows("serving") for value in row["at"]} == {int}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("types", [{}, INT], ids=["inferred", "declared"])
def test_what_is_written_are_the_seconds_that_a_schema_and_docs_say(taken, suffix, types):
    found = taken({f"a.{suffix}": WRITERS[suffix](DATES)}, types=types)
    assert [row["at"] for row in found.rows("serving")] == [[1_795_478_400], [1_795_478_400]]


def test_a_bad_value_of_a_declared_time_rejects_its_row_alone(taken):
    text = as_csv(CLOCKS).replace("2026-11-25T00:00:00", "noon")
    found = taken({"a.csv": text}, types=INT, max_rejected=1)
    assert [row["id"] for row in found.rows("serving")] == [[1], [2]]
    [rejected] = found.counts.rejections.samples
    assert (rejected.line, rejected.column, rejected.found, rejected.expected) == (
        5,
        "at",
        "'noon'",
        "INT",
    )
    with pytest.raises(InputError, match=r"a.csv: line 5, column at: expected INT, found 'noon'"):
        taken({"a.csv": text}, types=INT, folder="more")


def test_rows_behind_a_rejected_one_keep_their_lines(taken):
    text = "id,at\n0,noon\n1,2026-11-24\n2,2026-11-24\n99999999999999999999,2026-11-24\n"
    found = taken({"a.csv": text}, types={**INT, "id": pa.int64()}, max_rejected=2)
    assert [row["id"] for row in found.rows("serving")] == [[1], [2]]
    assert sorted(row.line for row in found.counts.rejections.samples) == [2, 5]


def test_files_may_write_their_times_in_different_ways(taken):
    files = {"a.parquet": as_parquet(DATES), "b.parquet": as_parquet(NUMBERS)}
    found = taken(files, types=INT)
    assert [row["id"] for row in found.rows("serving")] == [[1], [2], [1], [2]]
    again = taken({"c.parquet": as_parquet(CLOCKS), **files}, folder="more")
    assert [row["id"] for row in again.rows("serving")] == [[1], [2]] * 3


def test_times_of_all_forms_in_one_column_are_each_what_they_are():
    values = pa.array([*DATES, *CLOCKS, *ZONED, *map(str, NUMBERS[:-1]), "soon"])
    found = read_times(values, "America/Chicago")
    start, end = NUMBERS[1], NUMBERS[3]
    inside = [each is not None and start <= each < end for each in found.moments.to_pylist()]
    day = [False, True, True, False, False]
    assert inside == [*day, *day, *day, *day[:-1], False]
    assert found.bad.tolist() == [False] * (len(values) - 1) + [True]


def test_whole_floats_are_whole_numbers_and_others_are_bad():
    found = read_times(pa.array([1.0, 1.5, None, float("nan"), 1e300]), "Asia/Kolkata")
    assert found.seconds.to_pylist() == [1, None, None, None, None]
    assert found.bad.tolist() == [False, True, False, True, True]
