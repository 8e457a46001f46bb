"""Records are decoded as tfx_bsl decodes them: in step, or by protobuf's parser."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tfx_bsl.coders import example_coder

from skewgate.data.tf_example.columns import FLOAT, INT, STRING
from skewgate.data.tf_example.decoding import decode
from skewgate.data.tf_example.fields import UndecodableError, has_feature_lists
from skewgate.data.tf_example.parsing import parse
from skewgate.statistics.generating.columns import columns_of, values_of
from tests import tf_train
from tests.encoding import encode_sequence

NAMES = st.sampled_from(
    ["a", "fare", "eight888", "nine99999", "Größe", "x" * 17, "x" * 24, f"{'x' * 23}y", "z" * 127]
)
FLOATS = st.lists(st.floats(width=32), max_size=3)
INTS = st.lists(
    st.integers(-(2**63), 2**63 - 1) | st.integers(-1, 1) | st.integers(0, 2**21), max_size=4
)
TEXTS = st.lists(st.binary(max_size=3) | st.binary(min_size=120, max_size=300), max_size=3)
KINDS = {"float_list": FLOATS, "int64_list": INTS, "bytes_list": TEXTS}


def example(row):
    message = tf.train.Example()
    for name, (kind, values) in row.items():
        feature = message.features.feature[name]
        if kind:
            getattr(feature, kind).SetInParent()
            getattr(feature, kind).value.extend(values)
    return message.SerializeToString()


MIXED = {"a": ("int64_list", [-1, 7]), "b": ("float_list", [0.5]), "c": ("bytes_list", [b"x"])}
SEQUENCE = encode_sequence(example({"a": ("int64_list", [1])}), {"b": [[1, 2], [3]], "c": [[0.5]]})


@st.composite
def tables(draw):
    """Draws rows whose features have one type each; some have none, or no values, in a row."""
    kinds = draw(st.dictionaries(NAMES, st.sampled_from(sorted(KINDS)), max_size=5))
    row = st.fixed_dictionaries(
        {},
        optional={
            name: st.tuples(st.just(kind), KINDS[kind]) | st.just((None, ()))
            for name, kind in kinds.items()
        },
    )
    return draw(st.lists(row, min_size=1, max_size=30))


def by_tfx_bsl(records):
    batch = example_coder.ExamplesToRecordBatchDecoder().DecodeBatch(records)
    return columns_of([values_of(batch)], [batch.num_rows])


def assert_equal(ours, theirs):
    assert list(ours) == list(theirs)
    for name, column in ours.items():
        other = theirs[name]
        assert column.kind == other.kind
        np.testing.assert_array_equal(column.lengths, other.lengths)
        assert column.values.dtype == other.values.dtype
        assert column.values.tobytes() == other.values.tobytes()
        if column.texts is not None:
            assert column.texts.values.equals(other.texts.values)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables())
def test_any_table_is_decoded_as_by_tfx_bsl(table):
    records = [example(row) for row in table]
    values = decode(records)
    assert values is not None
    assert_equal(columns_of([values], [len(records)]), by_tfx_bsl(records))
    assert_equal(columns_of([parse(records)], [len(records)]), by_tfx_bsl(records))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables(), st.data())
def test_damaged_records_are_decoded_as_by_tfx_bsl_or_refused(table, data):
    records = [example(row) for row in table]
    place = data.draw(st.integers(0, len(records) - 1))
    damaged = bytearray(records[place])
    for _ in range(data.draw(st.integers(1, 3))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    records[place] = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    values = decode(records)
    if values is not None:
        assert_equal(columns_of([values], [len(records)]), by_tfx_bsl(records))
    try:
        has_feature_lists(records)
    except UndecodableError:
        return  # nobody decodes them
    try:
        parsed = parse(records)
    except UndecodableError:
        with pytest.raises(RuntimeError):
            by_tfx_bsl(records)
    else:
        if not any("\0" in name for name in parsed):  # where tfx_bsl ends it
            assert_equal(columns_of([parsed], [len(records)]), by_tfx_bsl(records))


def test_the_messages_that_tests_declare_are_those_of_tensorflow():
    for name in ("Example", "SequenceExample"):
        ours, theirs = getattr(tf_train, name)(), getattr(tf.train, name)()
        theirs.ParseFromString(SEQUENCE if name == "SequenceExample" else example(MIXED))
        ours.ParseFromString(theirs.SerializeToString())
        assert str(ours) == str(theirs)
        assert ours.SerializeToString(deterministic=True) == theirs.SerializeToString(
            deterministic=True
        )


def test_features_may_stand_in_any_order():
    records = [
        example({"a": ("int64_list", [n]), "b": ("bytes_list", [b"b"])})
        if n % 3
        else example({"b": ("bytes_list", [b"b"])}) + b""
        for n in range(50)
    ]
    swapped = [entry(b"b", floats(1.0)) + entry(b"a", floats(2.0)), entry(b"a", floats(3.0))]
    ordered = [entry(b"a", floats(2.0)) + entry(b"b", floats(1.0)), entry(b"a", floats(3.0))]
    values = decode(records)
    assert_equal(columns_of([values], [50]), by_tfx_bsl(records))
    sides = [columns_of([decode([whole(e) for e in side])], [2]) for side in (swapped, ordered)]
    assert_equal(*sides)


def test_only_the_features_asked_for_are_decoded():
    records = [example({"a": ("int64_list", [1]), "b": ("bytes_list", [b"b"])})]
    assert set(decode(records, {"b", "c"})) == {"b"}


def test_records_without_features_have_rows():
    assert decode([b"", whole(b""), b""]) == {}
    values = decode([b"", whole(entry(b"a", floats(2.0)))])
    assert values["a"].lengths.tolist() == [-1, 1]


@pytest.mark.parametrize(
    ("kind", "dtype"), [("float_list", np.float32), ("int64_list", np.int64), ("bytes_list", None)]
)
def test_types_are_told_apart(kind, dtype):
    values = decode([example({"a": (kind, [])}), example({})])["a"]
    assert values.kind == {"float_list": FLOAT, "int64_list": INT, "bytes_list": STRING}[kind]
    assert values.lengths.tolist() == [0, -1]
    assert len(values.values) == 0
    assert dtype is None or values.values.dtype == dtype


def field(tag, content):
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def floats(*values):
    return field(0x12, field(0x0A, b"".join(struct.pack("<f", value) for value in values)))


def entry(name, feature):
    return field(0x0A, field(0x0A, name) + field(0x12, feature))


def whole(entries):
    return field(0x0A, entries)


@pytest.mark.parametrize(
    "record",
    [
        whole(entry(b"a", floats(1.0)) + entry(b"a", floats(2.0))),
        whole(entry(b"a", field(0x12, b"\x0d" + struct.pack("<f", 1.5)))),
        whole(entry(b"a", field(0x1A, b"\x08\x05"))),
        whole(entry(b"a", field(0x12, field(0x0A, bytes(4)) + field(0x0A, bytes(4))))),
        whole(entry(b"a", floats(1.0) + floats(2.0))),
        whole(entry(b"a", floats(1.0)) + b"\x50\x01"),
        whole(entry(b"a", floats(1.0))) + whole(entry(b"b", floats(1.0))),
        whole(field(0x0A, field(0x12, floats(1.0)) + field(0x0A, b"a"))),
        whole(field(0x0A, field(0x0A, b"a"))),
        whole(entry(b"a\0b", floats(1.0))),
    ],
    ids=[
        "feature-twice",
        "float-not-packed",
        "integer-not-packed",
        "floats-in-two-parts",
        "list-twice",
        "unknown-field",
        "features-twice",
        "value-before-name",
        "name-without-value",
        "zero-byte-in-name",
    ],
)
def test_what_other_encoders_may_write_is_left_to_the_parser(record):
    tf.train.Example.FromString(record)  # it is a tf.Example
    records = [whole(entry(b"a", floats(3.0))), record]
    if b"\x1a\x02\x08" in record:  # integers, which need others beside them
        records[0] = record
    assert decode(records) is None
    if b"\0b" not in record:  # a name that tfx_bsl ends at its zero byte
        assert_equal(columns_of([parse(records)], [len(records)]), by_tfx_bsl(records))


@pytest.mark.parametrize(
    "record",
    [
        b"no example",
        whole(entry(b"a", floats(1.0)))[:-1],
        whole(entry(b"a", field(0x12, field(0x0A, b"abc")))),
        whole(entry(b"a", field(0x1A, field(0x0A, b"\x80")))),
        whole(entry(b"a", field(0x1A, field(0x0A, b"\xff" * 11 + b"\x01")))),
        whole(entry(b"\xff", floats(1.0))),
        b"\x0a\xff\xff\xff\xff\xff\xff\x01",
    ],
    ids=["text", "cut-off", "part-float", "part-integer", "long-integer", "name", "length"],
)
def test_what_is_no_example_is_refused(record):
    assert decode([whole(entry(b"a", floats(3.0))), record]) is None


def test_a_feature_of_two_types_is_refused():
    assert decode([whole(entry(b"a", floats(3.0))), example({"a": ("int64_list", [1])})]) is None


@pytest.mark.parametrize("features", [40, 1_500])
def test_many_features_are_told_apart(features):
    generator = np.random.default_rng(features)
    rare = {"int64_list": [7], "float_list": [0.5], "bytes_list": [b"rare"]}
    records = []
    for row in range(30):
        names = generator.permutation(features)[: features - row].tolist()
        table = {f"feature {name}": ("int64_list", [name * row]) for name in names}
        if row == 17:
            table |= {f"rare {kind}": (kind, values) for kind, values in rare.items()}
        records.append(example(table))
    values = decode(records)
    assert values is not None
    assert_equal(columns_of([values], [len(records)]), by_tfx_bsl(records))
