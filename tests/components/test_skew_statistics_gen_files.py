"""Files that are broken in any way fail, and name themselves."""

from __future__ import annotations

import gzip
import pathlib
import re

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from skewgate.components.skew_statistics_gen import executor, in_process
from skewgate.components.support import tfrecords
from skewgate.core.errors import InputError
from skewgate.data.tf_example import tfrecord
from skewgate.data.tf_example.tfrecord import frame
from tests.encoding import encode_sequence


def example(number):
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[number]))
    message = tf.train.Example(features=tf.train.Features(feature={"number": feature}))
    return message.SerializeToString()


def flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.fixture
def examples(output):
    artifact = output(standard_artifacts.Examples, "examples")
    artifact.split_names = artifact_utils.encode_split_names(["train", "eval"])
    for split in ("train", "eval"):
        folder = pathlib.Path(artifact_utils.get_split_uri([artifact], split))
        folder.mkdir(parents=True)
        for shard in range(2):
            content = frame([example(number) for number in range(30 + shard)])
            (folder / f"data_tfrecord-{shard:05d}-of-00002.gz").write_bytes(gzip.compress(content))
    return artifact


@pytest.fixture
def profile(output, beam_context):
    def run(examples):
        statistics = output(standard_artifacts.ExampleStatistics, "statistics")
        parameters = {"exclude_splits": "[]", "slices": "[]", "resolution": 10}
        executor.Executor(beam_context).Do(
            {"examples": [examples]}, {"statistics": [statistics]}, parameters
        )
        return statistics

    return run


def shard(examples, split="eval"):
    folder = artifact_utils.get_split_uri([examples], split)
    return pathlib.Path(folder, "data_tfrecord-00001-of-00002.gz")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data[:-3], "broken after record 30 .*cut off"),
        (lambda data: data[: len(data) // 2], "broken after record 15 .*cut off"),
        (lambda data: flipped(data, -1), "broken after record 30 .*check sum of a record is"),
        (lambda data: flipped(data, 20), "broken after record 0 .*check sum of a record is"),
        (lambda data: flipped(data, 0), "broken after record 0 .*check sum of a record's length"),
        (lambda data: data + frame([b"no example"]), "broken after record 31"),
        (lambda data: data + b"\0" * 12, "broken after record 31 .*check sum of a record's length"),
    ],
    ids=["end", "half", "sum", "content", "length", "no-example", "zeros"],
)
def test_a_broken_record_fails_and_its_file_is_named(examples, profile, change, told):
    path = shard(examples)
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))
    with pytest.raises(InputError, match=f"{re.escape(str(path))}: is not a readable .*{told}"):
        profile(examples)
    assert not list(pathlib.Path(examples.uri).parent.rglob("FeatureStats.pb"))


def test_a_gzip_stream_that_ends_early_fails(examples, profile):
    path = shard(examples)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=re.escape(str(path))):
        profile(examples)


def test_a_file_that_is_not_gzip_fails(examples, profile):
    path = shard(examples, "train")
    path.write_bytes(gzip.decompress(path.read_bytes()))
    with pytest.raises(InputError, match=f"{re.escape(str(path))}.*incorrect header check"):
        profile(examples)


def test_a_split_without_files_fails(examples, profile):
    for path in shard(examples).parent.iterdir():
        path.unlink()
    with pytest.raises(InputError, match="Split-eval: has no files"):
        profile(examples)


def test_rows_that_the_ingest_counted_and_nobody_read_fail(examples, profile):
    examples.set_int_custom_property("rows_eval", 62)
    with pytest.raises(InputError, match=r"split eval .* has 62 rows, but 61 were read"):
        profile(examples)
    assert not list(pathlib.Path(examples.uri).parent.rglob("FeatureStats.pb"))


def test_rows_that_were_read_and_not_profiled_fail(examples, profile, monkeypatch):
    whole = in_process.profile.describe
    monkeypatch.setattr(
        in_process.profile, "describe", lambda columns, rows, options: whole(columns, 60, options)
    )
    with pytest.raises(InputError, match=r"split (train|eval).* has 61 rows, but 60 were prof"):
        profile(examples)


def test_records_are_read_over_blocks_and_gzip_members(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord, "_BLOCK", 100)
    records = [bytes([number % 256]) * (number * 37 % 1_000) for number in range(200)]
    content = frame(records)
    path = tmp_path / "data.gz"
    path.write_bytes(gzip.compress(content[:5_000]) + gzip.compress(content[5_000:]))
    assert list(tfrecords.read_records(str(path))) == records


def test_records_before_a_wrong_sum_are_read(tmp_path):
    path = tmp_path / "data.gz"
    path.write_bytes(gzip.compress(flipped(frame([b"one", b"two", b"six"]), -1)))
    records = tfrecords.read_records(str(path))
    assert [next(records), next(records)] == [b"one", b"two"]
    with pytest.raises(OSError, match="the check sum of a record is wrong"):
        next(records)


def test_chunks_end_by_rows_or_bytes_however_blocks_lie(monkeypatch):
    monkeypatch.setattr(in_process, "CHUNK_ROWS", 4)
    monkeypatch.setattr(in_process, "CHUNK_BYTES", 10)
    records = [b"a", b"b", b"c", b"d", b"e", b"sixsixsixsix", b"g", b"12345", b"1234", b"1", b"z"]
    expected = [records[:4], records[4:6], records[6:9], records[9:]]
    for size in (1, 2, 5, len(records)):
        blocks = [records[start : start + size] for start in range(0, len(records), size)]
        assert list(in_process.chunks(blocks)) == expected


def test_feature_lists_among_examples_are_not_passed_over(examples, profile):
    record = encode_sequence(example(3), {"events": [[1], [2]]})
    path = shard(examples)
    path.write_bytes(gzip.compress(frame([example(1), record])))
    with pytest.raises(InputError, match=r"\(they are tf\.SequenceExample, whose feature lists"):
        profile(examples)
    with pytest.raises(
        InputError, match=r"holds tf\.SequenceExample, whose feature lists would be"
    ):
        tfrecords.check_streams(examples, "eval")
    path.write_bytes(gzip.compress(frame([b"\x1a\x01x"])))
    with pytest.raises(InputError, match=r"holds records that are not tf\.Example \(the 1\. of"):
        tfrecords.check_streams(examples, "eval")
