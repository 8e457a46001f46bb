from __future__ import annotations

import os

import pytest

from skewgate.beam import ingest as transform
from skewgate.core.errors import InputError
from skewgate.data.ingest.counts import IngestCounts
from skewgate.data.ingest.plan import Plan
from skewgate.data.ingest.shards import Shard
from skewgate.data.ingest.splits import AllRows
from skewgate.data.sources.rejected import Rejections
from skewgate.pipeline.settings import LOCAL_BEAM

NO_IMAGE = "--sdk_container_image=none"
THREADS = (
    "--runner=DirectRunner",
    "--direct_num_workers=2",
    "--direct_running_mode=multi_threading",
    NO_IMAGE,
)
PROCESSES = (*THREADS[:2], "--direct_running_mode=multi_processing", NO_IMAGE)
BY_HASH = {"by": "hash", "buckets": {"train": 3, "eval": 2}}


def content(start, rows, last=""):
    lines = [f"{n},{n / 4 if n % 5 else ''},city {n % 7}" for n in range(start, start + rows)]
    return "n,fare,city\n" + "\n".join(lines) + f"\n{last}"


FILES = {"a.csv": content(0, 700), "b.csv": content(700, 90), "c.csv": content(790, 400)}


def same_rows(one, other, records, splits=("train", "eval")):
    for split in splits:
        ours, theirs = (sorted(map(str, records(found, split))) for found in (one, other))
        assert ours == theirs
        assert one.get_int_custom_property(f"rows_{split}") == len(ours)
    for name in ("rows_read", "rows_rejected", "rows_unassigned"):
        assert one.get_int_custom_property(name) == other.get_int_custom_property(name)


def test_beam_with_two_threads_writes_the_rows_that_one_process_writes(
    ingest, records, shards, report
):
    by_beam = ingest(FILES, BY_HASH, beam=THREADS)
    in_process = ingest(FILES, BY_HASH, beam=LOCAL_BEAM, out="local")
    same_rows(by_beam, in_process, records)
    assert by_beam.get_int_custom_property("rows_read") == 1190
    # Each file has shards of its own, in the order of the files.
    assert [os.path.basename(path) for path in shards(by_beam, "eval")] == [
        f"data_tfrecord-{n:05d}-of-00003.gz" for n in range(3)
    ]
    numbers = [e.features.feature["n"].int64_list.value[0] for e in records(by_beam, "eval")]
    assert numbers == sorted(numbers)
    ours, theirs = report(by_beam), report(in_process)
    assert sum(ours["splits"]["train"]["shards"]) == ours["splits"]["train"]["rows"]
    for found in (ours, theirs):
        for split in found["splits"].values():
            del split["shards"]
    assert ours.pop("checksum") != theirs.pop("checksum")  # of these numbers of shards too
    assert ours == theirs


def test_beam_with_two_processes_writes_the_rows_that_one_process_writes(ingest, records):
    by_beam = ingest(FILES, BY_HASH, beam=PROCESSES)
    same_rows(by_beam, ingest(FILES, BY_HASH, out="local"), records)


def test_a_column_has_the_type_that_holds_for_all_files(ingest, records):
    files = {**FILES, "d.csv": "n,fare,city\n1.5,2,Oslo\n", "e.csv": "n,fare,city\n3,,\n"}
    by_beam = ingest(files, beam=THREADS)
    same_rows(by_beam, ingest(files, out="local"), records, ["all"])
    kinds = {e.features.feature["n"].WhichOneof("kind") for e in records(by_beam)}
    assert kinds == {"float_list"}


def test_rejected_rows_of_all_files_count_together(ingest, records, report):
    files = {
        "a.csv": content(0, 30, "x,1,Oslo\n"),
        "b.csv": content(30, 20, "y,1,Oslo\nz,1,Oslo\n"),
    }
    parameters = {"types": {"n": "INT"}}
    by_beam = ingest(files, beam=THREADS, max_rejected=3, **parameters)
    local = ingest(files, max_rejected=3, out="local", **parameters)
    same_rows(by_beam, local, records, ["all"])
    assert report(by_beam)["rejected"] == report(local)["rejected"]
    assert [row["found"] for row in report(by_beam)["rejected"]] == ["'x'", "'y'", "'z'"]
    with pytest.raises(InputError, match=r"a.csv: line 32, column n: .*max_rejected allows 2"):
        ingest(files, beam=THREADS, max_rejected=2, out="less", **parameters)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"a.csv": content(0, 9), "b.csv": "n,fare\n1,2\n"},
            r"b.csv: has the columns n, fare, b",
        ),
        ({"a.csv": content(0, 9), "b.csv": ""}, r"b.csv: is empty"),
        ({"a.csv": content(0, 9), "b.csv": "n,fare,city\n"}, r"b.csv: has a header and no rows"),
        ({"a.csv": content(0, 9, "1,2\n"), "b.csv": ""}, r"b.csv: is empty"),
        ({"a.csv": content(0, 9, "1,2\n")}, r"a.csv: line 11: expected 3 cells, found 2"),
    ],
)
def test_an_error_is_the_sentence_that_one_process_says(ingest, tmp_path, files, message):
    with pytest.raises(InputError, match=message):
        ingest(files, beam=THREADS)
    assert not list((tmp_path / "out" / "examples").iterdir())


# What a runner gives back.


def part(place, path, rows=5):
    counts = IngestCounts(["all"], Rejections())
    counts.read[path] = rows
    counts.shards = [Shard("all", f"tmp/{path}", rows)]
    return transform.FilePart(place, path, counts)


PLAN = Plan(AllRows())


def test_parts_are_added_up_in_the_order_of_the_files():
    counts = transform.collect([part(1, "b", 3), part(0, "a")], ["a", "b"], PLAN)
    assert [shard.path for shard in counts.shards] == ["tmp/a", "tmp/b"]
    assert (counts.rows_read, counts.written("all")) == (8, 8)


@pytest.mark.parametrize(
    "parts", [[part(0, "a")], [part(0, "a"), part(1, "b"), part(1, "b")]], ids=["lost", "doubled"]
)
def test_files_that_a_runner_loses_or_doubles_fail_the_run(parts):
    with pytest.raises(InputError, match=r"a: and what follows are 2 files, but Beam gave \d back"):
        transform.collect(parts, ["a", "b"], PLAN)
