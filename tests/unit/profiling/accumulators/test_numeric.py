import math
import pickle
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skewgate.core.distributions import EmptyDistribution
from skewgate.metrics.ks import ks_interval
from skewgate.pipeline.taxi import data as taxi
from skewgate.profiling.accumulators import numeric
from skewgate.profiling.accumulators.column import ColumnAccumulator
from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION, NumericAccumulator

TIES = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=60)
HEAVY_TAILS = st.lists(st.floats(allow_nan=False, allow_subnormal=False), min_size=1, max_size=60)
# Most of the mass on one value, the rest anywhere.
ATOMS = st.lists(
    st.one_of(st.just(0.0), st.just(0.0), st.just(-0.0), st.floats(-2, 2)), min_size=1, max_size=80
)
TINY = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=3)
BROKEN = st.lists(st.sampled_from([math.nan, -math.inf, math.inf, 0.0, 1.5, 7.0]), max_size=40).map(
    lambda values: [*values, 2.0]
)  # at least one value


def of_a_law(seed):
    """Returns 1 to 299 values of some law; the seed says which."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 300))
    laws = (
        lambda: rng.normal(size=n),
        lambda: rng.lognormal(sigma=2.0, size=n),
        lambda: rng.standard_cauchy(size=n),
        lambda: np.round(rng.normal(size=n), 1),
        lambda: rng.poisson(2.0, size=n).astype(float),
        lambda: np.where(rng.random(n) < 0.8, 3.0, rng.normal(size=n)),
        lambda: np.sort(rng.normal(size=n)),
        lambda: -np.sort(rng.normal(size=n)),
    )
    return laws[seed % len(laws)]().tolist()


LAWS = st.integers(0, 2**31).map(of_a_law)
SAMPLES = st.one_of(TIES, HEAVY_TAILS, ATOMS, TINY, BROKEN, LAWS, LAWS)
PLANS = st.integers(0, 2**31)  # seeds of how to cut, spread and merge


def accumulate(values, resolution=RESOLUTION, plan=0):
    """Spreads values over accumulators in batches, and merges these in some order."""
    rng = np.random.default_rng(plan)
    kept = [NumericAccumulator(resolution) for _ in range(rng.integers(1, 5))]
    batches = np.split(
        np.asarray(values, float), np.sort(rng.integers(0, len(values) + 1, rng.integers(0, 8)))
    )
    for batch in batches:
        kept[rng.integers(len(kept))].add(batch)
    while len(kept) > 1:
        taken = kept.pop(rng.integers(len(kept)))
        if rng.random() < 0.3:
            taken = pickle.loads(pickle.dumps(taken))
        if rng.random() < 0.3:
            taken.distribution()  # looking changes nothing
        kept[rng.integers(len(kept))].merge(taken)
    return kept[0]


def exact(baseline, current):
    """Returns scipy's distance; of ranks, as scipy takes a sum of infinities for a NaN."""
    sides = [np.asarray(side, float) for side in (baseline, current)]
    sides = [side[~np.isnan(side)] for side in sides]
    ordered = np.unique(np.concatenate(sides))
    with np.errstate(all="ignore"):  # the p-value of tiny samples, which is not used
        return stats.ks_2samp(
            *(ordered.searchsorted(side) for side in sides), method="asymp"
        ).statistic


# The distance of two samples.


@settings(max_examples=1_000)
@given(
    baseline=SAMPLES,
    current=SAMPLES,
    resolutions=st.tuples(*[st.sampled_from([2, 3, 5, 8, 50])] * 2),
    chunk=st.sampled_from([2, 5, 16, 100]),
    plan=PLANS,
)
def test_ks_interval_holds_the_exact_distance(baseline, current, resolutions, chunk, plan):
    with mock.patch.object(numeric, "_CHUNK", chunk):
        sides = [
            accumulate(values, resolution, plan + index).distribution()
            for index, (values, resolution) in enumerate(
                zip((baseline, current), resolutions, strict=True)
            )
        ]
    value, lower, upper = ks_interval(*sides)
    assert 0.0 <= lower <= value <= upper <= 1.0
    assert lower - 1e-12 <= exact(baseline, current) <= upper + 1e-12


@given(
    baseline=st.one_of(TIES, TINY),
    current=st.one_of(TIES, TINY),
    chunk=st.sampled_from([2, 5, 16]),
    plan=PLANS,
)
def test_ks_of_few_distinct_values_is_exact(baseline, current, chunk, plan):
    with mock.patch.object(numeric, "_CHUNK", chunk):
        sides = [accumulate(values, 9, plan).distribution() for values in (baseline, current)]
    value, lower, upper = ks_interval(*sides)
    assert (value, lower, upper) == pytest.approx((exact(baseline, current),) * 3, abs=1e-12)


def test_a_million_values_are_known_to_a_fifth_of_a_percent():
    rng = np.random.default_rng(5)
    baseline = np.r_[rng.lognormal(size=700_000), rng.normal(size=300_000)]
    current = np.r_[rng.lognormal(0.05, size=400_000), rng.normal(size=600_000)]
    distance = exact(baseline, current)
    for resolution, most in ((RESOLUTION, 0.002), (FINE_RESOLUTION, 0.0001)):
        sides = []
        for values in (baseline, current):
            accumulator = NumericAccumulator(resolution)
            for batch in np.array_split(values, 9):
                accumulator.add(batch)
            sides.append(accumulator.distribution())
        value, lower, upper = ks_interval(*sides)
        assert lower <= distance <= upper
        assert upper - lower <= most
        assert abs(value - distance) <= most / 2


@pytest.fixture(scope="module")
def trips():
    """Trips of 2013 and 2014, and the fewer of 2016."""
    import pyarrow as pa
    import pyarrow.csv

    table = pa.csv.read_csv(taxi.source())
    seconds = np.array(table["trip_start_timestamp"].to_pylist(), "datetime64[s]")
    years = seconds.astype("datetime64[Y]").astype(int) + 1970
    sides = (np.isin(years, (2013, 2014)), years == 2016)
    return tuple(table.take(pa.array(np.flatnonzero(side))) for side in sides)


@pytest.mark.needs("tfx")
def test_the_two_samples_of_trips_differ_in_size(trips):
    assert trips[0].num_rows > trips[1].num_rows > 500


@pytest.mark.needs("tfx")
@pytest.mark.parametrize("resolution", [20, RESOLUTION])
def test_ks_interval_holds_the_distance_of_every_column_of_the_trips(trips, resolution):
    import pyarrow as pa

    compared = 0
    for field in trips[0].schema:
        if not (pa.types.is_floating(field.type) or pa.types.is_integer(field.type)):
            continue
        samples, sides = [], []
        for table in trips:
            column = table[field.name]
            samples.append([value for value in column.to_pylist() if value is not None])
            accumulator = ColumnAccumulator(field.name, resolution=resolution)
            for part in table.select([field.name]).to_batches(max_chunksize=777):
                accumulator.add(part.column(0))
            sides.append(accumulator.distribution(len(column)))
            assert sides[-1].n_missing == column.null_count
        if not all(samples):
            assert field.name == "pickup_census_tract"  # no trip has one
            continue
        _, lower, upper = ks_interval(*sides)
        assert lower - 1e-12 <= exact(*samples) <= upper + 1e-12
        if resolution == RESOLUTION:
            assert upper - lower <= 1e-12
        compared += 1
    assert compared >= 12


# The CDF of one sample.


@settings(max_examples=200)
@given(
    values=SAMPLES,
    resolution=st.sampled_from([2, 5, 50]),
    chunk=st.sampled_from([2, 16, 100]),
    plan=PLANS,
)
def test_the_true_cdf_lies_within_its_bounds(values, resolution, chunk, plan):
    with mock.patch.object(numeric, "_CHUNK", chunk):
        side = accumulate(values, resolution, plan).distribution()
    present = np.sort([value for value in values if not math.isnan(value)])
    middles = (present[1:] / 2 + present[:-1] / 2)[np.isfinite(present[1:] / 2 + present[:-1] / 2)]
    points = np.r_[present, middles, -1e308, 0.0, 1e308]
    for bounds, way in ((side.bounds_at, "right"), (side.bounds_before, "left")):
        true = np.searchsorted(present, points, side=way) / len(present)
        lower, upper = bounds(points)
        assert np.all(lower - 1e-12 <= true)
        assert np.all(true <= upper + 1e-12)
    assert (side.n, side.n_nan) == (len(present), len(values) - len(present))
    assert (side.edges[0], side.edges[-1]) == (present[0], present[-1])


@given(values=SAMPLES, plan=PLANS)
def test_up_to_the_resolution_every_distinct_value_is_exact(values, plan):
    with mock.patch.object(numeric, "_CHUNK", 16):
        side = accumulate(values, 700, plan).distribution()
    present = [value for value in values if not math.isnan(value)]
    edges, counts = np.unique(present, return_counts=True)
    upto = np.cumsum(counts) / len(present)
    assert np.array_equal(side.edges, edges)
    for bound in (side.right_lower, side.right_upper):
        assert bound == pytest.approx(upto)
    for bound in (side.left_lower, side.left_upper):
        assert bound == pytest.approx(np.r_[0.0, upto[:-1]])
    assert side.rank_error == 0.0


def test_a_huge_sample_of_few_distinct_values_is_exact(monkeypatch):
    monkeypatch.setattr(numeric, "_CHUNK", 64)
    accumulator = NumericAccumulator(10)
    for _ in range(100):
        accumulator.add(np.repeat(np.arange(10.0), 30))
    side = accumulator.distribution()
    assert side.n == 30_000
    assert side.right_lower == pytest.approx(np.arange(1, 11) / 10)
    assert side.rank_error == 0.0


@pytest.mark.parametrize("chunk", [64, 256])
def test_rank_error_and_memory_grow_with_the_logarithm_of_size_only(monkeypatch, chunk):
    monkeypatch.setattr(numeric, "_CHUNK", chunk)
    rng = np.random.default_rng(1)
    accumulator = NumericAccumulator(32)
    kept = []
    for size in (2_000, 20_000, 200_000):
        accumulator.add(rng.lognormal(size=size - accumulator.n))
        levels = accumulator._levels
        assert len(levels) <= math.log(size / chunk, 8) + 2
        assert all(len(level) < 8 for level in levels)
        points = [len(summary.points) for level in levels for summary in level]
        assert max(points) <= 32 + 2 * math.log2(size)
        kept.append(sum(points) + len(accumulator._buffer))
        assert accumulator.distribution().rank_error <= (len(levels) + 1) / 32
    assert kept[-1] < 7 * 5 * (32 + 2 * 18) + chunk


def test_batches_and_order_do_not_change_counts_or_moments(monkeypatch):
    monkeypatch.setattr(numeric, "_CHUNK", 50)
    values = of_a_law(17)
    sides = [accumulate(values, 8, plan).distribution() for plan in range(20)]
    assert {(side.n, side.n_nan, side.edges[0], side.edges[-1]) for side in sides} == {
        (len(values), 0, min(values), max(values))
    }
    assert [side.mean for side in sides] == pytest.approx([np.mean(values)] * 20)
    assert [side.std for side in sides] == pytest.approx([np.std(values)] * 20)


# Moments, zeros, NaN.


@pytest.mark.parametrize(("offset", "scale"), [(0, 1), (1e9, 1), (-1e12, 0.5), (0, 1e150), (5, 0)])
@pytest.mark.parametrize("plan", [1, 4])
def test_moments_are_those_of_numpy(monkeypatch, offset, scale, plan):
    monkeypatch.setattr(numeric, "_CHUNK", 100)
    values = offset + scale * np.random.default_rng(3).exponential(size=1_003)
    side = accumulate(values, 8, plan).distribution()
    assert side.mean == pytest.approx(np.mean(values), rel=1e-13)
    assert side.std == pytest.approx(np.std(values), rel=1e-7, abs=1e-15 * abs(offset))


def test_moments_are_those_of_the_finite_values():
    side = accumulate([1.0, -math.inf, 4.0, math.inf, math.nan, 4.0], plan=3).distribution()
    assert (side.mean, side.std) == pytest.approx((3.0, math.sqrt(2.0)))
    assert (side.n, side.n_nan, side.n_infinite) == (5, 1, 2)


def test_moments_of_the_largest_floats_are_known():
    side = accumulate([1e308, -1e308, 1e308, 7.0]).distribution()
    assert side.mean == pytest.approx(1e308 / 4)
    assert side.std == pytest.approx(1e308 * math.sqrt(3 / 4 - 1 / 16))


def test_moments_of_infinities_alone_are_unknown():
    side = accumulate([math.inf, -math.inf]).distribution()
    assert math.isnan(side.mean)
    assert side.n == 2


@pytest.mark.parametrize("plan", range(5))
def test_zeros_are_counted(monkeypatch, plan):
    monkeypatch.setattr(numeric, "_CHUNK", 4)
    accumulator = accumulate([0.0, 1.0, -0.0, 1e-320, -2.0, 0.0, math.nan, 0.0], 3, plan)
    accumulator.distribution()
    assert (accumulator.n_zero, accumulator.n, accumulator.n_nan) == (4, 7, 1)


def test_nothing_but_nan_is_empty():
    side = accumulate([math.nan, math.nan, math.nan]).distribution(n_missing=2, n_present=5)
    assert side == EmptyDistribution(n_missing=2, n_nan=3, n_present=5)


def test_nothing_is_empty():
    assert NumericAccumulator().distribution() == EmptyDistribution(0)
    assert NumericAccumulator().summary() is None


def test_values_that_are_given_stay_as_they_are():
    values = np.array([3.0, 1.0, 2.0])
    accumulator = NumericAccumulator()
    accumulator.add(values)
    accumulator.distribution()
    assert values.tolist() == [3.0, 1.0, 2.0]


def test_different_resolutions_do_not_merge():
    with pytest.raises(ValueError, match="resolutions differ: 10 and 20"):
        NumericAccumulator(10).merge(NumericAccumulator(20))


def test_a_resolution_of_one_point_is_refused():
    with pytest.raises(ValueError, match="resolution must be at least 2, got 1"):
        NumericAccumulator(1)


def test_what_is_pickled_leaves_out_the_empty_part_of_the_buffer():
    accumulator = NumericAccumulator()
    accumulator.add(np.arange(100_000.0))
    accumulator.distribution()
    assert len(accumulator._buffer) >= 100_000
    accumulator.add(np.arange(3.0))
    again = pickle.loads(pickle.dumps(accumulator))
    assert len(again._buffer) == 3
    again.add(np.arange(5.0))
    assert again.distribution().n == 100_008
