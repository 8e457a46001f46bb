"""Mean and standard deviation of numbers of any size."""

import fractions
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skewgate.core import moments

POWERS = [-1_000, -700, -540, -401, -60, 0, 399, 520, 1_010]
VALUES = st.lists(st.floats(-4, 4, width=32), min_size=1, max_size=30).map(sorted)


def exact(values, shares):
    """Mean and standard deviation by fractions, which lose nothing; the root is the nearest."""
    values, shares = ([fractions.Fraction(each) for each in side] for side in (values, shares))
    total = sum(shares)
    mean = sum(s * v for v, s in zip(values, shares, strict=True)) / total
    variance = sum(s * (v - mean) ** 2 for v, s in zip(values, shares, strict=True)) / total
    root = fractions.Fraction(math.isqrt(int(variance * 4**1_200)), 2**1_200)
    return float(mean), float(root)


def test_hand_computed():
    assert moments.of_values(np.array([1.0, 1.0, 4.0, 10.0])) == (4.0, math.sqrt(13.5))
    points, shares = np.array([-2.0, 6.0]), np.array([0.25, 0.75])
    assert moments.of_points(points, shares) == pytest.approx((4.0, math.sqrt(12.0)))
    means, stds = np.array([0.0, 4.0]), np.array([1.0, 3.0])
    assert moments.of_parts(means, stds, shares) == pytest.approx((3.0, math.sqrt(7.0 + 3.0)))


@given(values=VALUES, power=st.sampled_from(POWERS))
@example(values=[1.3e-2, 0.7, 3.1], power=-524)  # whose squares have lost half of their digits
def test_a_power_of_two_as_the_unit_changes_no_digit(values, power):
    values = np.array(values)
    shares = np.full(len(values), 1 / len(values))
    for found, scaled in (
        (moments.of_values(values), moments.of_values(np.ldexp(values, power))),
        (
            moments.of_points(values, shares),
            moments.of_points(np.ldexp(values, power), shares),
        ),
        (
            moments.of_parts(values, np.abs(values), shares),
            moments.of_parts(np.ldexp(values, power), np.ldexp(np.abs(values), power), shares),
        ),
    ):
        # What is smaller than the smallest float is lost with the numbers themselves.
        lost = 2.0**-1_070
        assert scaled == pytest.approx(np.ldexp(found, power), rel=1e-12, abs=lost)


@given(values=VALUES, power=st.sampled_from(POWERS))
def test_moments_are_those_of_exact_arithmetic(values, power):
    values = np.ldexp(np.array(values), power)
    slip = {"rel": 1e-9, "abs": 1e-15 * float(np.max(np.abs(values))) + 2.0**-1_060}
    assert moments.of_values(values) == pytest.approx(exact(values, [1] * len(values)), **slip)


@given(values=VALUES, cut=st.integers(1, 29), power=st.sampled_from(POWERS))
def test_moments_of_parts_are_those_of_all_values(values, cut, power):
    values = np.ldexp(np.array(values), power)
    parts = [part for part in np.split(values, [min(cut, len(values))]) if len(part)]
    means, stds = np.array([moments.of_values(part) for part in parts]).T
    shares = np.array([len(part) / len(values) for part in parts])
    slip = {"rel": 1e-7, "abs": 1e-7 * float(np.max(np.abs(values))) + 2.0**-1_060}
    assert moments.of_parts(means, stds, shares) == pytest.approx(moments.of_values(values), **slip)


def test_parts_of_which_one_is_unknown_are_unknown():
    means, stds = np.array([1.0, math.nan]), np.array([0.5, math.nan])
    assert all(map(math.isnan, moments.of_parts(means, stds, np.array([0.5, 0.5]))))
