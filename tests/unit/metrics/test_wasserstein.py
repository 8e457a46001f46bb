import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skewgate.core.results import Decision, Status
from skewgate.decision import Check, judge, policy
from skewgate.metrics import transport_null, wasserstein
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from skewgate.report.rendering import render_html, render_json
from skewgate.report.report import Report

TIES = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=60)
WIDE = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=1, max_size=60)
# Most of the mass on one value, the rest anywhere.
ATOMS = st.lists(
    st.one_of(
        st.just(0.0), st.just(0.0), st.just(0.0), st.floats(-2, 2).map(lambda x: round(x, 3))
    ),
    min_size=1,
    max_size=80,
)
SAMPLES = st.one_of(TIES, WIDE, ATOMS)
INF = math.inf


def numeric(build, values, *, buckets=400, rank_error=0.0, moments=True):
    side = build.numeric(values, buckets=buckets, rank_error=rank_error)
    finite = np.asarray(values, float)[np.isfinite(values)]
    if not moments or not len(finite):
        return side
    with np.errstate(over="ignore"):  # numbers too large for a square have no deviation
        return dataclasses.replace(side, mean=float(np.mean(finite)), std=float(np.std(finite)))


def exact(baseline, current):
    distance, std = stats.wasserstein_distance(baseline, current), np.std(baseline)
    if len({*baseline}) == 1:  # the standard deviation may round to more than 0
        std = 0.0
    if {*baseline} == {*current} and len({*baseline}) == 1:
        return 0.0
    return distance / std if std > 0 else INF


def holds(measured, value):
    slip = 1e-6 * value + 1e-12 if value < INF else 0.0
    return measured.lower - slip <= value <= measured.upper + slip


def test_hand_computed_distance(build):
    # Every value moves by 3; the standard deviation of 0, 2 is 1.
    assert wasserstein.wasserstein([0, 2], [3, 5]) == 3.0
    measured = wasserstein.METRIC.measure(numeric(build, [0, 2]), numeric(build, [3, 5]), 0.05)
    assert (measured.value, measured.lower, measured.upper) == pytest.approx((3, 3, 3))


def test_samples_of_different_size(build):
    # |F - G| is 1/4 on [0, 1) and 3/4 on [1, 2); the standard deviation of 0, 0, 1, 1 is 1/2.
    baseline, current = [0, 0, 1, 1], [0, 2, 2, 2]
    assert wasserstein.wasserstein(baseline, current) == pytest.approx((0.25 + 0.75) / 0.5)


@settings(max_examples=200)
@given(baseline=SAMPLES, current=SAMPLES)
def test_value_is_scipys(baseline, current):
    value = wasserstein.wasserstein(baseline, current)
    if len({*baseline}) > 1:
        expected = stats.wasserstein_distance(baseline, current) / np.std(baseline)
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_constant_baseline_has_no_scale():
    assert wasserstein.wasserstein([4, 4, 4], [4, 4]) == 0.0
    assert wasserstein.wasserstein([4, 4, 4], [4, 5]) == INF


ROUNDED = [0.1 + 0.2] * 40 + [0.3] * 60  # the same but for the last bit


def test_a_baseline_that_is_constant_but_for_rounding_is_constant(build):
    assert wasserstein.wasserstein(ROUNDED, [0.3] * 50) == 0.0
    assert wasserstein.wasserstein(ROUNDED, [0.4] * 50) == INF
    assert wasserstein.wasserstein([0.1] * 1_000, [0.2] * 7) == INF  # numpy.std is not 0
    for values, value in (([0.3] * 50, 0.0), (ROUNDED, 0.0), ([0.4] * 50, INF)):
        measured = wasserstein.METRIC.measure(numeric(build, ROUNDED), numeric(build, values), 0.05)
        assert (measured.value, measured.lower) == (value, value)
        assert verdict(measured) is (Status.FAIL if value else Status.PASS)


@pytest.mark.parametrize("unit", [1e-150, 1e-12, 1.0, 1e150])
def test_a_small_spread_is_no_rounding_whatever_the_unit(unit):
    baseline, current = np.array([1.0, 2.0]) * unit, np.array([2.0, 3.0]) * unit
    assert wasserstein.wasserstein(baseline, current) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        (([], [1]), "baseline must hold finite values and at least one"),
        (([1], [1, INF]), "current must hold finite values"),
        (([math.nan], [1]), "baseline must hold finite values"),
    ],
)
def test_what_has_no_distance_is_refused(sides, message):
    with pytest.raises(ValueError, match=message):
        wasserstein.wasserstein(*sides)


@settings(max_examples=400)
@given(
    baseline=SAMPLES,
    current=SAMPLES,
    buckets=st.tuples(*[st.sampled_from([1, 2, 3, 7, 10, 50])] * 2),
    rank_error=st.sampled_from([0.0, 0.0, 0.01, 0.2]),
    moments=st.booleans(),
)
def test_interval_holds_the_exact_value(build, baseline, current, buckets, rank_error, moments):
    measured = wasserstein.METRIC.measure(
        *(
            numeric(build, side, buckets=k, rank_error=rank_error, moments=moments)
            for side, k in zip((baseline, current), buckets, strict=True)
        ),
        0.05,
    )
    assert 0.0 <= measured.lower <= measured.value <= measured.upper
    assert holds(measured, exact(baseline, current))
    assert 0.0 <= measured.p_value <= 1.0
    assert 0.0 <= measured.null_value < INF
    assert measured.detectable >= 0.0


@settings(max_examples=200)
@given(
    sample=SAMPLES, buckets=st.sampled_from([1, 2, 7, 50]), rank_error=st.sampled_from([0.0, 0.1])
)
def test_bounds_on_the_standard_deviation_hold(build, sample, buckets, rank_error):
    side = build.numeric(sample, buckets=buckets, rank_error=rank_error)
    value, lower, upper = wasserstein.std_interval(side)
    true = np.std(sample) if len({*sample}) > 1 else 0.0
    assert lower <= value <= upper
    assert lower * (1 - 1e-6) <= true <= upper * (1 + 1e-6)


def test_fine_statistics_give_a_narrow_interval(build):
    rng = np.random.default_rng(1)
    baseline, current = rng.normal(size=5_000), rng.normal(0.2, 1.1, size=4_000)
    measured = wasserstein.METRIC.measure(
        numeric(build, baseline, buckets=1_000), numeric(build, current, buckets=1_000), 0.05
    )
    assert measured.value == pytest.approx(wasserstein.wasserstein(baseline, current), rel=0.01)
    assert measured.upper - measured.lower < 0.03


def test_the_means_bound_the_distance_where_quantiles_are_coarse(build):
    rng = np.random.default_rng(2)
    sides = rng.normal(size=3_000), rng.normal(0.5, 1, size=3_000)
    with_means, without = (
        wasserstein.METRIC.measure(
            *(numeric(build, s, buckets=5, rank_error=0.05, moments=moments) for s in sides), 0.05
        )
        for moments in (True, False)
    )
    assert without.lower < 0.3
    assert with_means.lower > 0.45
    assert holds(with_means, wasserstein.wasserstein(*sides))


def test_distance_is_free_of_the_unit(build):
    rng = np.random.default_rng(3)
    baseline, current = rng.lognormal(size=700), rng.lognormal(0.3, 1, size=500)
    one, other = (
        wasserstein.METRIC.measure(
            numeric(build, scale * baseline + 5), numeric(build, scale * current + 5), 0.05
        )
        for scale in (1.0, 1000.0)
    )
    numbers = [dataclasses.asdict(measured) for measured in (one, other)]
    assert [each.pop("bulk") for each in numbers] == [None, None]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-6)


@pytest.mark.parametrize(
    ("baseline", "current"),
    [
        ([1, 2, 3, INF], [1, 2, 3, 4]),
        ([1, 2, 3, 4], [-INF, 2, 3, 4]),
        ([1, 2, 3, INF], [1, 2, INF, INF]),
        ([-INF, 2, 3, INF], [-INF, -INF, 3, INF]),
        ([INF, INF], [1, INF]),
        ([-1e308, 1e308], [-1e308, 5]),
    ],
)
def test_infinite_values_leave_the_distance_open(build, baseline, current):
    measured = wasserstein.METRIC.measure(numeric(build, baseline), numeric(build, current), 0.05)
    assert (measured.lower, measured.upper, measured.p_value) == (0.0, INF, 1.0)
    assert verdict(measured) is Status.INCONCLUSIVE


def test_equal_shares_of_infinite_values_cancel(build):
    # 1 and 2 move by 1 each: half the values, over the deviation of the finite ones, 1/2.
    measured = wasserstein.METRIC.measure(
        numeric(build, [-INF, 1, 2, INF]), numeric(build, [-INF, 2, 3, INF]), 0.05
    )
    assert (measured.value, measured.lower, measured.upper) == pytest.approx((1, 1, 1))


def verdict(measured, threshold=0.2, n=1_000):
    check = Check("x", "", "wasserstein", threshold, measured, n, n)
    [result] = judge([check], policy.Significance())
    report = Report("drift", Decision(result.status, False, (result,), (result,), {}))
    assert "nan" not in render_json(report).lower()
    assert "x" in render_html(report)
    return result.status


def test_a_constant_that_stays_passes(build):
    same = numeric(build, [7.0] * 300)
    measured = wasserstein.METRIC.measure(same, same, 0.05)
    assert (measured.value, measured.upper, measured.p_value) == (0.0, 0.0, 1.0)
    assert verdict(measured) is Status.PASS


def test_a_constant_that_moves_fails(build):
    measured = wasserstein.METRIC.measure(
        numeric(build, [7.0] * 300), numeric(build, [8.0] * 200), 0.05
    )
    assert measured.lower == INF
    assert measured.null_value == 0.0
    assert measured.p_value < 1e-6
    assert verdict(measured) is Status.FAIL


def test_one_stray_value_beside_a_constant_may_be_chance(build):
    measured = wasserstein.METRIC.measure(
        numeric(build, [7.0] * 300), numeric(build, [7.0] * 299 + [8.0]), 0.05
    )
    assert measured.lower == INF
    assert measured.p_value > 0.05
    assert verdict(measured) is Status.INCONCLUSIVE


LAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
    "ties": lambda rng, n: rng.choice([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 7.0], n),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("sizes", [(20, 20), (20, 1_000), (400, 300)], ids=str)
def test_p_value_is_a_false_alarm_rate(build, law, sizes):
    rng = np.random.default_rng(4)
    measured = [
        wasserstein.METRIC.measure(*(numeric(build, LAWS[law](rng, n)) for n in sizes), 0.05)
        for _ in range(300)
    ]
    assert 0.015 <= np.mean([m.p_value <= 0.05 for m in measured]) <= 0.09
    assert np.mean([m.p_value <= 0.01 for m in measured]) <= 0.03
    assert np.mean([m.value / m.null_value for m in measured]) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(("n", "m"), [(220, 80), (20, 20)])
def test_moments_are_those_of_random_relabelling(law, n, m):
    rng = np.random.default_rng(5)
    values = np.sort(LAWS[law](rng, n + m))
    shuffled = [rng.permutation(values) for _ in range(1_500)]
    distances = [stats.wasserstein_distance(v[:n], v[n:]) for v in shuffled]
    cdf = np.arange(1, n + m) / (n + m)
    mean, std, skewness = transport_null.null_moments(np.stack((cdf, cdf)), np.diff(values), n, m)
    assert mean == pytest.approx(np.mean(distances), rel=0.05)
    assert std == pytest.approx(np.std(distances), rel=0.15)
    assert 1 <= skewness < 2


def test_one_value_far_out_on_the_small_side_is_no_surprise(build):
    # It lies there with probability 0.02 if nothing changed.
    rng = np.random.default_rng(9)
    baseline, current = rng.normal(size=980), rng.normal(size=20)
    current[0] = 1e4
    measured = wasserstein.METRIC.measure(numeric(build, baseline), numeric(build, current), 0.05)
    assert measured.lower - measured.null_value > 100
    assert 1e-3 < measured.p_value < 0.1


def test_null_value_of_coarse_statistics_of_a_heavy_tail(build):
    # Most of the last bucket is empty but for one value.
    rng = np.random.default_rng(6)
    baseline, current = (np.exp(1.5 * rng.normal(size=5_000)) for _ in range(2))
    coarse, fine = (
        wasserstein.METRIC.measure(
            *(numeric(build, side, buckets=k) for side in (baseline, current)), 0.05
        ).null_value
        for k in (200, 5_000)
    )
    assert coarse == pytest.approx(fine, rel=0.3)


def test_categories_are_refused(build):
    with pytest.raises(TypeError, match="numeric"):
        wasserstein.METRIC.measure(build.numeric([1, 2]), build.categorical({"a": 3}), 0.05)


def test_far_from_zero_the_last_bits_of_the_moments_do_not_leave_the_interval():
    # A mean of 10^9 is known to 10^-7, and so is a standard deviation of 1 that it is taken from.
    values = np.sort(1e9 + np.random.default_rng(4).normal(0, 1, 9))
    parts = [NumericAccumulator(2) for _ in range(2)]
    for part, some in zip(parts, np.array_split(values, 2), strict=True):
        part.add(some)
        part.summary()
    parts[0].merge(parts[1])
    current = NumericAccumulator(2)
    current.add(np.array([1.0]))
    sides = parts[0].distribution(), current.distribution()
    measured = wasserstein.METRIC.measure(*sides, 0.05)
    assert measured.lower <= wasserstein.wasserstein(values, [1.0]) <= measured.upper
    assert measured.upper - measured.lower < 1e-4 * measured.value


@pytest.mark.parametrize("power", [-1_000, -540, -524, 520, 1_010])
@pytest.mark.parametrize("kept", [2, 400])
def test_the_unit_does_not_matter_however_small_or_large_the_numbers_are(power, kept):
    """Squares of numbers beyond 1e154 overflow, and those of numbers below 1e-154 lose digits."""
    rng = np.random.default_rng(6)
    values = np.round(rng.normal(0, 1, 90), 1), np.round(rng.normal(0.4, 1, 60), 1)

    def measured(power):
        sides = []
        for side in values:
            accumulator = NumericAccumulator(kept)
            for part in np.split(np.ldexp(side, power), 3):
                accumulator.add(part)
                accumulator.summary()
            sides.append(accumulator.distribution())
        return wasserstein.METRIC.measure(*sides, 0.05)

    plain, scaled = measured(0), measured(power)
    for field in ("value", "lower", "upper", "p_value", "null_value"):
        assert getattr(scaled, field) == pytest.approx(getattr(plain, field), rel=1e-9)
    exact_value = wasserstein.wasserstein(*(np.ldexp(side, power) for side in values))
    assert exact_value == pytest.approx(exact(*values))
    assert scaled.lower <= exact_value * (1 + 1e-12)
    assert exact_value <= scaled.upper * (1 + 1e-12)


def test_the_deviation_of_tiny_numbers_in_statistics_of_others_is_not_believed(build):
    """TFDV squares them, which loses digits: what is known of the CDF bounds the deviation."""
    tiny = np.ldexp(np.random.default_rng(8).exponential(size=500), -537)
    feature = build.numeric_feature("x", tiny, buckets=10)
    feature.num_stats.mean, feature.num_stats.std_dev = np.mean(tiny), np.sqrt(np.var(tiny))
    told = build.distributions(build.dataset(feature), 0.0)["x"]
    measured = wasserstein.METRIC.measure(told, build.numeric(2 * tiny, buckets=10), 0.05)
    assert measured.lower < wasserstein.wasserstein(tiny, 2 * tiny) < measured.upper
    feature.num_stats.std_dev = 1e-100
    assert build.distributions(build.dataset(feature), 0.0)["x"].std == 1e-100
