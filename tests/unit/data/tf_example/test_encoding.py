from __future__ import annotations

import math
import struct

import hypothesis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st
from tensorflow.core.example import example_pb2
from tfx_bsl.coders import example_coder

from skewgate.data.tf_example import encoding

KINDS = {
    "floats": (pa.float32(), st.floats(width=32)),
    "ints": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "texts": (pa.large_binary(), st.binary(max_size=200)),
}


def lists(kind, rows):
    return pa.array(rows, pa.large_list(kind))


def batch(**columns):
    return pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def parsed(records):
    return [example_pb2.Example.FromString(record) for record in records]


def content(example):
    """Returns name to (kind, values) of a tf.Example; NaN as a word, so that it equals itself."""
    found = {}
    for name, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        values = list(getattr(feature, kind).value) if kind else []
        found[name] = (kind, words(values))
    return found


def words(values):
    return ["NaN" if isinstance(v, float) and math.isnan(v) else v for v in values]


@st.composite
def batches(draw):
    rows = draw(st.integers(1, 12))
    columns = {}
    for index in range(draw(st.integers(1, 4))):
        kind, values = KINDS[draw(st.sampled_from(sorted(KINDS)))]
        longest = draw(st.sampled_from([1, 3, 40]))
        row = st.none() | st.lists(values, max_size=longest)
        # The coder of tfx_bsl cuts a name at a NUL.
        name = draw(st.text(st.characters(min_codepoint=1), max_size=3)) + str(index)
        columns[name] = lists(kind, draw(st.lists(row, min_size=rows, max_size=rows)))
    start = draw(st.integers(0, rows - 1))
    return batch(**columns).slice(start)


@hypothesis.given(batches())
@hypothesis.settings(max_examples=150, deadline=None)
def test_records_are_those_of_the_coder_of_tfx_bsl_but_for_the_order_of_features(found):
    ours = parsed(encoding.encode(found))
    theirs = parsed(example_coder.RecordBatchToExamplesEncoder().encode(found))
    assert list(map(content, ours)) == list(map(content, theirs))
    assert list(map(content, ours)) == [
        {field.name: expected(row[field.name], field.type) for field in found.schema}
        for row in found.to_pylist()
    ]


def expected(values, kind):
    if values is None:
        return None, []
    names = {pa.float32(): "float_list", pa.int64(): "int64_list", pa.large_binary(): "bytes_list"}
    return names[kind.value_type], words(values)


def test_features_stand_in_the_order_of_columns_at_every_run():
    found = batch(z=lists(pa.int64(), [[1], None]), a=lists(pa.large_binary(), [[b"x"], [b"yy"]]))
    first, second = encoding.encode(found)
    assert first == bytes.fromhex("0a18 0a0a 0a017a 1205 1a03 0a0101 0a0a 0a0161 1205 0a03 0a0178")
    assert second == bytes.fromhex("0a14 0a05 0a017a 1200 0a0b 0a0161 1206 0a04 0a027979")


def test_numbers_have_as_many_bytes_as_they_need():
    values = [0, 1, 127, 128, 16_383, 16_384, 2**62, 2**63 - 1, -1, -(2**63)]
    (record,) = encoding.encode(batch(x=lists(pa.int64(), [values])))
    (example,) = parsed([record])
    assert list(example.features.feature["x"].int64_list.value) == values
    assert record == example.SerializeToString()


def test_a_row_of_many_bytes_has_lengths_of_several_bytes():
    text = b"t" * 70_000
    columns = batch(x=lists(pa.large_binary(), [[text], [text, text], [b""]]))
    found = [
        list(e.features.feature["x"].bytes_list.value) for e in parsed(encoding.encode(columns))
    ]
    assert found == [[text], [text, text], [b""]]


def test_floats_are_written_as_they_are():
    bits = struct.unpack("<f", struct.pack("<I", 0x7FC12345))[0]  # a NaN with a payload
    values = np.array([1.5, -0.0, np.inf, bits], np.float32)
    column = pa.LargeListArray.from_arrays(pa.array(range(5), pa.int64()), pa.array(values))
    records = encoding.encode(batch(x=column))
    assert b"".join(record[-4:] for record in records) == values.tobytes()


def test_no_rows_are_no_records():
    assert encoding.encode(batch(x=lists(pa.int64(), []))) == []


def test_rows_that_are_all_alike_are_as_many_as_there_are():
    assert (
        encoding.encode(batch(x=lists(pa.int64(), [None, None])))
        == [bytes.fromhex("0a07 0a05 0a0178 1200")] * 2
    )


def test_a_column_of_another_type_is_refused():
    with pytest.raises(ValueError, match=r"tf\.Example has no double"):
        encoding.encode(batch(x=lists(pa.float64(), [[1.0]])))
