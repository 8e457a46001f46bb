"""What the core library makes of statistics that TFDV itself wrote.

It imports TensorFlow Data Validation, which takes long.
"""

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow_data_validation as tfdv
from scipy import stats
from tensorflow_data_validation.statistics.stats_impl import generate_statistics_in_memory
from tfx_bsl.coders import sequence_example_coder

from skewgate.checks.drift import comparing
from skewgate.checks.drift.config import DriftConfig
from skewgate.core.results import Status
from skewgate.data.tf_example.sequences import decode_rows
from skewgate.metrics import REGISTRY
from skewgate.metrics.jsd import jsd
from skewgate.metrics.ks import ks_interval
from skewgate.pipeline.taxi import data
from skewgate.profiling.accumulators.profile import ProfileAccumulator
from skewgate.statistics.reading import STOCK_RANK_ERROR, parse_profile
from tests.encoding import encode, encode_sequence

NUMERIC = ("fare", "trip_miles", "trip_seconds", "pickup_latitude")
CATEGORICAL = ("payment_type", "company")
EPSILON = 0.0005
OPTIONS = {
    "num_quantiles_histogram_buckets": 500,
    "epsilon": EPSILON,
    "num_rank_histogram_buckets": 10_000,
}


def features(statistics, rank_error=STOCK_RANK_ERROR):
    """Returns what statistics of all data tell, by feature."""
    return parse_profile(statistics.SerializeToString(), "statistics", rank_error).slices[""]


def profile(frame, **options):
    return tfdv.generate_statistics_from_dataframe(
        frame, tfdv.StatsOptions(**{**OPTIONS, **options}), n_jobs=1
    )


@pytest.fixture(scope="module")
def frames():
    """Trips of 2013 and 2014, and the fewer of 2016."""
    frame = pd.read_csv(data.source())
    year = pd.to_datetime(frame["trip_start_timestamp"], unit="s").dt.year
    columns = [*NUMERIC, *CATEGORICAL]
    return frame.loc[year.isin([2013, 2014]), columns], frame.loc[year == 2016, columns]


@pytest.fixture(scope="module")
def profiles(frames):
    return tuple(profile(frame) for frame in frames)


@pytest.fixture(scope="module")
def sides(profiles):
    return tuple(features(side, EPSILON) for side in profiles)


@pytest.fixture(scope="module")
def reported(profiles):
    """What TFDV measures between the two: (feature, kind of measure) to value."""
    schema = tfdv.infer_schema(profiles[0])
    measured = {}
    for kind, comparator in (
        ("linf", "infinity_norm"),
        ("jsd", "jensen_shannon_divergence"),
    ):
        for name in CATEGORICAL:
            feature = tfdv.get_feature(schema, name)
            feature.drift_comparator.Clear()
            getattr(feature.drift_comparator, comparator).threshold = 1e-9
        anomalies = tfdv.validate_statistics(profiles[1], schema, previous_statistics=profiles[0])
        for info in anomalies.drift_skew_info:
            [measurement] = info.drift_measurements
            measured[info.path.step[0], kind] = measurement.value
    return measured


HISTOGRAMS = ("STANDARD", "QUANTILES")


@pytest.fixture(scope="module")
def numeric_profiles(frames):
    """Ten buckets, where most of the features share some boundaries and have heavy values."""
    rng = np.random.default_rng(14)
    sides = []
    for shift, frame in enumerate(frames):
        frame = frame[[*NUMERIC]].copy()
        frame["ties"] = rng.integers(0, 10 + 2 * shift, len(frame)).astype(float)
        values = rng.normal(0.3 * shift, 1, len(frame))
        frame["some_nan"] = np.where(rng.random(len(frame)) < 0.1 + 0.1 * shift, np.nan, values)
        sides.append(profile(frame, num_quantiles_histogram_buckets=10, num_histogram_buckets=10))
    return sides


@pytest.fixture(scope="module")
def reported_numeric(numeric_profiles):
    """The JSD that TFDV measures between the two: (feature, kind of histogram) to value."""
    measured = {}
    for kind in HISTOGRAMS:
        schema = tfdv.infer_schema(numeric_profiles[0])
        for feature in schema.feature:
            comparator = feature.drift_comparator.jensen_shannon_divergence
            comparator.threshold = 1e-9
            comparator.source.type = comparator.source.Type.Value(kind)
        anomalies = tfdv.validate_statistics(
            numeric_profiles[1], schema, previous_statistics=numeric_profiles[0]
        )
        for info in anomalies.drift_skew_info:
            [measurement] = info.drift_measurements
            measured[info.path.step[0], kind] = measurement.value
    return measured


def test_the_two_samples_differ_in_size(frames):
    assert len(frames[0]) > len(frames[1]) > 500


@pytest.mark.parametrize("name", NUMERIC)
def test_ks_interval_holds_the_exact_distance_and_is_narrow(frames, sides, name):
    exact = stats.ks_2samp(*(frame[name].dropna() for frame in frames), method="asymp").statistic
    value, lower, upper = ks_interval(*(side[name] for side in sides))
    assert lower <= exact <= upper
    assert upper - lower < 0.01
    assert value == pytest.approx(exact, abs=0.003)


@pytest.mark.parametrize("name", NUMERIC)
def test_ks_interval_of_stock_statistics_holds_the_exact_distance_too(frames, stock, name):
    exact = stats.ks_2samp(*(frame[name].dropna() for frame in frames), method="asymp").statistic
    _, lower, upper = ks_interval(*(side[name] for side in stock))
    assert lower <= exact <= upper


@pytest.fixture(scope="module")
def stock(frames):
    """Statistics as StatisticsGen makes them by default, read with the default rank error."""
    return tuple(
        features(tfdv.generate_statistics_from_dataframe(frame[list(NUMERIC)], n_jobs=1))
        for frame in frames
    )


@pytest.mark.parametrize("name", [*NUMERIC, *CATEGORICAL])
def test_counts_are_those_of_pandas(frames, sides, name):
    for frame, side in zip(frames, sides, strict=True):
        assert side[name].n == frame[name].notna().sum()
        assert side[name].n_missing == frame[name].isna().sum()


@pytest.mark.parametrize("name", CATEGORICAL)
def test_linf_is_that_of_pandas(frames, sides, name):
    shares = [frame[name].value_counts(normalize=True) for frame in frames]
    expected = shares[0].sub(shares[1], fill_value=0).abs().max()
    measured = REGISTRY["linf"].measure(*(side[name] for side in sides), 0.05)
    assert measured.value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", CATEGORICAL)
@pytest.mark.parametrize("metric", ["linf", "jsd"])
def test_categorical_metrics_are_those_of_tfdv(sides, reported, name, metric):
    measured = REGISTRY[metric].measure(*(side[name] for side in sides), 0.05)
    assert measured.value > 0.001
    assert measured.value == pytest.approx(reported[name, metric], abs=1e-6)


def on_common_buckets(*histograms):
    """Returns each histogram's shares over the buckets between all boundaries of both.

    As TFDV does it: the values of a bucket are taken to lie evenly in it, and NaN values are one
    more bucket. Buckets without width share one bin at their value.
    """
    boundaries = sorted(
        {x for h in histograms for b in h.buckets for x in (b.low_value, b.high_value)}
    )
    points = sorted(
        {b.low_value for h in histograms for b in h.buckets if b.low_value == b.high_value}
    )
    lows, highs = np.array([*itertools.pairwise(boundaries), *zip(points, points, strict=True)]).T
    sides = []
    for histogram in histograms:
        counts = np.zeros(len(lows) + 1)
        counts[-1] = histogram.num_nan
        for bucket in histogram.buckets:
            width = bucket.high_value - bucket.low_value
            inside = (lows >= bucket.low_value) & (highs <= bucket.high_value)
            inside &= (lows < highs) == (width > 0)
            counts[:-1][inside] += bucket.sample_count * (
                (highs[inside] - lows[inside]) / width if width else 1.0
            )
        sides.append(counts / counts.sum())
    return sides


def histograms_of(profiles, name, kind):
    for side in profiles:
        [feature] = [f for f in side.datasets[0].features if f.path.step[0] == name]
        [histogram] = [
            h for h in feature.num_stats.histograms if h.HistogramType.Name(h.type) == kind
        ]
        yield histogram


@pytest.mark.parametrize("kind", HISTOGRAMS)
@pytest.mark.parametrize("name", [*NUMERIC, "ties", "some_nan"])
def test_numeric_jsd_on_the_same_buckets_is_that_of_tfdv(
    numeric_profiles, reported_numeric, name, kind
):
    value = jsd(*on_common_buckets(*histograms_of(numeric_profiles, name, kind)))
    assert value > 0.001
    assert value == pytest.approx(reported_numeric[name, kind], abs=1e-6)


@pytest.mark.parametrize("name", CATEGORICAL)
def test_new_categories_are_those_of_pandas(frames, sides, name):
    known = set(frames[0][name].dropna())
    current = frames[1][name].dropna()
    measured = REGISTRY["new_categories"].measure(*(side[name] for side in sides), 0.05)
    assert measured.value == pytest.approx((~current.isin(known)).mean(), abs=1e-12)


def test_the_real_drift_of_the_taxi_data_is_found(profiles):
    sides = [
        parse_profile(statistics.SerializeToString(), "statistics", EPSILON)
        for statistics in profiles
    ]
    results = comparing.compare(*sides, DriftConfig())
    verdicts = {(r.feature, r.metric): r.status for r in results}
    assert verdicts["trip_miles", "ks"] is Status.FAIL
    assert verdicts["pickup_latitude", "ks"] is Status.PASS
    assert not [r for r in results if r.metric in ("presence", "kind")]


@pytest.mark.parametrize("buckets", [5, 10])
def test_the_histograms_that_other_tests_build_are_those_of_tfdv(build, buckets):
    rng = np.random.default_rng(12)
    frame = pd.DataFrame(
        {
            "spread": rng.normal(size=300),
            "ties": rng.integers(0, 4, 300).astype(float),
            "heavy_minimum": np.where(rng.random(300) < 0.4, -1.0, rng.random(300)),
            "light_minimum": [1.0] + [9.0] * 299,
            "heavy_maximum": np.where(rng.random(300) < 0.4, 50.0, rng.standard_cauchy(300)),
            "constant": np.full(300, 7.0),
        }
    )
    content = profile(frame, num_quantiles_histogram_buckets=buckets).datasets[0]
    for feature in content.features:
        name = feature.path.step[0]
        [histogram] = [h for h in feature.num_stats.histograms if h.type == h.QUANTILES]
        lows, highs, counts = build.quantiles_histogram(frame[name], buckets)
        assert [b.low_value for b in histogram.buckets] == lows.tolist(), name
        assert [b.high_value for b in histogram.buckets] == highs.tolist(), name
        assert [b.sample_count for b in histogram.buckets] == pytest.approx(counts), name


def test_feature_lists_have_the_names_that_tfdv_gives_them():
    records = [
        encode_sequence(context, {"events": [[value] for value in range(1, 1 + place % 4)]})
        for place, context in enumerate(encode(pa.table({"fare": [4.5, 7.0] * 10}), "trips"))
    ]
    decoder = sequence_example_coder.SequenceExamplesToRecordBatchDecoder("##SEQUENCE##")
    stock = generate_statistics_in_memory(decoder.DecodeBatch(records), tfdv.StatsOptions())
    found = parse_profile(stock.SerializeToString(), "s")
    accumulator = ProfileAccumulator()
    accumulator.add(decode_rows(records))
    ours = accumulator.profile()
    assert found.slices[""].keys() == ours.slices[""].keys() == {"fare", "##SEQUENCE##.events"}
    for name, side in ours.slices[""].items():
        other = found.slices[""][name]
        assert (side.n, side.n_missing, side.n_present) == (
            other.n,
            other.n_missing,
            other.n_present,
        )
    [counts] = found.value_counts[""].values()
    assert (counts.n, counts.edges[0], counts.edges[-1]) == (20, 0, 3)
    assert list(ours.value_counts[""]) == list(found.value_counts[""])
