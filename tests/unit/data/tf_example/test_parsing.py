"""What protobuf takes for a tf.Example is read as protobuf reads it, without tfx_bsl."""

from __future__ import annotations

import struct

import pytest

from skewgate.data.tf_example.columns import FLOAT, INT, STRING
from skewgate.data.tf_example.fields import UndecodableError
from skewgate.data.tf_example.parsing import parse
from tests.encoding import encode_example


def field(tag, content):
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def floats(*values):
    return field(0x12, field(0x0A, struct.pack(f"<{len(values)}f", *values)))


def entry(name, feature):
    return field(0x0A, field(0x0A, name) + field(0x12, feature))


def whole(entries):
    return field(0x0A, entries)


A = whole(entry(b"a", floats(1.0)))
ODD = {
    "feature-twice": (whole(entry(b"a", floats(9.0)) + entry(b"a", floats(1.0))), FLOAT, [1.0]),
    "last-without-kind": (whole(entry(b"a", floats(9.0)) + entry(b"a", b"")), None, None),
    "float-not-packed": (
        whole(entry(b"a", field(0x12, b"\x0d" + struct.pack("<f", 1.5)))),
        FLOAT,
        [1.5],
    ),
    "integer-not-packed": (whole(entry(b"a", field(0x1A, b"\x08\x05"))), INT, [5]),
    "in-two-parts": (
        whole(entry(b"a", field(0x12, floats(1.0)[2:] + floats(2.0)[2:]))),
        FLOAT,
        [1.0, 2.0],
    ),
    "list-twice": (whole(entry(b"a", floats(1.0) + floats(2.0))), FLOAT, [1.0, 2.0]),
    "two-kinds-in-a-row": (
        whole(entry(b"a", floats(1.0) + field(0x1A, field(0x0A, b"\x05")))),
        INT,
        [5],
    ),
    "unknown-field": (whole(entry(b"a", floats(1.0)) + b"\x50\x01"), FLOAT, [1.0]),
    "value-before-name": (
        whole(field(0x0A, field(0x12, floats(1.0)) + field(0x0A, b"a"))),
        FLOAT,
        [1.0],
    ),
    "name-without-value": (whole(field(0x0A, field(0x0A, b"a"))), None, None),
    "negative": (encode_example(a=[-1, 2**63 - 1]), INT, [-1, 2**63 - 1]),
    "texts": (encode_example(a=[b"", b"\xff"]), STRING, [b"", b"\xff"]),
    "empty-list": (whole(entry(b"a", field(0x1A, b""))), INT, []),
}


@pytest.mark.parametrize(("record", "kind", "values"), ODD.values(), ids=ODD)
def test_a_record_is_read_however_it_is_written(record, kind, values):
    found = parse([record])["a"]
    assert found.kind == kind
    assert found.lengths.tolist() == [-1 if values is None else len(values)]
    assert values is None or found.values.tolist() == values


def test_rows_add_up_and_names_are_in_order():
    found = parse([whole(entry(b"b", floats(1.0))), b"", A + whole(entry(b"b", floats(2.0, 3.0)))])
    assert list(found) == ["a", "b"]
    assert found["b"].lengths.tolist() == [1, -1, 2]
    assert found["b"].values.tolist() == [1.0, 2.0, 3.0]
    assert found["a"].lengths.tolist() == [-1, -1, 1]


def test_a_name_may_be_long_empty_and_have_a_zero_byte():
    names = ["", "a\0b", "x" * 100]
    assert list(parse([encode_example(**{name: [1] for name in names})])) == names


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (b"no example", "the 2. of them is not a tf.Example"),
        (A[:-1], "the 2. of them is not a tf.Example"),
        (whole(entry(b"a", field(0x12, field(0x0A, b"abc")))), "is not a tf.Example"),
        (whole(entry(b"a", field(0x1A, field(0x0A, b"\x80")))), "is not a tf.Example"),
        (whole(entry(b"\xff", floats(1.0))), "the name of a feature is not UTF-8"),
        (encode_example(a=[1]), "the feature a has values of two types"),
    ],
)
def test_what_is_no_example_is_said(record, said):
    with pytest.raises(UndecodableError, match=said):
        parse([A, record])
