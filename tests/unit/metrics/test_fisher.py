import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skewgate.metrics.fisher import proportions_p

TABLES = st.tuples(
    st.integers(0, 400), st.integers(1, 400), st.integers(0, 300), st.integers(1, 300)
).map(lambda t: (min(t[0], t[1]), t[1], min(t[2], t[3]), t[3]))


def table(k_baseline, n_baseline, k_current, n_current):
    return [[k_baseline, n_baseline - k_baseline], [k_current, n_current - k_current]]


@given(counts=TABLES)
def test_p_value_is_scipys(counts):
    expected = stats.fisher_exact(table(*counts))[1]
    assert proportions_p(*counts) == pytest.approx(expected, rel=1e-7, abs=1e-14)


@given(counts=TABLES)
def test_sides_may_change_places(counts):
    assert proportions_p(*counts) == pytest.approx(proportions_p(*counts[2:], *counts[:2]))


@pytest.mark.parametrize("missing", [0, 50])
def test_nothing_or_everything_missing_is_no_evidence(missing):
    assert proportions_p(missing, 50, 2 * missing, 100) == 1.0


def test_many_successes_have_the_pooled_normal_law():
    counts = (400_000, 1_000_000, 281_500, 700_000)
    expected = stats.chi2_contingency(table(*counts), correction=False).pvalue
    assert proportions_p(*counts) == pytest.approx(expected, rel=1e-9)


def test_both_laws_agree_where_one_follows_the_other():
    # The number of successes has a standard deviation of a little less and a little more than 100.
    for scale in (79_000, 81_000):
        counts = (scale // 2, scale, scale // 2 + 210, scale)
        expected = stats.chi2_contingency(table(*counts), correction=True).pvalue
        assert proportions_p(*counts) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # Of 7 that are dealt to two equal sides, none comes to the one: 2 / 2^7.
        ((0, 10**10, 7, 10**10), 2 / 2**7),
        # 3 of 10^10 against none of 1000: they are where most are.
        ((3, 10**10, 0, 1_000), 1.0),
        # 2 of 1000 against none of 10^10.
        ((0, 10**10, 2, 1_000), 1e-14),
    ],
)
def test_ten_thousand_million_rows_are_as_few(counts, expected):
    assert proportions_p(*counts) == pytest.approx(expected, rel=1e-3)


def test_the_farthest_tables_have_a_p_value_of_0():
    assert proportions_p(0, 10**10, 9_000, 10**10) == 0.0
    assert proportions_p(0, 10**10, 500_000, 10**10) == 0.0
    assert not math.isnan(proportions_p(1, 10**10, 10**6, 10**6))
