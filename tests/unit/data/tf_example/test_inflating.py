"""Gzip streams are read as Python's own GzipFile reads them, in larger pieces."""

from __future__ import annotations

import gzip
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.data.tf_example import inflating
from skewgate.data.tf_example.inflating import Inflated


def read(packed, size=1 << 20):
    stream, parts = Inflated(io.BytesIO(packed)), []
    while part := stream.read(size):
        assert len(part) <= size
        parts.append(part)
    assert stream.read(size) == b""
    return b"".join(parts)


@given(
    members=st.lists(st.binary(max_size=300) | st.just(bytes(70_000)), max_size=4),
    padding=st.integers(0, 600),
    size=st.integers(1, 5000),
    block=st.integers(1, 700),
)
def test_any_members_are_read_as_gzip_file_reads_them(members, padding, size, block):
    packed = b"".join(gzip.compress(member) for member in members) + bytes(padding)
    if not members:
        packed = b""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inflating, "_PACKED", block)
        assert read(packed, size) == gzip.decompress(packed) == b"".join(members)


@given(cut=st.integers(1, 60))
def test_a_stream_that_ends_early_is_an_error(cut):
    packed = gzip.compress(b"a row, and another row, and one more row")
    with pytest.raises(EOFError, match="ends before"):
        read(packed[: len(packed) - min(cut, len(packed) - 1)])


def test_a_wrong_check_sum_is_an_error():
    packed = bytearray(gzip.compress(b"rows" * 1000))
    packed[-6] ^= 1
    with pytest.raises(zlib.error, match="incorrect data check"):
        read(bytes(packed))


@pytest.mark.parametrize(
    "packed", [b"rows", gzip.compress(b"rows") + b"more"], ids=["text", "tail"]
)
def test_what_is_not_gzip_is_an_error(packed):
    with pytest.raises(zlib.error, match="incorrect header check"):
        read(packed)
