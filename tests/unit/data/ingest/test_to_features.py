import datetime
import decimal
import math

import numpy as np
import pyarrow as pa
import pytest

from skewgate.core.errors import InputError
from skewgate.data.arrow.kinds import feature_type
from skewgate.data.ingest.to_features import to_features
from skewgate.data.sources.base import with_lines
from skewgate.data.sources.rejected import Rejections

DAY = datetime.date(1969, 12, 31)
MOMENT = datetime.datetime(1969, 12, 31, 23, 59, 59, 250_000)


def feature(column):
    batch = to_features(pa.RecordBatch.from_arrays([column], ["x"]), "trips.csv")
    batch.validate(full=True)
    assert batch.schema.field("x").type == pa.large_list(feature_type(column.type))
    return batch.column(0)


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, None, -128], pa.int8(), [[1], None, [-128]]),
        ([2**40, None], pa.int64(), [[2**40], None]),
        ([2**63 - 1, 0], pa.uint64(), [[2**63 - 1], [0]]),
        ([True, False, None], pa.bool_(), [[1], [0], None]),
        ([DAY, None], pa.date32(), [[-86_400], None]),
        ([DAY], pa.date64(), [[-86_400]]),
        ([MOMENT, None], pa.timestamp("ms"), [[-1], None]),
        ([datetime.datetime(2500, 1, 1)], pa.timestamp("s"), [[16_725_225_600]]),
        ([0], pa.timestamp("ns", "Asia/Tokyo"), [[0]]),
        ([datetime.time(1, 0, 7), None], pa.time32("s"), [[3_607], None]),
        ([datetime.time(0, 0, 7, 900_000)], pa.time32("ms"), [[7]]),
        ([datetime.time(0, 0, 7, 900_000)], pa.time64("us"), [[7]]),
    ],
    ids=str,
)
def test_whole_numbers_bits_and_times_become_int64(values, kind, expected):
    lists = feature(pa.array(values, kind))
    assert lists.type.value_type == pa.int64()
    assert lists.to_pylist() == expected


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1.5, None, math.inf], pa.float64(), [[1.5], None, [math.inf]]),
        ([0.1], pa.float64(), [[float(np.float32(0.1))]]),
        ([-1.5, None], pa.float32(), [[-1.5], None]),
        ([np.float16(1.5), None], pa.float16(), [[1.5], None]),
        ([decimal.Decimal("2.50"), None], pa.decimal128(5, 2), [[2.5], None]),
        ([decimal.Decimal("2.50")], pa.decimal256(50, 2), [[2.5]]),
        ([decimal.Decimal("0.7")], pa.decimal128(30, 6), [[float(np.float32(0.7))]]),
        ([datetime.timedelta(milliseconds=1_500), None], pa.duration("ms"), [[1.5], None]),
    ],
    ids=str,
)
def test_real_numbers_and_durations_become_float32(values, kind, expected):
    lists = feature(pa.array(values, kind))
    assert lists.type.value_type == pa.float32()
    assert lists.to_pylist() == expected


def test_nan_is_a_value():
    [[value], missing] = feature(pa.array([math.nan, None])).to_pylist()
    assert math.isnan(value)
    assert missing is None


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["größer", None, ""], pa.string(), [["größer".encode()], None, [b""]]),
        (["a"], pa.large_string(), [[b"a"]]),
        ([b"\xff", None], pa.binary(), [[b"\xff"], None]),
        ([b"ab", None], pa.binary(2), [[b"ab"], None]),
        (["a", None, "a"], pa.dictionary(pa.int8(), pa.string()), [[b"a"], None, [b"a"]]),
        ([None, None], pa.null(), [None, None]),
    ],
    ids=str,
)
def test_text_becomes_bytes(values, kind, expected):
    lists = feature(pa.array(values, kind))
    assert lists.type.value_type == pa.large_binary()
    assert lists.to_pylist() == expected


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([[1, 2], None, [], [3]], pa.list_(pa.int8()), [[1, 2], None, [], [3]]),
        ([["a"], None, []], pa.large_list(pa.string()), [[b"a"], None, []]),
        ([[1.5, 2], None], pa.list_(pa.float64(), 2), [[1.5, 2.0], None]),
        ([[], None], pa.list_(pa.null()), [[], None]),
        ([[DAY, DAY]], pa.list_(pa.date32()), [[-86_400, -86_400]]),
    ],
    ids=str,
)
def test_a_list_is_a_feature_of_several_values(values, kind, expected):
    assert feature(pa.array(values, kind)).to_pylist() == expected


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, None, 3, 4]),
        pa.array([[1], None, [], [4, 5]]),
        pa.array([[1, 1], None, [3, 3], [4, 5]], pa.list_(pa.int64(), 2)),
        pa.array([True, None, False, True]),
        pa.array(["a", None, "c", "d"]).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_a_slice_is_what_it_shows(column):
    assert feature(column.slice(1, 2)).to_pylist() == feature(column).to_pylist()[1:3]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([{"x": 1}]),
        pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array([[[1]]]),
        pa.array([[{"x": 1}]]),
    ],
    ids=lambda column: str(column.type),
)
def test_nested_types_are_refused(column):
    with pytest.raises(InputError) as caught:
        feature(column)
    assert str(caught.value) == (
        f"trips.csv: column x: has the type {column.type}, which tf.Example cannot hold. "
        "Fix: convert it to numbers, text, booleans or lists of these, or drop it."
    )


BAD = {
    "beyond float": (pa.array([1.5, None, 1e300, 2.5]), "a 32-bit float", "1e+300"),
    "beyond int": (pa.array([1, None, 2**64 - 1, 2], pa.uint64()), "a 64-bit integer", 2**64 - 1),
    "null": (pa.array([[1], None, [2, None], [3]]), "values", "a null in a list"),
    "in a list": (pa.array([[1.5], None, [2.5, -1e39], []]), "a 32-bit float", "-1e+39"),
}


@pytest.mark.parametrize(("column", "expected", "found"), BAD.values(), ids=list(BAD))
def test_a_value_that_would_be_lost_is_refused(column, expected, found):
    with pytest.raises(InputError) as caught:
        feature(column)
    assert str(caught.value) == (
        f"trips.csv: line 3, column x: expected {expected}, found {found}. "
        "Fix: correct the value, or the type in the schema."
    )


@pytest.mark.parametrize(("column", "expected", "found"), BAD.values(), ids=list(BAD))
def test_only_its_row_is_rejected(column, expected, found):
    rejections = Rejections(1)
    whole = with_lines(pa.RecordBatch.from_arrays([column, pa.array([7, 8, 9, 10])], "xn"), 40)
    batch = to_features(whole.slice(1), "trips.csv", rejections, first_row=1)
    assert batch.column(1).to_pylist() == [[8], [10]]
    assert batch.column(0).null_count == 1
    [row] = rejections.samples
    assert (row.line, row.column, row.expected, row.found) == (42, "x", expected, str(found))


def test_a_row_that_is_bad_twice_is_rejected_once():
    rejections = Rejections(9)
    columns = [pa.array([1e300, 1.0, 1.0]), pa.array([1e300, 1e300, 2.0])]
    batch = to_features(pa.RecordBatch.from_arrays(columns, "ab"), "f.csv", rejections)
    assert (batch.num_rows, rejections.count) == (1, 2)
    assert [(row.line, row.column) for row in rejections.samples] == [(1, "a"), (2, "b")]


def test_a_dictionary_may_hold_what_no_row_has():
    column = pa.DictionaryArray.from_arrays(pa.array([0, 2, 0]), pa.array([1.5, 1e300, None]))
    assert feature(column).to_pylist() == [[1.5], None, [1.5]]


def test_rows_without_columns_are_refused():
    batch = pa.RecordBatch.from_struct_array(pa.array([{}, {}], pa.struct([])))
    with pytest.raises(InputError, match=r"f.jsonl: has rows without any column"):
        to_features(batch, "f.jsonl")
