import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.core import precision
from skewgate.core.distributions import CategoricalDistribution, NumericDistribution
from skewgate.core.precision import DOUBLE, HALF, SINGLE, aligned, bits_of, rounded
from skewgate.metrics.ks import ks_interval
from skewgate.metrics.psi import METRIC as PSI
from skewgate.metrics.wasserstein import METRIC as WASSERSTEIN
from skewgate.metrics.wasserstein import wasserstein
from skewgate.profiling.accumulators.numeric import RESOLUTION, NumericAccumulator

DTYPES = {"halffloat": np.float16, "float": np.float32, "double": np.float64}
BITS = {"halffloat": HALF, "float": SINGLE, "double": DOUBLE}
NUMBERS = st.one_of(
    st.floats(-1e4, 1e4, allow_subnormal=False),
    st.sampled_from([0.1, 0.1000000001, 0.3, 0.30000001192092896, 1 / 3, 65504.0, 65520.0, 1e-9]),
)
SAMPLES = st.lists(NUMBERS, min_size=1, max_size=60)


def numeric(values, *types, resolution=RESOLUTION, integer=False):
    """Returns what is known of values that columns of some types held."""
    accumulator = NumericAccumulator(resolution)
    accumulator.add(np.asarray(values, float))
    found = accumulator.distribution()
    return NumericDistribution(
        **{**vars(found), "types": frozenset(types), "integer": integer},
    )


def ks(one, other):
    points = np.union1d(one, other)
    sides = [
        np.searchsorted(np.sort(side), points, side="right") / len(side) for side in (one, other)
    ]
    return float(np.max(np.abs(sides[0] - sides[1])))


def store(values, name):
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(values, float).astype(DTYPES[name]).astype(float)


def test_the_same_prices_in_32_and_in_64_bits_do_not_differ():
    prices = [0.1] * 400 + [0.3] * 600
    single, double = numeric(store(prices, "float"), "float"), numeric(prices, "double")
    assert ks_interval(single, double)[0] == pytest.approx(0.6)
    for sides in ((single, double), (double, single)):
        before, now, told = aligned(*sides)
        assert ks_interval(before, now) == (0.0, 0.0, 0.0)
        assert PSI.measure(before, now, 0.05).upper == 0.0
        measured = WASSERSTEIN.measure(before, now, 0.05)
        assert (measured.value, measured.lower) == (0.0, 0.0)
        label = "current" if sides[1] is double else "baseline"
        coarser = "rounded to 32-bit floats, the coarser type of the two sides"
        assert told == f"numbers of the {label} data {coarser}"


def test_what_has_one_type_stays_as_it_is():
    one, other = numeric([0.1, 0.2], "double"), numeric([0.1, 0.3], "double")
    assert aligned(one, other) == (one, other, "")
    categories = CategoricalDistribution({"a": 1.0}, 0.0, 1)
    assert aligned(categories, one) == (categories, one, "")


def test_whole_numbers_that_both_types_hold_are_not_rounded():
    whole = numeric([1, 2**24], "int64", integer=True)
    single = numeric([1.0, 0.1], "float")
    before, _, told = aligned(whole, single)
    assert before is whole
    assert told == ""


def test_whole_numbers_beyond_the_coarser_type_are_rounded():
    whole = numeric([2**24 + 1] * 3, "int64", integer=True)
    single = numeric([2.0**24] * 3, "float")
    before, now, told = aligned(whole, single)
    assert before.edges.tolist() == now.edges.tolist() == [2.0**24]
    assert told.startswith("numbers of the baseline data rounded to 32-bit floats")


def test_whole_numbers_beyond_64_bit_floats_are_told():
    large = numeric([2.0**60] * 3, "int64", integer=True)
    *_, told = aligned(large, numeric([2.0**60] * 4, "double"))
    assert told == "whole numbers beyond 2^53 rounded to 64-bit floats"
    *_, told = aligned(numeric([2.0**53], "int64", integer=True), numeric([2.0], "double"))
    assert told == ""


def test_a_column_of_several_types_is_as_coarse_as_the_coarsest():
    mixed = numeric([*store([0.1], "float"), 0.1, 0.3], "float", "double")
    before, now, told = aligned(mixed, numeric([0.1, 0.1, 0.3], "double"))
    assert ks_interval(before, now)[2] == pytest.approx(0.0, abs=1e-15)
    assert told.startswith("numbers of the baseline and current data rounded to 32-bit floats")


def test_32_bit_floats_that_were_widened_are_known_by_their_values():
    widened = numeric(store([0.1, 0.25, 7.0], "float"), "double")
    assert bits_of(widened) == SINGLE
    before, now, _ = aligned(widened, numeric([0.1, 0.25, 7.0], "double"))
    assert ks_interval(before, now) == (0.0, 0.0, 0.0)
    large = numeric(store([6.810214e16], "float"), "double")
    before, now, _ = aligned(large, numeric([6.810214e16], "double"))
    assert ks_interval(before, now) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("values", [[0.5, 2.25, 1e6], [3.0, 16_777_215.0], [0.1], [math.inf, 0.5]])
def test_short_numbers_and_true_64_bit_floats_are_not_taken_for_widened(values):
    assert bits_of(numeric(values, "double")) == DOUBLE


def test_numbers_beyond_the_coarser_range_become_infinite_and_moments_unknown():
    double = numeric([-1e39, 0.0, 1e39, 1e40], "double")
    found = rounded(double, SINGLE)
    assert found.edges.tolist() == [-math.inf, 0.0, math.inf]
    assert (found.n_infinite, found.n) == (3, 4)
    assert math.isnan(found.mean)
    assert math.isnan(found.std)
    single = numeric([-math.inf, 0.0, math.inf, math.inf], "float")
    assert ks_interval(*aligned(double, single)[:2]) == (0.0, 0.0, 0.0)


def test_numbers_below_the_coarser_range_become_zero():
    assert rounded(numeric([1e-50, 1.0], "double"), SINGLE).edges.tolist() == [0.0, 1.0]
    assert rounded(numeric([1e-9, -0.0], "double"), HALF).edges.tolist() == [0.0]


def test_nan_and_missing_values_stay_counted():
    side = numeric([0.1, math.nan, 0.3], "double")
    assert (rounded(side, SINGLE).n, rounded(side, SINGLE).n_nan) == (2, 1)


def test_times_are_rounded_down_where_the_other_side_has_whole_seconds():
    times = numeric([10.25, 10.5, 11.0], "timestamp[ms]", integer=True)
    seconds = numeric([10, 10, 11], "int64", integer=True)
    before, now, told = aligned(times, seconds)
    assert ks_interval(before, now) == (0.0, 0.0, 0.0)
    assert told == "times of the baseline data rounded down to whole seconds"
    whole = numeric([10, 10, 11], "timestamp[us]", integer=True)
    assert aligned(times, whole) == (times, whole, "")


@given(SAMPLES, SAMPLES, st.sampled_from(["halffloat", "float"]), st.integers(2, 12))
@settings(max_examples=60, deadline=None)
def test_bounds_hold_the_exact_distance_of_the_rounded_values(one, other, name, resolution):
    exact = store(other, name)
    double = numeric(one, "double", resolution=resolution)
    coarse = numeric(exact, name, resolution=resolution)
    before, now, _ = aligned(double, coarse)
    _, lower, upper = ks_interval(before, now)
    true = ks(store(one, name), exact)
    assert lower - 1e-12 <= true <= upper + 1e-12


@given(SAMPLES, SAMPLES, st.integers(2, 12))
@settings(max_examples=60, deadline=None)
def test_bounds_hold_the_exact_transport_of_the_rounded_values(one, other, resolution):
    exact, rounded_one = store(other, "float"), store(one, "float")
    double = numeric(one, "double", resolution=resolution)
    coarse = numeric(exact, "float", resolution=resolution)
    before, now, _ = aligned(double, coarse)
    measured = WASSERSTEIN.measure(before, now, 0.05)
    true = wasserstein(rounded_one, exact)
    if math.isinf(true):
        assert measured.upper == math.inf
    else:
        assert measured.lower <= true * (1 + 1e-9) + 1e-12
        assert true <= measured.upper * (1 + 1e-9) + 1e-12


@given(SAMPLES, st.sampled_from(["halffloat", "float", "double"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_values_in_two_types_do_not_differ(values, name, swapped):
    sides = [numeric(store(values, name), name), numeric(values, "double")]
    before, now, _ = aligned(*(sides[::-1] if swapped else sides))
    assert ks_interval(before, now) == (0.0, 0.0, 0.0)
    assert WASSERSTEIN.measure(before, now, 0.05).lower == 0.0


def test_numbers_that_need_no_rounding_are_not_told_of():
    before, now, told = aligned(numeric([0.25, 7.5], "double"), numeric([0.25, 7.5, 9], "float"))
    assert (before.edges.tolist(), now.edges.tolist(), told) == ([0.25, 7.5], [0.25, 7.5, 9.0], "")


def test_types_are_named_as_in_arrow():
    assert [precision.float_type(bits) for bits in (HALF, SINGLE, DOUBLE)] == list(BITS)
    assert [precision.bits_of_type(name) for name in (*BITS, "int64")] == [*BITS.values(), DOUBLE]
