from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from skewgate.data.tf_example import patching
from tests import tf_train


def example(**features):
    message = tf_train.Example()
    for name, values in features.items():
        feature = message.features.feature[name]
        if values is None:
            continue
        if not values:
            feature.float_list.SetInParent()
        elif isinstance(values[0], bytes):
            feature.bytes_list.value.extend(values)
        elif isinstance(values[0], float):
            feature.float_list.value.extend(values)
        else:
            feature.int64_list.value.extend(values)
    return message.SerializeToString()


def parse(record):
    return tf_train.Example.FromString(record)


def test_values_are_encoded_as_they_are():
    texts = pa.array([[b"a", b"\xff"], [b""]], pa.large_list(pa.large_binary()))
    for array, rows in (
        (pa.array([1, -2]), [[1], [-2]]),
        (pa.array([0.1, 2.0], pa.float32()), [[float(np.float32(0.1))], [2.0]]),
        (texts, [[b"a", b"\xff"], [b""]]),
        (pa.array([[3, 4, 5], [6]], pa.large_list(pa.int64())).slice(1), [[6]]),
    ):
        assert patching.encode({"x": array}) == [example(x=values) for values in rows]


def test_several_features_are_encoded_in_their_order():
    both = {"b": pa.array([7, 8]), "a": pa.array([[b"x"], []], pa.large_list(pa.large_binary()))}
    first, second = patching.encode(both)
    assert parse(first) == parse(example(b=[7], a=[b"x"]))
    assert first.index(b"\n\x01b") < first.index(b"\n\x01a")
    assert parse(second).features.feature["a"].WhichOneof("kind") == "bytes_list"
    assert not parse(second).features.feature["a"].bytes_list.value


values = st.one_of(
    st.none(),
    st.just([]),
    st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=3),
)
features = st.dictionaries(st.text(max_size=3), values, max_size=4)


@given(features, features)
def test_adding_features_is_what_merging_messages_is(first, second):
    for name in first:
        second.pop(name, None)
    found = patching.extend(example(**first), example(**second))
    assert parse(found) == parse(example(**first, **second))
    # One message of features, as every writer makes it: not two that a reader has to merge.
    assert len(parse(found).SerializeToString()) == len(found)


def test_a_record_in_pieces_or_with_unknown_fields_keeps_all_of_them():
    pieces = example(a=[1]) + example(b=[2])
    assert parse(patching.extend(pieces, example(c=[3]))) == parse(example(a=[1], b=[2], c=[3]))
    unknown = example(a=[1]) + b"\x12\x01x"
    found = patching.extend(unknown, example(c=[3]))
    assert parse(found).features == parse(example(a=[1], c=[3])).features
    assert b"\x12\x01x" in found


@given(features)
def test_what_is_removed_is_gone_and_the_rest_is_as_it_was(row):
    row = {**row, "tip": row.get("x"), "window": [b"w"]}
    left, valued = patching.without(example(**row), ["tip", "window", "absent"])
    kept = {name: each for name, each in row.items() if name not in ("tip", "window")}
    assert parse(left).features == parse(example(**kept)).features
    assert valued == ({"tip", "window"} if row["tip"] else {"window"})


def test_a_record_without_the_names_stays_the_same_bytes():
    record = example(a=[1]) + b"\x12\x01x"
    assert patching.without(record, ["tip"]) == (record, frozenset())
    assert patching.without(record, ["a"])[0].endswith(b"\x12\x01x")


def test_what_is_no_example_is_an_error():
    with pytest.raises(DecodeError):
        patching.without(b"\xff\xff", ["tip"])
