"""Serialized tf.Example become columns of values, or of lists where a row has more than one."""

from __future__ import annotations

import pyarrow as pa
import pytest

from skewgate.data.tf_example import decoding
from skewgate.serving.capture import tf_examples
from skewgate.serving.capture.log.events import LostError
from tests.encoding import encode

TABLE = pa.table(
    {
        "fare": pa.array([1.5, None, 2.5], pa.float32()),
        "miles": [1, 2, 3],
        "company": ["Été", "", None],
        "codes": [[1, 2], [], None],
        "words": [["a"], ["b", "c"], None],
    }
)


def test_rows_are_what_was_encoded():
    found = tf_examples.columns(encode(TABLE, "rows"))
    assert pa.table(found).select(["fare", "miles", "company"]).to_pylist() == [
        {name: row[name] for name in ("fare", "miles", "company")} for row in TABLE.to_pylist()
    ]
    assert found["codes"].to_pylist()[0] == [1, 2]
    assert found["words"].to_pylist()[:2] == [["a"], ["b", "c"]]


def test_records_that_are_written_in_another_way_hold_the_same():
    records = encode(TABLE, "rows")
    unusual = [record + b"\x0a\x00" for record in records]  # its features in two parts
    assert decoding.decode(unusual) is None
    one, other = tf_examples.columns(records), tf_examples.columns(unusual)
    assert {name: array.to_pylist() for name, array in one.items()} == {
        name: array.to_pylist() for name, array in other.items()
    }


def test_features_are_chosen_and_cast():
    found = tf_examples.columns(encode(TABLE, "rows"))
    kept = tf_examples.chosen(found, {"miles": "float", "codes": "float", "other": "text"})
    assert kept["miles"].to_pylist() == [1.0, 2.0, 3.0]
    assert kept["codes"].to_pylist()[0] == [1.0, 2.0]
    assert kept["other"].null_count == 3
    with pytest.raises(LostError, match="company holds a value that is not int"):
        tf_examples.chosen(found, {"miles": "int", "company": "int"})
    with pytest.raises(LostError, match="none of the features, such as other"):
        tf_examples.chosen(found, {"other": "any"})


@pytest.mark.parametrize("record", [b"no example", b"\x0a\xff"])
def test_what_is_no_example_is_refused(record):
    with pytest.raises(LostError, match=r"not a tf\.Example of text"):
        tf_examples.columns([record])


def test_bytes_that_are_no_text_are_refused():
    table = pa.table({"image": pa.array([b"\xff\xd8"], pa.binary())})
    with pytest.raises(LostError, match=r"not a tf\.Example of text"):
        tf_examples.columns(encode(table, "rows"))
