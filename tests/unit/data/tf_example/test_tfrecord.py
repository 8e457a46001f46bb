"""TFRecord files: by hand, against TensorFlow both ways, and broken at every byte."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc

import hypothesis
import pytest
from hypothesis import strategies as st

from skewgate.data.tf_example import tfrecord
from skewgate.data.tf_example.inflating import Inflated

RECORDS = st.lists(st.binary(max_size=300), max_size=20)
SMALL = [b"abc", b"", b"defg", b"hi"]


class Trickling(io.BytesIO):
    """A stream that gives fewer bytes than it is asked for, as one over a network may."""

    def read(self, size=-1, /):
        return super().read(min(size, 5))


def read(content):
    """Returns the records of some bytes and the error that ends them, if one does."""
    found = []
    try:
        for record in tfrecord.read_stream(io.BytesIO(content)):
            found.append(record)
    except (EOFError, OSError) as error:
        return found, error
    return found, None


def test_the_check_sum_is_that_of_the_specification():
    # RFC 3720, B.4: the CRC-32C of 32 zeros is 0x8a9136aa; then rotated right by 15 bits, and more.
    assert tfrecord.masked_crc(bytes(32)) == (0x6D551522 + 0xA282EAD8) % 2**32 == 0x0FD7FFFA


def test_a_frame_is_length_check_sum_record_and_check_sum():
    # The CRC-32C of "abc" is 0x364b3fb7: rotated 0x7f6e6c96, masked 0x21f1576e, lowest byte first.
    assert tfrecord.frame([b"abc"]) == bytes.fromhex(
        "03 00 00 00 00 00 00 00  b0 99 49 0e  61 62 63  6e 57 f1 21"
    )


def test_no_records_are_no_bytes():
    assert tfrecord.frame([]) == b""
    assert read(b"") == ([], None)


@hypothesis.given(RECORDS)
def test_many_records_are_framed_as_one_at_a_time(records):
    assert tfrecord.frame(records) == b"".join(tfrecord.frame([record]) for record in records)


@hypothesis.given(RECORDS)
def test_tensorflow_reads_what_is_framed(tmp_path_factory, records):
    import tensorflow as tf

    path = tmp_path_factory.mktemp("framed") / "data"
    path.write_bytes(tfrecord.frame(records))
    assert [record.numpy() for record in tf.data.TFRecordDataset(str(path))] == records


@pytest.mark.parametrize("packing", ["", "GZIP"])
@pytest.mark.parametrize("records", [[], [b""], SMALL, [b"x" * 3_000_000, b"y", b"z" * 20] * 2])
def test_what_tensorflow_writes_is_the_same_bytes_and_is_read(tmp_path, records, packing):
    import tensorflow as tf

    path = tmp_path / "data"
    with tf.io.TFRecordWriter(str(path), packing) as writer:
        for record in records:
            writer.write(record)
    content = path.read_bytes()
    stream = Inflated(io.BytesIO(content)) if packing else io.BytesIO(content)
    assert list(tfrecord.read_stream(stream)) == records
    assert tfrecord.frame(records) == (gzip.decompress(content) if packing else content)


@hypothesis.given(RECORDS, st.integers(1, 700), st.integers(1, 5), st.booleans())
def test_records_do_not_depend_on_how_they_are_read(records, block, lengths, trickling):
    kind = Trickling if trickling else io.BytesIO
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfrecord, "_BLOCK", block)
        patch.setattr(tfrecord, "_LENGTHS", lengths)
        blocks = list(tfrecord.read_blocks(kind(tfrecord.frame(records))))
    assert [record for block in blocks for record in block] == records
    assert all(blocks)


def test_blocks_are_of_about_a_megabyte():
    record = bytes(1_000)
    blocks = list(tfrecord.read_blocks(io.BytesIO(tfrecord.frame([record] * 5_000))))
    assert sum(map(len, blocks)) == 5_000
    assert max(map(len, blocks)) <= (2 << 20) // 1_016


@pytest.mark.parametrize("block", [1, 9, 1 << 20])
def test_a_file_cut_off_at_any_byte_gives_its_whole_records_and_an_error(monkeypatch, block):
    monkeypatch.setattr(tfrecord, "_BLOCK", block)
    content = tfrecord.frame(SMALL)
    ends = [len(tfrecord.frame(SMALL[:n])) for n in range(len(SMALL) + 1)]
    for kept in range(len(content) + 1):
        found, error = read(content[:kept])
        assert found == SMALL[: sum(end <= kept for end in ends) - 1]
        if kept in ends:
            assert error is None
        else:
            assert type(error) is EOFError
            assert str(error) == "the last record is cut off"


@pytest.mark.parametrize("block", [1, 9, 1 << 20])
@pytest.mark.parametrize("bit", [0, 2, 7])
def test_a_flipped_bit_at_any_byte_gives_the_records_before_and_an_error(monkeypatch, block, bit):
    monkeypatch.setattr(tfrecord, "_BLOCK", block)
    content = tfrecord.frame(SMALL)
    at = 0
    for number, record in enumerate(SMALL):
        for place in range(at, at := at + 16 + len(record)):
            broken = bytearray(content)
            broken[place] ^= 1 << bit
            found, error = read(bytes(broken))
            assert found == SMALL[:number]
            assert isinstance(error, tfrecord.CheckSumError)
            of_length = place < at - len(record) - 4
            name = "a record's length" if of_length else "a record"
            assert str(error) == f"the check sum of {name} is wrong"


@pytest.mark.parametrize("length", [tfrecord.LARGEST + 1, 2**31, 2**62, 2**64 - 1])
def test_a_length_that_no_record_has_is_refused_though_its_check_sum_is_right(length):
    head = struct.pack("<Q", length)
    head += struct.pack("<I", tfrecord.masked_crc(head))
    found, error = read(tfrecord.frame([b"abc"]) + head + bytes(100))
    assert found == [b"abc"]
    assert str(error) == "a record is longer than 256 MB"


def test_a_large_length_takes_no_more_memory_than_the_file_has():
    head = struct.pack("<Q", tfrecord.LARGEST)
    content = head + struct.pack("<I", tfrecord.masked_crc(head)) + bytes(1_000)
    tracemalloc.start()
    try:
        found, error = read(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == []
    assert type(error) is EOFError
    assert peak < 16 << 20
