"""What differs differs in print."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.core.wording import (
    between,
    in_full,
    interval,
    number,
    percent,
    rounded,
    rounded_percent,
)

FLOATS = st.floats(allow_nan=False)
NEARBY = st.one_of(
    st.tuples(FLOATS, FLOATS),
    FLOATS.map(lambda value: (value, float(np.nextafter(value, math.inf)))),
    FLOATS.map(lambda value: (value, value * (1 + 1e-7))),
    st.floats(width=32, allow_nan=False).map(lambda value: (value, float(f"{value:.6g}"))),
)


@pytest.mark.parametrize(
    ("limit", "found", "texts"),
    [
        (2.0**53, 2.0**53 + 2, ("9,007,199,254,740,992", "9,007,199,254,740,994")),
        (2**53, 2**53 + 1, ("9,007,199,254,740,992", "9,007,199,254,740,993")),
        (float(np.float32(0.1)), 0.1, ("0.10000000149011612", "0.1")),
        (16777216.0, 16777217.0, ("16,777,216", "16,777,217")),
        (0.3, 0.1 + 0.2, ("0.3", "0.30000000000000004")),
        (1.0, 1.0 + 2**-52, ("1", "1.0000000000000002")),
        (float(np.float32(16.1)), float(np.nextafter(np.float32(16.1), np.float32(17))), None),
    ],
)
def test_a_limit_and_a_finding_that_differ_differ_in_print(limit, found, texts):
    shown = number(limit, found), number(found, limit)
    assert shown[0] != shown[1]
    assert texts is None or shown == texts


@given(NEARBY)
def test_any_two_numbers_that_differ_differ_in_print(pair):
    one, other = pair
    assert (number(one, other) == number(other, one)) == (one == other)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_32_bit_float_is_read_back_as_it_was(value):
    assert np.float32(number(value).replace(",", "")) == np.float32(value)


@given(FLOATS)
def test_in_full_is_read_back_as_it_was(value):
    assert float(in_full(value)) == value


@given(NEARBY, st.integers(1, 6))
def test_a_rounded_number_stays_on_its_side_of_the_limit(pair, digits):
    value, limit = pair
    shown = float(rounded(value, digits, limit))
    assert (shown < limit, shown > limit) == (value < limit, value > limit)


@given(st.floats(0, 1), st.floats(0, 1))
def test_shares_that_differ_by_a_millionth_differ_in_print(one, other):
    assert percent(one, other) != percent(other, one) or abs(one - other) <= 1e-6 * one


@given(st.floats(0, 1), st.floats(0, 1))
def test_measured_shares_that_differ_by_a_billionth_differ_in_print(one, other):
    alike = rounded_percent(one, other) == rounded_percent(other, one)
    assert not alike or abs(one - other) < 1e-9


def test_ends_stay_on_their_side_of_the_limit():
    assert interval(0.19999, 0.25, 3, limit=0.2) == "[0.19999, 0.25]"
    assert interval(0.19999, 0.25, 3) == "[0.2, 0.25]"


def test_ends_differ_from_what_stands_beside_them():
    single = float(np.float32(0.1))
    assert between(None, single, others=[0.1]) == "at most 0.10000000149011612"
    assert between(None, single) == "at most 0.1"
