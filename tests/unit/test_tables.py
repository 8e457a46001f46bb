import pyarrow as pa
import pytest
from tfx_bsl.coders import example_coder

from skewgate import tables
from skewgate.errors import InputError

TRIPS = pa.table({"fare": [4.5, 7.0], "miles": [2, None], "company": ["Blue", "Red"]})


def decoded(records):
    batch = example_coder.ExamplesToRecordBatchDecoder().DecodeBatch(records)
    return {name: batch.column(at).to_pylist() for at, name in enumerate(batch.schema.names)}


def test_rows_are_encoded_as_tf_example():
    assert decoded(tables.encode(TRIPS, "trips")) == {
        "fare": [[4.5], [7.0]],
        "miles": [[2], None],
        "company": [[b"Blue"], [b"Red"]],
    }


def test_a_table_of_several_chunks_is_encoded_in_order():
    table = pa.concat_tables([TRIPS, TRIPS.slice(1)])
    assert decoded(tables.encode(table, "trips"))["fare"] == [[4.5], [7.0], [7.0]]


def test_what_tf_example_cannot_hold_is_refused():
    with pytest.raises(InputError, match="trips: column stop: has the type struct<"):
        tables.encode(pa.table({"stop": [{"x": 1}]}), "trips")
