from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skewgate.checks.skew.config import FLOAT_NOISE, RowRule, RowRules
from skewgate.checks.skew.rows.comparing import (
    DIFFERENT,
    EQUAL,
    NOT_IN_SERVING,
    NOT_IN_TRAINING,
    close,
    compare,
)
from skewgate.data.arrow.columns import ListValues, simplify

EXACT = RowRules(keys=["id"], relative=0.0)
NAN, INF = math.nan, math.inf


def codes(training, serving, rules=EXACT, feature="x"):
    sides = [
        ListValues.of(simplify(side if isinstance(side, pa.Array) else pa.array(side), "x"))
        for side in (training, serving)
    ]
    return compare(*sides, rules, feature).tolist()


def test_the_side_that_misses_a_value_is_named():
    assert codes([None, 1, None, 1], [None, None, 2, 1]) == [
        EQUAL,
        NOT_IN_SERVING,
        NOT_IN_TRAINING,
        EQUAL,
    ]


def test_an_empty_list_is_a_missing_value():
    assert codes([[], [1], None], [None, [], [1]]) == [EQUAL, NOT_IN_SERVING, NOT_IN_TRAINING]


def test_lists_differ_by_length_by_value_and_by_order():
    training = [[1, 2], [1, 2], [1, 2], [1, 2], [3]]
    serving = [[1, 2], [2, 1], [1, 2, 3], [1], [3]]
    assert codes(training, serving) == [EQUAL, DIFFERENT, DIFFERENT, DIFFERENT, EQUAL]
    texts = [[["a", "b"], ["c"]], [["a", "x"], ["c"]]]
    assert codes(*texts) == [DIFFERENT, EQUAL]


def test_text_differs_from_numbers_and_bytes_from_other_bytes():
    assert codes(["1", None], [1, 2]) == [DIFFERENT, NOT_IN_TRAINING]
    assert codes([b"\xff", b"\xff", "é"], [b"\xff", b"\xfe", "é"]) == [EQUAL, DIFFERENT, EQUAL]


def test_nan_equals_nan_and_infinity_only_itself():
    training = [NAN, NAN, INF, INF, -INF, 1.0, INF]
    serving = [NAN, 1.0, INF, -INF, -INF, INF, 1.0]
    expected = [EQUAL, DIFFERENT, EQUAL, DIFFERENT, EQUAL, DIFFERENT, DIFFERENT]
    for rules in (EXACT, RowRules(keys=["id"], relative=1e9, absolute=5)):
        assert codes(training, serving, rules) == expected


def test_whole_numbers_are_compared_exactly_however_large():
    training = [2**53, 2**53 + 1, -(2**63), 1_700_000_000]
    serving = [2**53 + 1, 2**53 + 1, 2**63 - 1, 1_700_000_001]
    for rules in (EXACT, RowRules(keys=["id"])):
        assert codes(training, serving, rules) == [DIFFERENT, EQUAL, DIFFERENT, DIFFERENT]
    wide = RowRules(keys=["id"], absolute=1.0)
    assert codes(training, serving, wide) == [EQUAL, EQUAL, DIFFERENT, EQUAL]


def test_whole_numbers_and_floats_are_compared_as_numbers():
    assert codes([5, 5, 5], [5.0, 5.5, 5.0000001]) == [EQUAL, DIFFERENT, DIFFERENT]
    assert codes([5, 5, 5], [5.0, 5.5, 5.0000001], RowRules(keys=["id"])) == [0, 3, 0]


def test_float32_noise_is_no_difference_by_default():
    exact = np.random.default_rng(3).lognormal(0, 10, 1_000)
    single = exact.astype(np.float32)
    noisy = np.nextafter(single, np.float32(np.inf))
    assert not any(codes(pa.array(exact), pa.array(single), RowRules(keys=["id"])))
    assert not any(codes(pa.array(single), pa.array(noisy), RowRules(keys=["id"])))
    assert all(codes(pa.array(single), pa.array(noisy)))
    assert all(
        codes(pa.array(exact), pa.array(exact * (1 + 2 * FLOAT_NOISE)), RowRules(keys=["id"]))
    )


def test_the_tolerance_is_relative_to_the_training_value():
    rules = RowRules(keys=["id"], relative=0.1)
    assert codes([100.0, 90.5], [90.5, 100.0], rules) == [EQUAL, DIFFERENT]


def test_a_feature_may_have_tolerances_of_its_own():
    rules = RowRules(
        keys=["id"], absolute=1.0, features={"fare": RowRule(absolute=0.25, relative=0.0)}
    )
    assert codes([1.0, 1.0], [1.9, 1.25], rules, "fare") == [DIFFERENT, EQUAL]
    assert codes([1.0, 1.0], [1.9, 1.25], rules, "tips") == [EQUAL, EQUAL]


NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats())


@given(
    pairs=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1),
    absolute=st.sampled_from([0.0, 0.5, 1e9]),
    relative=st.sampled_from([0.0, 1e-6, 0.5, 3.0]),
)
def test_every_number_is_close_to_itself_and_wider_tolerances_forgive_more(
    pairs, absolute, relative
):
    left, right = (np.array(side, float) for side in zip(*pairs, strict=True))
    assert close(left, left, absolute, relative).all()
    narrow, wide = (close(left, right, absolute * k, relative * k) for k in (0.5, 1.0))
    assert not np.any(narrow & ~wide)
    for a, b, equal in zip(left, right, wide, strict=True):
        if math.isfinite(a) and math.isfinite(b):
            assert equal == (a == b or abs(a - b) <= absolute + relative * abs(a))


@pytest.mark.parametrize("absolute", [1.0, 2.0**63])
def test_differences_of_whole_numbers_do_not_overflow(absolute):
    low, high = np.array([-(2**63), 0]), np.array([2**63 - 1, 2])
    assert close(low, high, absolute, 0.0).tolist() == [False, absolute > 2]
    assert close(high, low, absolute, 0.0).tolist() == [False, absolute > 2]


def test_the_same_number_in_two_types_is_equal_without_any_tolerance():
    double = np.array([0.1, 0.3, 2.0**60, 1e39, np.nan])
    for name in ("float32", "float64"):
        with np.errstate(over="ignore"):
            other = double.astype(name)
        found = close(double, other, 0.0, 0.0)
        assert found.tolist() == [True, True, True, name == "float64", True]
        assert close(other, double, 0.0, 0.0).tolist() == found.tolist()
    whole = np.array([2**24 + 1, 2**60 + 1, 7])
    assert close(whole, whole.astype(np.float32), 0.0, 0.0).all()
    assert not close(whole, whole.astype(np.float32) * 2, 0.0, 0.0).any()
