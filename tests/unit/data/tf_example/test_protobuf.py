"""Numbers of variable length, against protobuf's own writer."""

from __future__ import annotations

import pytest
from google.protobuf import wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from skewgate.data.tf_example.protobuf import read_varint, write_varint


@given(st.integers(1, 2**64 - 1) | st.sampled_from([127, 128, 2**14 - 1, 2**14, 2**63]))
def test_numbers_are_written_as_protobuf_does(number):
    message = wrappers_pb2.UInt64Value(value=number)
    assert message.SerializeToString() == b"\x08" + write_varint(number)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=3), st.binary(max_size=3))
def test_numbers_are_read_wherever_they_stand(number, before, after):
    data = before + write_varint(number)
    for kind in (bytes, memoryview):
        assert read_varint(kind(data + after), len(before)) == (number, len(data))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xac\x82"])
def test_a_number_that_is_cut_off_is_an_error(data):
    with pytest.raises(IndexError):
        read_varint(data, 0)
