import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.core import quantile_summary as summaries

FEW = st.integers(-4, 4).map(float)
ANY = st.floats(allow_nan=False, allow_subnormal=False)
ATOMS = st.one_of(st.just(0.0), st.just(0.0), st.just(-0.0), ANY)
VALUES = st.one_of(*(st.lists(kind, min_size=1, max_size=60) for kind in (FEW, ANY, ATOMS)))
SIZES = st.sampled_from([2, 3, 5, 16])


def from_values(values, size):
    return summaries.from_sorted(np.sort(np.asarray(values, float)), size)


def assert_holds(summary, values):
    """The counts of `values` lie within the bounds, at the points and between them."""
    values = np.sort(np.asarray(values, float))
    points = summary.points
    assert summary.n == len(values)
    assert (points[0], points[-1]) == (values[0], values[-1])
    assert np.all(points[1:] > points[:-1])
    below = np.searchsorted(values, points, side="left")
    upto = np.searchsorted(values, points, side="right")
    assert np.all((summary.below_low <= below) & (below <= summary.below_high))
    assert np.all((summary.upto_low <= upto) & (upto <= summary.upto_high))
    # Between two points the CDF lies between the count up to the one and below the other.
    for value in values:
        at = int(np.searchsorted(points, value, side="right")) - 1
        if points[at] != value:
            count = np.searchsorted(values, value, side="right")
            assert summary.upto_low[at] <= count <= summary.below_high[at + 1]


def assert_exact(summary):
    assert np.array_equal(summary.below_low, summary.below_high)
    assert np.array_equal(summary.upto_low, summary.upto_high)
    assert summary.error == 0


def test_few_values_by_hand():
    summary = from_values([2.0, 1.0, 5.0, 1.0, 1.0], 10)
    assert summary.points.tolist() == [1.0, 2.0, 5.0]
    assert summary.below_low.tolist() == [0, 3, 4]
    assert summary.upto_low.tolist() == [3, 4, 5]
    assert_exact(summary)


def test_two_summaries_by_hand():
    # Of the first nothing is known between 1 and 9 but that the 3 others lie there.
    first = summaries.Summary(
        np.array([1.0, 9.0]), *(np.array(counts) for counts in ([0, 4], [0, 4], [1, 5], [1, 5])), 5
    )
    second = from_values([4.0, 4.0, 20.0], 10)
    merged = summaries.merge([first, second])
    assert merged.points.tolist() == [1.0, 4.0, 9.0, 20.0]
    assert merged.below_low.tolist() == [0, 1, 6, 7]
    assert merged.below_high.tolist() == [0, 4, 6, 7]
    assert merged.upto_low.tolist() == [1, 3, 7, 8]
    assert merged.upto_high.tolist() == [1, 6, 7, 8]
    assert merged.error == 2  # half of the spread of 3 at 4, rounded up


@given(values=VALUES, size=SIZES)
def test_a_sample_is_held(values, size):
    summary = from_values(values, size)
    assert_holds(summary, values)
    assert summary.error == 0  # the points that are kept have exact ranks


@settings(max_examples=150)
@given(parts=st.lists(VALUES, min_size=1, max_size=9), size=SIZES, data=st.data())
def test_what_is_merged_and_compressed_in_any_order_is_held(parts, size, data):
    left = [(from_values(part, size), list(part)) for part in parts]
    while len(left) > 1:
        count = data.draw(st.integers(2, len(left)))
        taken = [left.pop(data.draw(st.integers(0, len(left) - 1))) for _ in range(count)]
        merged = summaries.merge([summary for summary, _ in taken])
        values = [value for _, part in taken for value in part]
        assert_holds(merged, values)
        left.append((summaries.compress(merged, size), values))
        assert_holds(*left[-1])


@given(parts=st.lists(st.lists(FEW, min_size=1), min_size=1, max_size=9))
def test_few_distinct_values_stay_exact(parts):
    merged = summaries.merge([from_values(part, 9) for part in parts])
    values = [value for part in parts for value in part]
    compressed = summaries.compress(merged, 9)
    assert_holds(compressed, values)
    assert_exact(compressed)


@pytest.mark.parametrize("n", [10, 1_000, 100_000])
def test_compression_bounds_the_number_of_points(n):
    summary = summaries.from_sorted(np.arange(n, dtype=float), n)
    for size in (2, 5, 64):
        kept = len(summaries.compress(summary, size).points)
        assert kept <= size + 2 * np.log2(n) + 4
        assert kept >= min(size, n)


def test_points_are_close_at_both_ends():
    points = summaries.from_sorted(np.arange(100_000.0), 10).points
    assert points[:4].tolist() == [0.0, 1.0, 3.0, 7.0]
    assert (99_999 - points[::-1][:4]).tolist() == [0.0, 1.0, 3.0, 7.0]
    assert np.max(np.diff(points)) <= 100_000 / 9 + 1


def test_infinities_are_values():
    values = [-np.inf, -np.inf, 0.5, np.inf]
    summary = from_values(values, 10)
    assert summary.points.tolist() == [-np.inf, 0.5, np.inf]
    assert summary.upto_low.tolist() == [2, 3, 4]
    assert_holds(summaries.merge([summary, from_values([1.0, np.inf], 2)]), [*values, 1.0, np.inf])
