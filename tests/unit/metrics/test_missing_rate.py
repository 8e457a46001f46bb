import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skewgate.core.distributions import CategoricalDistribution, EmptyDistribution
from skewgate.metrics import missing_rate
from skewgate.metrics.fisher import proportions_p

TABLES = st.tuples(
    st.integers(0, 400), st.integers(1, 400), st.integers(0, 300), st.integers(1, 300)
).map(lambda t: (min(t[0], t[1]), t[1], min(t[2], t[3]), t[3]))


def test_hand_computed_change(build):
    # 10 of 50 against 30 of 60.
    measured = missing_rate.METRIC.measure(
        build.categorical({"a": 40}, n_missing=10),
        build.categorical({"a": 20, "b": 10}, n_missing=30),
        0.05,
    )
    assert (measured.value, measured.lower, measured.upper) == pytest.approx((0.3, 0.3, 0.3))


def test_nan_counts_as_missing(build):
    # 3 + 2 of 10 against 1 + 0 of 20.
    measured = missing_rate.METRIC.measure(
        build.numeric([1, 2, 3, 4, 5], n_missing=3, n_nan=2),
        build.numeric(range(19), n_missing=1),
        0.05,
    )
    assert measured.value == pytest.approx(0.45)


def test_a_feature_without_any_value_is_all_missing(build):
    measured = missing_rate.METRIC.measure(
        build.numeric(range(75), n_missing=25), EmptyDistribution(n_missing=40), 0.05
    )
    assert measured.value == pytest.approx(0.75)
    assert measured.p_value < 1e-9


def test_equal_rates_of_missing_values_are_no_change(build):
    measured = missing_rate.METRIC.measure(
        build.numeric(range(80), n_missing=20), build.numeric(range(40), n_nan=10), 0.05
    )
    assert measured.value == 0.0
    assert measured.p_value == 1.0


def test_examples_with_several_values_count_once():
    # 20 of 100 examples against 15 of 60, whatever the number of values in the others.
    several = CategoricalDistribution({"a": 300.0}, 0.0, 300, n_missing=20, n_present=80)
    more = CategoricalDistribution({"a": 900.0}, 0.0, 900, n_missing=15, n_present=45)
    measured = missing_rate.METRIC.measure(several, more, 0.05)
    assert measured.value == pytest.approx(0.05)
    assert measured.p_value == proportions_p(20, 100, 15, 60)


@given(table=TABLES)
def test_value_is_the_absolute_change_in_either_direction(build, table):
    k_baseline, n_baseline, k_current, n_current = table
    sides = [
        build.numeric(range(n - k), n_missing=k)
        for k, n in ((k_baseline, n_baseline), (k_current, n_current))
    ]
    measured = missing_rate.METRIC.measure(*sides, 0.05)
    assert measured.value == pytest.approx(abs(k_current / n_current - k_baseline / n_baseline))
    assert measured.value == missing_rate.METRIC.measure(*reversed(sides), 0.05).value
    assert 0.0 <= measured.value <= 1.0


@given(table=TABLES)
def test_a_rate_and_its_complement_are_alike_to_the_last_digit(table):
    k_baseline, n_baseline, k_current, n_current = table

    def measure(missing_baseline, missing_current):
        sides = [
            CategoricalDistribution({"a": float(n - k)}, 0.0, n - k, n_missing=k)
            if n > k
            else EmptyDistribution(n_missing=k)
            for k, n in ((missing_baseline, n_baseline), (missing_current, n_current))
        ]
        return missing_rate.METRIC.measure(*sides, 0.01)

    assert measure(k_baseline, k_current) == measure(n_baseline - k_baseline, n_current - k_current)


@pytest.mark.parametrize("rows", [90, 3_000])
def test_a_feature_that_is_always_empty_is_as_sure_as_one_that_is_always_full(rows):
    full = CategoricalDistribution({"a": float(rows)}, 0.0, rows)
    empty = EmptyDistribution(n_missing=rows)
    measured = [missing_rate.METRIC.measure(side, side, 0.05) for side in (full, empty)]
    assert measured[0] == measured[1]
    assert measured[1].detectable < 0.05


def test_a_change_that_is_just_the_threshold_is_so_on_either_end():
    # 1 - 0.95 is more than 0.05, as floats.
    few = missing_rate.METRIC.measure(
        CategoricalDistribution({"a": 100.0}, 0.0, 100),
        CategoricalDistribution({"a": 95.0}, 0.0, 95, n_missing=5),
        0.05,
    )
    many = missing_rate.METRIC.measure(
        CategoricalDistribution({"a": 5.0}, 0.0, 5, n_missing=95),
        EmptyDistribution(n_missing=100),
        0.05,
    )
    assert few.value == many.value == 0.05


def test_detectable_shrinks_with_size(build):
    few, many = (
        missing_rate.METRIC.measure(
            build.numeric(range(90 * scale), n_missing=10 * scale),
            build.numeric(range(45 * scale), n_missing=5 * scale),
            0.05,
        )
        for scale in (1, 16)
    )
    assert many.detectable == pytest.approx(few.detectable / 4)
    assert few.detectable == pytest.approx(
        stats.norm.isf(0.025) * (0.1 * 0.9 * (1 / 100 + 1 / 50)) ** 0.5
    )
