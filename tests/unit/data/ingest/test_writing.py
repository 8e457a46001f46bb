from __future__ import annotations

import io
import json
import threading

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skewgate.core.errors import InputError
from skewgate.data import sources
from skewgate.data.ingest import counts, reading, shards, splits, threads, writing
from skewgate.data.ingest.counts import IngestCounts
from skewgate.data.ingest.plan import Plan
from skewgate.data.sources import base
from skewgate.data.sources.rejected import Rejections

BY_HASH = '{"by": "hash", "buckets": {"train": 7, "eval": 3}}'
BY_CITY = '{"by": "column", "column": "city", "values": {"north": ["Oslo"], "south": ["Rome"]}}'
BY_CODE = (
    '{"by": "column", "column": "code", "values": {"train": ["0168"], "eval": ["1005", "0120"]}}'
)
CITIES = "city,fare\nOslo,1.5\nRome,2.5\nBern,3.5\nOslo,\n"


def many(rows, start=0):
    lines = [f"{n},{n / 4},city {n % 11}" for n in range(start, start + rows)]
    return "n,fare,city\n" + "\n".join(lines) + "\n"


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@pytest.fixture
def small(monkeypatch):
    """Makes small batches of few rows."""
    monkeypatch.setattr(reading, "CHUNK_ROWS", 50)


def test_rows_are_written_in_their_order_with_every_column(ingest):
    found = ingest({"a.csv": CITIES})
    assert found.rows() == [
        {"city": [b"Oslo"], "fare": [1.5]},
        {"city": [b"Rome"], "fare": [2.5]},
        {"city": [b"Bern"], "fare": [3.5]},
        {"city": [b"Oslo"], "fare": None},
    ]


def test_rows_of_several_files_follow_each_other(ingest, small):
    found = ingest({"a.csv": many(120), "b.csv": many(70, start=1000)}, BY_HASH)
    train, evaluation = ([row["n"][0] for row in found.rows(s)] for s in ("train", "eval"))
    assert sorted(train) == train
    assert sorted(train + evaluation) == [*range(120), *range(1000, 1070)]
    assert min(len(train), len(evaluation)) > 20


@pytest.mark.parametrize("by", [BY_HASH, BY_CODE])
def test_bytes_of_a_fixed_length_are_ingested_chunk_by_chunk(ingest, small, by):
    # Arrow 10's cast of a slice of them ends the process.
    codes = [f"{n % 2}{n:03d}".encode() for n in range(170)]
    found = ingest({"a.parquet": parquet(code=pa.array(codes, pa.binary(4)))}, by)
    rows = [row["code"][0] for split in ("train", "eval") for row in found.rows(split)]
    assert sorted(rows) == sorted(codes if by == BY_HASH else [b"0168", b"1005", b"0120"])


def test_a_row_goes_to_its_split_whatever_the_files_and_their_order(ingest, small):
    split = {}
    cases = {
        "one": {"a.csv": many(300)},
        "two": {"b.csv": many(130, start=170), "c.csv": many(170)},
    }
    for folder, files in cases.items():
        found = ingest(files, BY_HASH, folder=folder)
        split[folder] = {row["n"][0] for row in found.rows("train")}
    assert split["one"] == split["two"]


def test_the_bytes_do_not_depend_on_the_number_of_threads(ingest, small):
    table = {"n": np.arange(900), "text": [f"é{n % 7}" for n in range(900)]}
    files = {"a.csv": many(2_000), "b.csv": many(500, start=5_000)}
    for options in ({}, {"shards": 3}):
        runs = [
            ingest(files, BY_HASH, workers=n, folder=f"{n}{len(options)}", **options).contents()
            for n in (1, 2, 5)
        ]
        assert runs[0] == runs[1] == runs[2]
        assert len(runs[0]) == (2 if not options else 6)
    one, two = (
        ingest({"a.parquet": parquet(**table)}, BY_HASH, workers=n, folder=f"p{n}").contents()
        for n in (1, 4)
    )
    assert one == two


def test_rows_in_no_split_are_counted(ingest):
    found = ingest({"a.csv": CITIES}, BY_CITY)
    assert [row["fare"] for row in found.rows("north")] == [[1.5], None]
    assert [row["fare"] for row in found.rows("south")] == [[2.5]]
    assert (found.counts.rows_read, found.counts.unassigned) == (4, 1)


def test_shards_begin_anew_after_a_number_of_rows(ingest, small, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_ROWS", 200)
    found = ingest({"a.csv": many(520)})
    assert [shard.rows for shard in found.counts.shards] == [200, 200, 120]
    assert [row["n"][0] for row in found.rows()] == list(range(520))


def test_a_number_of_shards_is_the_most_that_there_are(ingest, small):
    found = ingest({"a.csv": many(260)}, shards=4)
    assert [shard.rows for shard in found.counts.shards] == [100, 60, 50, 50]
    few = ingest({"a.csv": many(60)}, shards=4, folder="few")
    assert [shard.rows for shard in few.counts.shards] == [50, 10]


# Types.


@pytest.mark.parametrize("files", [1, 2])
def test_types_that_do_not_hold_to_the_end_are_found_by_another_reading(
    ingest, small, monkeypatch, files
):
    inferred = []
    infer = sources.infer

    def counting(*arguments):
        inferred.append(arguments)
        return infer(*arguments)

    monkeypatch.setattr(sources, "infer", counting)
    rows = 2_000
    last = f"1.25,9,{'late ' * 20}\n"
    contents = {"a.csv": many(rows) + last}
    if files == 2:
        contents = {"a.csv": many(rows - 40), "b.csv": many(40, start=rows - 40) + last}
    monkeypatch.setattr(base, "BLOCK_BYTES", 1 << 14)
    found = ingest(contents)
    assert len(inferred) == 1
    assert [row["n"] for row in found.rows()] == [[float(n)] for n in range(rows)] + [[1.25]]
    assert found.counts.rows_read == rows + 1
    assert found.counts.types["n"] == "double"


def test_a_column_without_a_value_in_one_file_has_the_type_of_the_others(ingest):
    found = ingest({"a.csv": "x,y\n,1\n", "b.csv": "x,y\n2,3\n"})
    assert found.rows() == [{"x": None, "y": [1]}, {"x": [2], "y": [3]}]
    assert found.counts.types == {"x": "int64", "y": "int64"}


def test_types_that_are_given_count(ingest):
    found = ingest({"a.csv": "zip\n007\n"}, types={"zip": pa.string()})
    assert found.rows() == [{"zip": [b"007"]}]


def test_columns_in_another_order_are_put_right(ingest):
    found = ingest({"a.csv": "x,y\n1,2\n", "b.csv": "y,x\n4,3\n"})
    assert all(record.index(b"x") < record.index(b"y") for record in found.records())
    assert found.rows()[1] == {"x": [3], "y": [4]}


def test_files_whose_columns_differ_are_one_sentence(ingest):
    with pytest.raises(InputError, match=r"b.csv: has the columns x, z, but .*a.csv has x, y"):
        ingest({"a.csv": "x,y\n1,2\n", "b.csv": "x,z\n1,2\n"})


# Rows that cannot be read.

BAD = "n,fare\n1,2\n2,x\n3,4\n5\n6,7\n"


def test_the_first_bad_row_ends_a_run_that_allows_none(ingest):
    with pytest.raises(InputError, match=r"a.csv: line 3, column fare: expected FLOAT, found 'x'"):
        ingest({"a.csv": BAD}, types={"fare": pa.float64()})


def test_bad_rows_are_left_out_counted_and_sampled_up_to_a_limit(ingest):
    files = {"a.csv": BAD, "b.csv": "n,fare\n1,1\n"}
    found = ingest(files, types={"fare": pa.float64()}, max_rejected=2)
    assert [row["n"] for row in found.rows()] == [[1], [3], [6], [1]]
    report = json.loads(found.counts.to_json())
    assert [(f["read"], f["rejected"]) for f in report["files"]] == [(5, 2), (1, 0)]
    assert [(r["line"], r["column"], r["found"]) for r in report["rejected"]] == [
        (3, "fare", "'x'"),
        (5, "", "1"),
    ]
    with pytest.raises(InputError, match=r"a.csv: line 3, .*max_rejected allows 1"):
        ingest(files, types={"fare": pa.float64()}, max_rejected=1, folder="less")


def test_a_value_that_tf_example_cannot_hold_is_a_bad_row_too(ingest, small):
    rows = 200
    fares = [1e300 if n in (60, 130) else n / 2 for n in range(rows)]
    data = parquet(n=list(range(rows)), fare=fares)
    found = ingest({"a.parquet": data}, BY_HASH, max_rejected=2)
    kept = sorted(row["n"][0] for split in ("train", "eval") for row in found.rows(split))
    assert kept == [n for n in range(rows) if n not in (60, 130)]
    assert [(r.line, r.column) for r in found.counts.rejections.samples] == [
        (61, "fare"),
        (131, "fare"),
    ]
    # A row that is left out moves no other one to another split.
    whole = ingest({"a.parquet": parquet(n=list(range(rows)))}, folder="n")
    assert whole.counts.rows_read == rows


def test_samples_come_in_the_order_of_rows_whatever_the_number_of_threads(ingest, small):
    lines = [f"{n},{'x' if n % 9 == 0 else n}" for n in range(400)]
    content = "n,fare\n" + "\n".join(lines) + "\n"
    for workers in (1, 5):
        found = ingest(
            {"a.csv": content},
            workers=workers,
            folder=str(workers),
            types={"fare": pa.float64()},
            max_rejected=100,
        )
        assert [r.line for r in found.counts.rejections.samples] == list(range(2, 182, 9))
        assert found.counts.rejections.count == 45


def test_rejected_rows_count_where_a_whole_block_is_bad(ingest, small, monkeypatch):
    monkeypatch.setattr(base, "BLOCK_BYTES", 1 << 10)
    bad = range(400, 1_000)
    lines = [f"{n},{'x' if n in bad else n}" for n in range(1_500)]
    found = ingest(
        {"a.csv": "n,fare\n" + "\n".join(lines)},
        types={"fare": pa.float64()},
        max_rejected=len(bad),
    )
    assert [row["n"][0] for row in found.rows()] == [n for n in range(1_500) if n not in bad]
    assert (found.counts.rows_read, found.counts.rejections.count) == (1_500, 600)


def test_a_file_of_bad_rows_only_has_none_for_the_split(ingest):
    with pytest.raises(InputError, match=r"has 1 rows, 1 of them rejected, and none for the split"):
        ingest({"a.csv": "n,fare\n1\n"}, max_rejected=9)


# Bounds and failures.


def test_the_reader_is_never_more_than_a_fixed_number_of_batches_ahead(ingest, small, monkeypatch):
    taken = written = most = 0
    chunks, append = reading.Reader.chunks, shards.SplitShards.append

    def counting(self, paths):
        nonlocal taken
        for chunk in chunks(self, paths):
            taken += 1
            yield chunk

    def noting(self, piece, place):
        nonlocal written, most
        most = max(most, taken - written)
        written += 1
        append(self, piece, place)

    monkeypatch.setattr(reading.Reader, "chunks", counting)
    monkeypatch.setattr(shards.SplitShards, "append", noting)
    ingest({"a.csv": many(50 * 90)}, workers=3)
    assert (taken, written) == (90, 90)
    assert most == 2 * 3 + 8


def test_batches_are_small_whatever_the_size_of_rows(monkeypatch):
    wide = pa.RecordBatch.from_pydict({"text": ["x" * 1_000_000] * 30})
    narrow = pa.RecordBatch.from_pydict({"n": np.arange(100_000)})
    assert reading._step(wide) <= 4
    assert reading._step(narrow) == reading.CHUNK_ROWS


def test_an_error_of_a_thread_is_that_of_the_first_bad_row(ingest, small):
    data = parquet(
        n=list(range(400)), fare=[1e300 if n in (320, 77, 150) else 1.0 for n in range(400)]
    )
    for workers in (1, 5):
        with pytest.raises(InputError, match=r"a.parquet: row 78, column fare"):
            ingest({"a.parquet": data}, workers=workers, folder=str(workers))
    assert not [t for t in threading.enumerate() if t.name.startswith("ingest")]


def test_every_file_is_closed_after_an_error(small, tmp_path):
    opened = []

    def create(path):
        opened.append(open(path, "wb"))  # noqa: SIM115
        return opened[-1]

    path = tmp_path / "a.parquet"
    path.write_bytes(parquet(fare=[1.0] * 300 + [1e300]))
    with pytest.raises(InputError, match="row 301"):
        writing.write([str(path)], Plan(splits.AllRows(), create), f"{tmp_path}/", 2)
    assert opened
    assert all(stream.closed for stream in opened)


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "a.csv: is empty"), ("n,fare\n", "a.csv: has a header and no rows")],
)
def test_a_file_without_rows_is_one_sentence(ingest, content, message):
    with pytest.raises(InputError, match=message):
        ingest({"a.csv": content})


def test_rows_that_were_lost_on_the_way_fail_the_run():
    counts = IngestCounts(["all"], Rejections(), unassigned=1)
    counts.read["a.csv"] = 10
    counts.shards = [shards.Shard("all", "x", 8)]
    with pytest.raises(InputError, match=r"data: has 10 rows, but 8 were written, 1 are in no spl"):
        counts.check("data")


def test_a_split_without_a_row_is_named():
    counts = IngestCounts(["train", "eval"], Rejections())
    counts.read["a.csv"] = 8
    counts.shards = [shards.Shard("train", "x", 8)]
    with pytest.raises(InputError, match=r"data: has 8 rows and none for the split 'eval'"):
        counts.check("data")


def test_the_report_says_what_was_read_and_where_it_went(ingest):
    found = ingest({"a.csv": CITIES}, BY_CITY)
    report = counts.parse_report(found.counts.to_json().encode(), "x")
    (file,) = report.pop("files")
    assert file["file"].endswith("a.csv")
    assert (file["read"], file["rejected"]) == (4, 0)
    assert report == {
        "version": 1,
        "splits": {"north": {"rows": 2, "shards": [2]}, "south": {"rows": 1, "shards": [1]}},
        "unassigned": 1,
        "rejected": [],
        "types": {"city": "string", "fare": "double"},
        "changed_types": [],
        "notes": {},
    }


def test_threads_of_an_ingest_are_those_of_the_machine_without_a_number(ingest, monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 3)
    used = []
    in_order = threads.in_order

    def noting(function, items, workers, ahead):
        used.append(workers)
        return in_order(function, items, workers, ahead)

    monkeypatch.setattr(threads, "in_order", noting)
    ingest({"a.csv": CITIES}, workers=None)
    assert used == [3]


def test_a_user_stays_in_its_split_on_the_day_that_some_ids_are_no_numbers(ingest):
    days = [[str(n) for n in range(200)], [*[str(n) for n in range(200)], "A1", "A2"]]
    of = {}
    for day, ids in enumerate(days):
        content = "user,fare\n" + "".join(f"{user},2.5\n" for user in ids)
        by = '{"by": "hash", "buckets": {"train": 7, "eval": 3}, "columns": ["user"]}'
        found = ingest({"a.csv": content}, by, folder=str(day))
        of[day] = {
            str(row["user"][0].decode() if day else row["user"][0]) for row in found.rows("eval")
        }
        assert found.counts.types["user"] == ("string" if day else "int64")
    assert of[1] - {"A1", "A2"} == of[0]


def test_types_are_compared_with_those_of_the_run_before(ingest):
    before = ingest({"a.csv": "user,fare,gone\n1,2.5,\n"}, folder="before").counts.report()
    found = ingest({"a.csv": "user,fare,gone\nA1,2.5,x\n"}, folder="now").counts
    found.compare_types(before["types"])
    assert [str(change) for change in found.changed] == ["user is string, and was int64"]
    assert found.report()["changed_types"] == [
        {"column": "user", "before": "int64", "now": "string"}
    ]


def test_the_report_says_what_was_read_otherwise_than_it_stands_in_the_file(ingest):
    found = ingest({"a.csv": "city;fare\nBoston;2,5\nDenver;NA\n"})
    [(path, notes)] = found.counts.report()["notes"].items()
    assert path.endswith("a.csv")
    assert notes == [
        "read `;` as the delimiter",
        "read `NA` as missing in 1 row of column fare",
        "read decimal commas in column fare",
    ]
    assert found.counts.types == {"city": "string", "fare": "double"}


@pytest.mark.parametrize("turned", [False, True])
def test_na_is_text_in_every_file_where_it_is_in_one(ingest, turned):
    cells = ["NA", "DE"][:: -1 if turned else 1]
    found = ingest({f"{at}.csv": f"country,n\n{cell},1\n" for at, cell in enumerate(cells)})
    assert found.counts.types["country"] == "string"
    assert found.counts.report()["notes"] == {}
