from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.data.arrow.decimals import to_doubles

KINDS = [pa.decimal128(30, 6), pa.decimal128(38, 20), pa.decimal256(60, 6), pa.decimal128(10, -3)]


@pytest.mark.parametrize("kind", KINDS[:3], ids=str)
def test_decimals_are_the_nearest_floats(kind):
    texts = ["0.10", "0.20", "-0.30", "123456789.123457", "0", "99999999999999.999999"]
    array = pa.array([*map(Decimal, texts), None], kind)
    assert to_doubles(array).to_pylist() == [*map(float, texts), None]


def test_a_negative_scale_is_a_power_of_ten():
    array = pa.array([1_000, -7_000, None], pa.decimal128(10, 0)).cast(pa.decimal128(10, -3))
    assert to_doubles(array).to_pylist() == [1000.0, -7000.0, None]


def test_slices_and_nothing():
    array = pa.array([Decimal("0.1"), None, Decimal("0.7")], pa.decimal256(50, 3))
    assert to_doubles(array.slice(1)).to_pylist() == [None, 0.7]
    assert to_doubles(array.slice(0, 0)).to_pylist() == []
    assert to_doubles(pa.nulls(2, pa.decimal128(5, 2))).to_pylist() == [None, None]


@given(
    st.lists(st.none() | st.integers(-(10**37), 10**37), max_size=20),
    st.integers(0, 37),
    st.sampled_from([pa.decimal128, pa.decimal256]),
)
@settings(max_examples=60, deadline=None)
def test_any_decimal_is_what_python_reads(unscaled, scale, kind):
    values = [None if number is None else Decimal(number).scaleb(-scale) for number in unscaled]
    found = to_doubles(pa.array(values, kind(38, scale)))
    assert found.to_pylist() == [None if value is None else float(value) for value in values]
