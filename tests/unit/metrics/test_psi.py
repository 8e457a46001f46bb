import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skewgate.metrics import psi
from tests import exact_metrics

PAIRS_OF_COUNTS = st.integers(2, 9).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 300), min_size=k, max_size=k).filter(any)] * 2)
)
COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500), min_size=1, max_size=8)


def index(baseline, current, smoothing=0.5):
    """The definition, bin by bin."""
    n, m = sum(baseline), sum(current)
    offset = smoothing * (1 / n + 1 / m) / 2
    return sum(
        (c / m - b / n) * math.log((c / m + offset) / (b / n + offset))
        for b, c in zip(baseline, current, strict=True)
    )


def aligned(baseline, current):
    names = sorted({*baseline, *current})
    return tuple([side.get(name, 0) for name in names] for side in (baseline, current))


def test_hand_computed_value_without_smoothing():
    # (0.2 - 0.5) ln(0.2 / 0.5) + (0.8 - 0.5) ln(0.8 / 0.5)
    assert psi.psi([50, 50], [20, 80], smoothing=0) == pytest.approx(
        -0.3 * math.log(0.4) + 0.3 * math.log(1.6)
    )


def test_hand_computed_value_with_an_empty_bin():
    # Shares 1, 0 against 0.75, 0.25; half a value of 10 and of 20 is 0.0375 on average.
    expected = -0.25 * math.log(0.7875 / 1.0375) + 0.25 * math.log(0.2875 / 0.0375)
    assert psi.psi([10, 0], [15, 5]) == pytest.approx(expected)
    assert psi.smoothing_offset(10, 20) == pytest.approx(0.0375)


@given(
    pair=st.integers(2, 9).flatmap(
        lambda k: st.tuples(*[st.lists(st.integers(1, 300), min_size=k, max_size=k)] * 2)
    )
)
def test_value_without_smoothing_is_the_sum_of_both_divergences_of_scipy(pair):
    expected = stats.entropy(*pair) + stats.entropy(*reversed(pair))
    assert psi.psi(*pair, smoothing=0) == pytest.approx(expected, abs=1e-9)


@given(counts=st.lists(st.integers(0, 300), min_size=2, max_size=9).filter(any))
def test_equal_shares_have_index_zero_whatever_the_sizes(counts):
    assert psi.psi(counts, [7 * count for count in counts]) == pytest.approx(0.0, abs=1e-15)


@given(pair=PAIRS_OF_COUNTS)
def test_a_bin_that_is_empty_on_both_sides_adds_nothing(pair):
    one, two = pair
    assert psi.psi([*one, 0], [*two, 0]) == pytest.approx(psi.psi(one, two), abs=1e-12)


@settings(max_examples=300)
@given(pair=PAIRS_OF_COUNTS)
def test_joining_bins_never_raises_the_sum_by_more_than_the_offset_allows(pair):
    # The inequality that bounds hidden categories: k bins hold at least k times their mean.
    (one, two), k = (np.asarray(side, float) / sum(side) for side in pair), len(pair[0])
    offset = psi.smoothing_offset(sum(pair[0]), sum(pair[1]))
    split = np.sum(psi.psi_terms(one[1:], two[1:], offset))
    joined = psi.psi_terms(one[1:].sum(), two[1:].sum(), (k - 1) * offset)
    assert joined <= split + 1e-12


@given(pair=PAIRS_OF_COUNTS)
def test_value_is_non_negative_symmetric_and_zero_on_itself(pair):
    one, two = pair
    assert psi.psi(one, two) >= 0.0
    assert psi.psi(one, two) == pytest.approx(psi.psi(two, one), abs=1e-12)
    assert psi.psi(one, one) == 0.0


@pytest.mark.parametrize(
    ("sides", "options", "message"),
    [
        (([5, 5], [2, 3, 5]), {}, r"shapes differ: \(2,\) and \(3,\)"),
        (([5, -1], [4, 6]), {}, "baseline must hold non-negative counts with a positive sum"),
        (([4, 6], [0, 0]), {}, "current must hold non-negative counts with a positive sum"),
        (([4, 6], [9, 0]), {"smoothing": 0}, "current has an empty bin, which needs smoothing > 0"),
    ],
)
def test_what_are_no_counts_is_refused(sides, options, message):
    with pytest.raises(ValueError, match=message):
        psi.psi(*sides, **options)


@given(baseline=COUNTS, current=COUNTS)
def test_complete_categories_are_measured_exactly(build, baseline, current):
    measured = psi.METRIC.measure(build.categorical(baseline), build.categorical(current), 0.05)
    assert measured.value == pytest.approx(index(*aligned(baseline, current)), abs=1e-9)
    assert measured.upper - measured.lower < 1e-9


@settings(max_examples=400)
@given(baseline=COUNTS, current=COUNTS, kept=st.tuples(*[st.integers(1, 8)] * 2))
def test_interval_holds_the_exact_value_when_categories_were_dropped(
    build, baseline, current, kept
):
    measured = psi.METRIC.measure(
        build.categorical(baseline, kept=kept[0]), build.categorical(current, kept=kept[1]), 0.05
    )
    assert 0.0 <= measured.lower <= measured.value <= measured.upper < math.inf
    assert measured.lower - 1e-9 <= index(*aligned(baseline, current)) <= measured.upper + 1e-9


def test_hidden_categories_do_not_hide_what_the_others_show(build):
    rare = {f"r{i}": 2 for i in range(50)}
    measured = psi.METRIC.measure(
        build.categorical({"a": 7_000, "b": 2_900, **rare}, kept=2),
        build.categorical({"a": 2_900, "b": 7_000, **rare}, kept=2),
        0.05,
    )
    assert measured.lower > 0.7
    assert measured.upper < measured.lower + 0.15


def test_hidden_mass_that_grew_is_certain_to_count(build):
    # 100 of 10,000 hidden values against 3,000: whatever their names, this much differs.
    rare = {f"r{i}": 1 for i in range(3_000)}
    measured = psi.METRIC.measure(
        build.categorical({"a": 9_900, **{f"r{i}": 1 for i in range(100)}}, kept=1),
        build.categorical({"a": 7_000, **rare}, kept=1),
        0.05,
    )
    assert measured.lower > 0.2


@settings(max_examples=200)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.integers(1, 300), st.integers(1, 200)),
    step=st.sampled_from([0.1, 0.5, 2.0]),
)
def test_interval_holds_the_exact_value_of_the_bins_of_all_values(build, seed, sizes, step):
    rng = np.random.default_rng(seed)
    baseline = np.round(rng.normal(0, 1, sizes[0]) / step) * step
    current = np.round(rng.normal(0.3, 2, sizes[1]) / step) * step
    sides = build.numeric(baseline, buckets=20), build.numeric(current, buckets=30)
    measured = psi.METRIC.measure(*sides, 0.05)
    expected = index(*exact_metrics.binned(baseline, current))
    assert measured.lower - 1e-9 <= expected <= measured.upper + 1e-9


def test_numeric_features_use_ten_bins_of_equal_baseline_mass(build):
    baseline, current = np.arange(1, 1001), np.arange(301, 801)
    measured = psi.METRIC.measure(
        build.numeric(baseline, buckets=1000), build.numeric(current, buckets=500), 0.05
    )
    # The current values fill the bins 4 to 8 evenly.
    expected = index([100] * 10, [0, 0, 0, 100, 100, 100, 100, 100, 0, 0])
    assert measured.value == pytest.approx(expected, rel=0.02)


def test_values_beyond_the_baseline_fall_into_the_outer_bins(build):
    baseline = build.numeric(np.arange(1, 1001), buckets=1000)
    near = build.numeric(np.full(400, 1000.0))
    far = build.numeric(np.full(400, 1e9))
    assert psi.METRIC.measure(baseline, far, 0.05).value == pytest.approx(
        psi.METRIC.measure(baseline, near, 0.05).value
    )


@pytest.mark.parametrize(
    ("baseline", "current"),
    [
        pytest.param([0] * 30 + [1] * 970, [0] * 250 + [1] * 250, id="at-the-maximum"),
        pytest.param([0] * 970 + [1] * 30, [0] * 250 + [1] * 250, id="at-the-minimum"),
        pytest.param([0] * 20 + [1] * 960 + [2] * 20, [0] * 240 + [1] * 260, id="in-the-middle"),
        pytest.param([5] * 1000, [4] * 250 + [5] * 250, id="constant-and-lower"),
        pytest.param([5] * 1000, [5] * 250 + [6] * 250, id="constant-and-higher"),
    ],
)
@pytest.mark.parametrize("metric", ["psi", "jsd"])
def test_a_heavy_value_that_loses_half_its_mass_is_seen(build, baseline, current, metric):
    from skewgate.metrics import REGISTRY

    measured = REGISTRY[metric].measure(build.numeric(baseline), build.numeric(current), 0.05)
    assert measured.lower - measured.null_value > 0.2
    assert measured.p_value < 1e-6


def test_published_null_law():
    # Yurdakul and Naranjo (2020): PSI / (1/N + 1/M) follows chi-square with B - 1 degrees.
    rng = np.random.default_rng(1)
    n, m, bins = 2_000, 1_200, 10
    law = np.full(bins, 1 / bins)
    draws = np.array(
        [psi.psi(rng.multinomial(n, law), rng.multinomial(m, law)) for _ in range(2_000)]
    )
    scaled = draws / (1 / n + 1 / m)
    assert scaled.mean() == pytest.approx(bins - 1, rel=0.05)
    assert scaled.var() == pytest.approx(2 * (bins - 1), rel=0.15)
    assert np.mean(scaled > stats.chi2.isf(0.05, bins - 1)) == pytest.approx(0.05, abs=0.015)


def test_null_value_of_many_categories_is_what_no_change_gives(build):
    # The design's example: 4,000 categories, 5,000 values a side, no change.
    rng = np.random.default_rng(2)
    sides = (
        build.categorical(
            {
                f"c{i}": int(count)
                for i, count in enumerate(np.bincount(rng.integers(0, 4_000, 5_000)))
                if count
            }
        )
        for _ in range(2)
    )
    measured = psi.METRIC.measure(*sides, 0.05)
    assert measured.value > 0.5
    assert measured.value - measured.null_value < 0.2
    assert measured.p_value > 0.05


def test_significance_is_the_chi_square_tail(build):
    baseline, current = {"a": 700, "b": 200, "c": 100}, {"a": 300, "b": 80, "c": 60}
    measured = psi.METRIC.measure(build.categorical(baseline), build.categorical(current), 0.01)
    per_unit = 1 / 1000 + 1 / 440
    assert measured.p_value == pytest.approx(stats.chi2.sf(measured.lower / per_unit, 2))
    assert measured.null_value == pytest.approx(2 * per_unit)
    assert measured.detectable == pytest.approx((stats.chi2.isf(0.01, 2) - 2) * per_unit)
