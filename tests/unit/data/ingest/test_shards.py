from __future__ import annotations

import gzip
import io
import zlib

import hypothesis
import pytest
from hypothesis import strategies as st

from skewgate.data.ingest import shards
from skewgate.data.tf_example import tfrecord


class Kept(io.BytesIO):
    """A file whose content stays after it is closed."""

    def close(self):
        self.content = self.getvalue()
        super().close()


@pytest.fixture
def made():
    """Returns the files that were opened by path."""
    return {}


@pytest.fixture
def writer(made):
    def make(number=None, split="train"):
        def create(path):
            made[path] = Kept()
            return made[path]

        return shards.SplitShards(split, "tmp/0", number, create)

    return make


def piece(*records):
    return shards.Piece.of(list(records))


def read(content):
    return list(tfrecord.read_stream(gzip.GzipFile(fileobj=io.BytesIO(content))))


RECORDS = st.lists(st.binary(max_size=300), max_size=20)


@hypothesis.given(st.lists(RECORDS, max_size=6))
def test_pieces_become_one_member_of_gzip(pieces):
    made = {}

    def create(path):
        made[path] = Kept()
        return made[path]

    files = shards.SplitShards("train", "0", 1, create)
    for place, records in enumerate(pieces):
        files.append(piece(*records), place)
    files.finish()
    expected = [record for records in pieces for record in records]
    if not expected:
        assert made == {}
        return
    content = made["0-00000"].content
    assert read(content) == expected
    member = zlib.decompressobj(16 + zlib.MAX_WBITS)  # which stops at the end of the first member
    assert member.decompress(content) == tfrecord.frame(expected)
    assert (member.eof, member.unused_data) == (True, b"")


def test_pieces_go_to_a_fixed_number_of_files_in_turn(writer, made):
    files = writer(number=3)
    for place in range(8):
        files.append(piece(b"record %d" % place, b"more"), place)
    assert [(s.split, s.path, s.rows) for s in files.finish()] == [
        ("train", "tmp/0-00000", 6),
        ("train", "tmp/0-00001", 6),
        ("train", "tmp/0-00002", 4),
    ]
    assert read(made["tmp/0-00001"].content)[::2] == [b"record 1", b"record 4", b"record 7"]


def test_a_file_that_would_be_empty_is_not_there(writer, made):
    files = writer(number=4)
    files.append(piece(b"a"), 2)
    files.append(piece(), 3)
    assert [shard.path for shard in files.finish()] == ["tmp/0-00002"]
    assert list(made) == ["tmp/0-00002"]


def test_a_new_file_begins_after_a_number_of_rows(writer, made, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_ROWS", 5)
    files = writer()
    for place, rows in enumerate([3, 2, 4, 1, 1]):
        files.append(piece(*[b"%d" % place] * rows), place)
    assert [shard.rows for shard in files.finish()] == [5, 5, 1]
    assert read(made["tmp/0-00001"].content) == [b"2"] * 4 + [b"3"]


def test_no_file_is_begun_without_rows_for_it(writer, made, monkeypatch):
    monkeypatch.setattr(shards, "SHARD_ROWS", 2)
    files = writer()
    files.append(piece(b"a", b"b"), 0)
    assert [shard.rows for shard in files.finish()] == [2]
    assert len(made) == 1


def test_files_that_are_given_up_are_closed_and_cut_off(writer, made):
    files = writer()
    files.append(piece(b"a" * 100), 0)
    files.close()
    assert made["tmp/0-00000"].closed
    with pytest.raises(EOFError):
        read(made["tmp/0-00000"].content)
    assert files.finish() == []


def test_a_file_says_nothing_of_when_and_where_it_was_written(writer, made):
    files = writer()
    files.append(piece(b"a"), 0)
    files.finish()
    assert made["tmp/0-00000"].content[:10] == b"\x1f\x8b\x08\0\0\0\0\0\x04\xff"
