import gzip
import io
import struct

import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data.sources import base, records
from skewgate.data.sources.records import read_file
from skewgate.data.tf_example.tfrecord import frame, masked_crc
from tests.encoding import encode


@pytest.fixture
def write(tmp_path):
    def write(data, name="trips.tfrecord"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


TRIPS = pa.table({"fare": [4.5, None, 7.0], "company": ["Blue", "Red", None], "n": [1, 2, 3]})
EXAMPLES = encode(TRIPS, "trips") if records else []


@pytest.mark.parametrize(
    "name", ["a.tfrecord", "b.tfrecords", "data_tfrecord-00000-of-00001", "data_tfrecord-0.gz"]
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_examples_are_read_packed_or_not(reader, write, name, pack):
    found = reader.read(write(pack(frame(EXAMPLES)), name))
    assert found.rows == [
        {"fare": [4.5], "company": [b"Blue"], "n": [1]},
        {"fare": None, "company": [b"Red"], "n": [2]},
        {"fare": [7.0], "company": None, "n": [3]},
    ]


def test_examples_come_in_batches(reader, write, monkeypatch):
    monkeypatch.setattr(records, "_BATCH_RECORDS", 2)
    found = reader.read(write(frame([*EXAMPLES * 2, EXAMPLES[0]])))
    assert [batch.num_rows for batch in found.batches] == [2, 2, 2, 1]


def test_only_the_columns_that_are_asked_for_are_read(reader, write):
    path = write(frame(EXAMPLES))
    assert reader.read(path, ["n", "z"]).rows == [{"n": [1]}, {"n": [2]}, {"n": [3]}]
    assert sum(batch.num_rows for batch in reader.read(path, ["z"]).batches) == 3


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_other_file_systems_are_read_by_an_opener(reader, pack):
    stored = {"far://a.tfrecord": pack(frame(EXAMPLES))}
    found = reader.read("far://a.tfrecord", ["n"], opener=lambda path: io.BytesIO(stored[path]))
    assert found.rows == [{"n": [1]}, {"n": [2]}, {"n": [3]}]


def test_an_empty_file_has_no_rows(reader, write):
    assert reader.read(write(b"")).rows == []
    assert reader.read(write(gzip.compress(b""))).rows == []


@pytest.mark.parametrize("kept", [-1, -5, 5, 12, 20])
def test_a_record_that_is_cut_off_is_refused(reader, write, kept):
    path = write(frame(EXAMPLES[:2])[:kept])
    done = 1 if kept < 0 else 0
    assert reader.message(path) == (
        f"{path}: is not a whole TFRecord file: broken after record {done} "
        "(the last record is cut off). Fix: write it again."
    )


@pytest.mark.parametrize("kept", [-1, -9, 30, 3])
def test_a_truncated_gzip_file_is_refused(reader, write, kept):
    path = write(gzip.compress(frame(EXAMPLES))[:kept], "a.tfrecord.gz")
    assert reader.message(path).startswith(f"{path}: is not a whole TFRecord file: broken after")


def test_a_flipped_bit_is_found_wherever_it_is(tmp_path):
    data = frame([b"abc", b"defg"])
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 4
        path = tmp_path / "a.tfrecord"
        path.write_bytes(bytes(broken))
        first = at < len(frame([b"abc"]))
        read = []
        with pytest.raises(InputError, match="is wrong" if at not in range(8) else "record 0"):
            read.extend(read_file(str(path)))
        with pytest.raises(InputError, match=f"broken after record {0 if first else 1} "):
            list(read_file(str(path)))


def test_what_is_no_example_is_refused_with_its_place(reader, write, monkeypatch):
    monkeypatch.setattr(records, "_BATCH_RECORDS", 2)
    path = write(frame([*EXAMPLES[:2], b"\xff\xff not an example"]))
    message = reader.message(path)
    assert message.startswith(
        f"{path}: records 3 to 3: are neither tf.Example nor tf.SequenceExample ("
    )
    assert message.endswith("Fix: write it again as TFRecord of one of these.")


def test_a_batch_of_long_records_has_fewer_of_them(reader, write, monkeypatch):
    monkeypatch.setattr(base, "LONGEST_ROW", 2 * len(EXAMPLES[0]))
    found = reader.read(write(frame([EXAMPLES[0]] * 7)))
    assert [batch.num_rows for batch in found.batches] == [3, 3, 1]


def test_records_with_features_of_their_own_are_refused_before_they_are_decoded(reader, write):
    own = [encode(pa.table({f"k{at % 10_000}": [at]}), "own")[0] for at in range(9_000)]
    path = write(frame(own))
    assert reader.message(path).startswith(f"{path}: records 1 to 9000: hold 9,000 different keys")


def test_a_record_that_says_it_is_longer_than_any_row_is_refused(reader, write):
    head = struct.pack("<Q", 1 << 30)
    path = write(gzip.compress(head + struct.pack("<I", masked_crc(head)) + bytes(100)))
    assert "broken after record 0 (a record is longer than 256 MB)" in reader.message(path)
