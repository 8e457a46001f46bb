"""The join on the DirectRunner: files, buffers, ranges and passes of any number give the same."""

from __future__ import annotations

import collections
import dataclasses
import gzip
import pathlib
import pickle
import random
import subprocess
import sys

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from skewgate.beam import label_join
from skewgate.beam.label_join import JoinLabels
from skewgate.beam.merging import MergeFn
from skewgate.checks.labels.config import LabelConfig
from skewgate.checks.labels.counts import LabelCounts, Totals
from skewgate.core.errors import InputError
from skewgate.data.tf_example.protobuf import write_varint
from skewgate.data.tf_example.tfrecord import frame

MARCH, HOUR = 1_456_790_400, 3_600
CONFIG = LabelConfig(
    key=["id"],
    labels=["tip"],
    prediction_time="start",
    label_time="at",
    horizon="30h",
    windows={"length": "2d"},
)


def field(tag, content):
    return bytes([tag]) + write_varint(len(content)) + content


def example(**features):
    """Encodes whole numbers by hand: the transform is to need no TensorFlow."""
    entries = b""
    for name, value in features.items():
        number = field(0x0A, write_varint(value))
        entries += field(0x0A, field(0x0A, name.encode()) + field(0x12, field(0x1A, number)))
    return field(0x0A, entries)


def write(folder, name, rows, files):
    paths = []
    for number in range(files):
        path = folder / f"{name}-{number}.gz"
        path.write_bytes(gzip.compress(frame(rows[number::files])))
        paths.append((number, str(path)))
    return paths


def run(tmp_path, predictions, labels, options=(), **more):
    rows, shards, out = (tmp_path / name for name in ("rows", "shards", "counted"))
    for folder in (rows, shards):
        folder.mkdir(exist_ok=True)
    options = PipelineOptions(["--runner=DirectRunner", *options])
    with beam.Pipeline(options=options) as pipeline:
        sides = (
            pipeline | "predictions" >> beam.Create(predictions),
            pipeline | "labels" >> beam.Create(labels),
        )
        _ = (
            sides
            | JoinLabels(CONFIG, str(rows), str(shards), **more)
            | beam.Map(lambda counted, path: path.write_bytes(pickle.dumps(counted)), out)
        )
    return pickle.loads(out.read_bytes())


def joined(counted):
    return [
        record
        for shard in counted.shards
        for _, batch in label_join.read(shard.path)
        for record in batch
    ]


def tables(seed=3):
    source = random.Random(seed)
    predictions = [
        example(id=source.randrange(700), start=MARCH + source.randrange(96) * HOUR, n=n)
        for n in range(1_000)
    ]
    labels = [
        example(id=source.randrange(300, 900), at=MARCH + source.randrange(120) * HOUR, tip=n)
        for n in range(1_300)
    ]
    return predictions, labels


def outcome(counted):
    assert counted.error is None
    assert sum(shard.rows for shard in counted.shards) == counted.totals.predictions
    found = dataclasses.asdict(counted.totals), counted.windows, counted.last_time, counted.types
    return sorted(joined(counted)), found


def test_any_files_buffers_ranges_and_passes_give_the_same_rows_and_counts(tmp_path, monkeypatch):
    predictions, labels = tables()
    found = []
    for number, (files, buffered, more) in enumerate(
        [
            (1, 10_000, {"expected_rows": 1_300}),
            (
                3,
                100,
                {"options": ["--direct_num_workers=2", "--direct_running_mode=multi_threading"]},
            ),
            (2, 400, {"expected_rows": 400_000, "label_bytes": 4_096}),
        ]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.setattr(label_join, "BUFFERED_ROWS", buffered)
        monkeypatch.setattr(label_join, "JOINED_ROWS", buffered)
        monkeypatch.setattr(label_join, "_DECODED_ROWS", 90)
        # Labels stay in one file: the last of those with the same time wins.
        sides = (
            write(folder, "predictions", predictions, files),
            write(folder, "labels", labels, 1),
        )
        found.append(outcome(run(folder, *sides, **more)))
    assert len(found[0][0]) == 1_000
    assert found[1] == found[0]
    assert found[2] == found[0]
    totals = Totals(**found[0][1][0])
    assert min(totals.joined, totals.late, totals.orphans, totals.duplicates) > 50
    assert totals.used + totals.late + totals.orphans + totals.duplicates == 1_300


def test_one_key_that_fills_a_range_is_joined_some_rows_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(label_join, "BUFFERED_ROWS", 500)
    monkeypatch.setattr(label_join, "JOINED_ROWS", 500)
    monkeypatch.setattr(label_join, "_DECODED_ROWS", 250)
    sizes = []
    join = label_join.Joiner.join
    monkeypatch.setattr(
        label_join.Joiner,
        "join",
        lambda self, part: sizes.append(len(part.keys)) or join(self, part),
    )
    predictions = [example(id=7, start=MARCH, n=n) for n in range(5_000)]
    labels = [example(id=7, at=MARCH + HOUR, tip=n) for n in range(3_000)]
    counted = run(
        tmp_path,
        write(tmp_path, "predictions", predictions, 1),
        write(tmp_path, "labels", labels, 1),
    )
    assert len(set(joined(counted))) == 5_000
    assert max(sizes) == 500
    totals = counted.totals
    assert (totals.joined, totals.used, totals.duplicates) == (5_000, 1, 2_999)
    assert totals.repeated_predictions == 4_999


def test_what_cannot_be_read_is_said_by_the_result(tmp_path):
    good = write(tmp_path, "good", [example(id=1, start=MARCH, at=MARCH, tip=1)] * 40, 2)
    (broken,) = write(tmp_path, "broken", [example(id=n, start=MARCH) for n in range(99)], 1)
    content = gzip.decompress(pathlib.Path(broken[1]).read_bytes())
    for change, message in (
        (gzip.compress(content)[:-9], "ended before the end-of-stream marker"),
        (gzip.compress(content[:-1]), "the last record is cut off"),
        (gzip.compress(content[:-2] + b"xx"), "check sum of a record is wrong"),
        (content, "not a gzip"),
        (gzip.compress(frame([b"\xff\xff"])), "is not tf.Example"),
    ):
        pathlib.Path(broken[1]).write_bytes(change)
        counted = run(tmp_path, [*good, (2, broken[1])], good)
        assert isinstance(counted.error, InputError)
        assert message.lower() in str(counted.error).lower()
        assert broken[1] in str(counted.error)


def test_a_file_system_that_fails_is_not_a_broken_file(tmp_path):
    # Beam tries such work again; what is broken stays broken.
    with pytest.raises(FileNotFoundError):
        next(label_join.read(str(tmp_path / "gone.gz")))


def test_merging_takes_one_batch_many_batches_or_any_order():
    parts = [
        LabelCounts(totals=Totals(labels=n), windows={n % 2: (n, 1)}, last_time=n)
        for n in range(1, 6)
    ]
    merge = MergeFn(LabelCounts)
    whole = merge.create_accumulator()
    for part in parts:
        whole = merge.add_input(whole, part)
    for order in ([0, 1, 2, 3, 4], [4, 2, 0, 1, 3]):
        single = [merge.add_input(merge.create_accumulator(), parts[n]) for n in order]
        left = merge.merge_accumulators(single[:2])
        found = merge.extract_output(merge.merge_accumulators([left, *single[2:]]))
        assert found == whole
    assert collections.Counter(whole.windows) == {0: (6, 2), 1: (9, 3)}
    assert merge.merge_accumulators([]) == LabelCounts()


def test_the_transform_loads_no_tfx():
    code = (
        "import sys, skewgate.beam.label_join\n"
        "print([n for n in sys.modules if n.split('.')[0] in ('tfx', 'tensorflow')])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("size", [0, 1])
def test_files_without_rows_give_one_result(tmp_path, size):
    empty = write(tmp_path, "empty", [], 1)
    labels = write(tmp_path, "labels", [example(id=1, at=MARCH, tip=1)] * size, 1)
    counted = run(tmp_path, empty, labels)
    assert counted.totals == Totals(labels=size, orphans=size)
    assert counted.shards == []
