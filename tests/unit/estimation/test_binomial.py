from __future__ import annotations

import math

import hypothesis
import hypothesis.strategies as st
import pytest
from scipy import stats

from skewgate.estimation import binomial

counts = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@hypothesis.given(counts, st.floats(1e-4, 0.5))
def test_bounds_are_those_of_clopper_and_pearson(pair, alpha):
    count, n = pair
    exact = stats.binomtest(count, n).proportion_ci(1 - 2 * alpha, "exact")
    assert binomial.bounds(count, n, alpha) == pytest.approx((exact.low, exact.high), abs=1e-9)


@hypothesis.given(counts, st.floats(0, 1))
def test_p_is_the_tail_of_the_binomial_law(pair, share):
    count, n = pair
    assert binomial.p_at_least(count, n, share) == pytest.approx(
        stats.binom.sf(count - 1, n, share), abs=1e-9
    )


def test_no_success_in_299_rules_out_one_in_a_hundred():
    assert math.ceil(binomial.needed(0, 5, 0.01, 0.05)) == 299
    assert binomial.bounds(0, 299, 0.05)[1] <= 0.01 < binomial.bounds(0, 298, 0.05)[1]


def test_what_is_needed_would_settle_the_same_share():
    needed = math.ceil(binomial.needed(3, 200, 0.01, 0.05))
    assert needed > 200
    assert stats.binom.sf(round(0.015 * needed) - 1, needed, 0.01) <= 0.06


@pytest.mark.parametrize("share", [0.0, 0.02, 1.0])
def test_nothing_settles_a_share_at_the_threshold_or_at_the_ends(share):
    assert binomial.needed(2, 100, share, 0.05) == math.inf


@pytest.mark.parametrize(("count", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(count, n):
    for call in (
        lambda: binomial.bounds(count, n, 0.05),
        lambda: binomial.p_at_least(count, n, 0.5),
        lambda: binomial.needed(count, n, 0.5, 0.05),
    ):
        with pytest.raises(ValueError, match=f"got {count} of {n}"):
            call()
