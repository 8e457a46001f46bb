"""Gzip is inflated whole and within a bound, or not at all."""

from __future__ import annotations

import gzip

import pytest

from skewgate.serving.gzip_bodies import TooLargeError, inflated

ONE = gzip.compress(b"[1]", mtime=0)


def test_one_whole_stream_is_inflated():
    assert inflated(ONE, 3) == b"[1]"
    assert inflated(gzip.compress(b""), 0) == b""


@pytest.mark.parametrize("body", [b"", b"[1]", ONE[:-1], ONE + ONE, ONE + b"\0"])
def test_anything_else_is_a_value_error(body):
    with pytest.raises(ValueError, match="is not"):
        inflated(body, 1_000)


def test_what_holds_more_is_told_apart():
    with pytest.raises(TooLargeError):
        inflated(gzip.compress(bytes(100 << 20)), 1_000)
