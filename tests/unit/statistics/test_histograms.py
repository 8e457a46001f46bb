import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import statistics_pb2

from skewgate.core import quantile_summary as summaries
from skewgate.core.distributions import NumericDistribution
from skewgate.statistics.histograms import Buckets, exact_bounds, read_histogram, write_buckets

HISTOGRAM = statistics_pb2.Histogram
# Zeros are not on the wire, so that a bucket with one looks unlike the others.
ENDS = st.one_of(st.just(0.0), st.just(1.0), st.floats(allow_nan=False))


def histogram(buckets, **fields):
    message = HISTOGRAM(**fields)
    for low, high, count in buckets:
        message.buckets.add(low_value=low, high_value=high, sample_count=count)
    return message


@given(
    buckets=st.lists(st.tuples(ENDS, ENDS, ENDS), max_size=20),
    kind=st.sampled_from([HISTOGRAM.STANDARD, HISTOGRAM.QUANTILES]),
    n_nan=st.sampled_from([0, 1, 300]),
    name=st.sampled_from(["", "fare"]),
)
def test_a_histogram_is_read_off_the_wire_as_protobuf_reads_it(buckets, kind, n_nan, name):
    message = histogram(buckets, type=kind, num_nan=n_nan, name=name)
    found = read_histogram(message.SerializeToString())
    assert (found.type, found.n_nan) == (kind, n_nan)
    for column, expected in enumerate(zip(*buckets, strict=True) if buckets else [[], [], []]):
        assert found.buckets[column].tolist() == list(expected)


def test_a_broken_histogram_is_an_error_and_no_endless_loop():
    data = histogram([(1.0, 2.0, 3.0)] * 3, type=HISTOGRAM.QUANTILES).SerializeToString()
    assert len(read_histogram(data).buckets.highs) == 3
    assert len(read_histogram(b"").buckets.highs) == 0


def bounds_of(values, error=0.0, size=10_000):
    """Writes the buckets of sorted values and reads them back as a distribution."""
    summary = summaries.from_sorted(np.sort(np.asarray(values, float)), size)
    buckets = write_buckets(summary.points, summary.below_low * 1.0, summary.upto_low * 1.0)
    arrays = Buckets(*np.array(buckets).T)
    return arrays, NumericDistribution(*exact_bounds(arrays, len(values), error), n=len(values))


def test_buckets_by_hand():
    # 1 once, 2 three times, 5 and 7 once; a single value at the end of a bucket needs none of its
    # own once there is something before it.
    buckets, side = bounds_of([1, 2, 2, 2, 5, 7], size=10)
    assert list(zip(*(column.tolist() for column in buckets), strict=True)) == [
        (1.0, 1.0, 1.0),
        (2.0, 2.0, 3.0),
        (5.0, 5.0, 1.0),
        (7.0, 7.0, 1.0),
    ]
    assert side.edges.tolist() == [1.0, 2.0, 5.0, 7.0]
    assert side.right_lower == pytest.approx([1 / 6, 4 / 6, 5 / 6, 1])
    assert side.left_upper == pytest.approx([0, 1 / 6, 4 / 6, 5 / 6])


def test_values_between_the_points_are_in_the_bucket_of_the_next():
    points = np.array([0.0, 10.0, 20.0])
    buckets = write_buckets(points, np.array([0.0, 4.0, 9.0]), np.array([1.0, 7.0, 10.0]))
    assert buckets == [
        (0.0, 0.0, 1.0),
        (0.0, 10.0, 3.0),
        (10.0, 10.0, 3.0),
        (10.0, 20.0, 3.0),  # the single 20 included
    ]
    edges, left_lower, left_upper, right_lower, right_upper = exact_bounds(
        Buckets(*np.array(buckets).T), 10, 0.0
    )
    assert edges.tolist() == [0.0, 10.0, 20.0]
    assert left_lower == pytest.approx([0.0, 0.4, 0.7])
    assert left_upper == pytest.approx([0.0, 0.4, 0.9])
    assert right_lower == pytest.approx([0.1, 0.7, 1.0])
    assert right_upper == pytest.approx([0.1, 0.7, 1.0])


def test_one_value_alone():
    _, side = bounds_of([3.0] * 7)
    assert side.edges.tolist() == [3.0]
    assert (side.left_upper[0], side.right_lower[0]) == (0.0, 1.0)


VALUES = st.lists(
    st.one_of(st.sampled_from([-np.inf, -1.0, 0.0, 0.0, 2.0, np.inf]), st.floats(allow_nan=False)),
    min_size=1,
    max_size=60,
)


@given(values=VALUES, size=st.sampled_from([2, 4, 100]), error=st.sampled_from([0.0, 0.1]))
def test_the_true_cdf_lies_within_what_was_written(values, size, error):
    _, side = bounds_of(values, error, size)
    present = np.sort(values)
    points = np.r_[present, -1e300, 0.0, 1e300]
    for bounds, way in ((side.bounds_at, "right"), (side.bounds_before, "left")):
        true = np.searchsorted(present, points, side=way) / len(present)
        lower, upper = bounds(points)
        assert np.all(lower - 1e-12 <= true)
        assert np.all(true <= upper + 1e-12)


@given(values=st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=60))
def test_what_is_at_or_below_a_point_is_read_as_it_was_written(values):
    _, side = bounds_of(values)
    edges, counts = np.unique(values, return_counts=True)
    assert side.edges.tolist() == edges.tolist()
    assert side.right_lower == pytest.approx(np.cumsum(counts) / len(values))
    assert side.right_upper == pytest.approx(np.cumsum(counts) / len(values))
