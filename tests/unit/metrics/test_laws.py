import math

import numpy as np
import pytest
from scipy import stats

from skewgate.metrics.laws import Cautious, Drawn, Gamma

CHI_SQUARE = Gamma(5.0, math.sqrt(10.0))


def drawn(values, complete=False, log_ways=40.0):
    return Drawn(np.sort(np.asarray(values, float)), log_ways, complete)


def test_a_gamma_law_of_two_moments_is_chi_square_where_these_are():
    for value in (0.5, 4.0, 11.07, 60.0):
        assert CHI_SQUARE.p_value(value) == pytest.approx(stats.chi2.sf(value, 5), rel=1e-9)
    assert CHI_SQUARE.critical(0.01) == pytest.approx(stats.chi2.isf(0.01, 5))
    assert CHI_SQUARE.mean_root == pytest.approx(stats.chi(5).mean())


def test_a_gamma_law_of_three_moments_is_pearsons():
    law = Gamma(2.0, 0.5, 1.6)
    for value in (1.4, 2.0, 3.0, 6.0):
        expected = stats.pearson3.sf(value, 1.6, loc=2.0, scale=0.5)
        assert law.p_value(value) == pytest.approx(expected, rel=1e-9)
    assert law.p_value(law.critical(0.003)) == pytest.approx(0.003)


def test_moments_may_be_as_large_as_numbers_are():
    law = Gamma(1e300, 3e299, 1.2)
    assert law.p_value(law.critical(0.05)) == pytest.approx(0.05)


def test_of_all_ways_the_share_that_is_as_large_counts():
    law = drawn([0, 1, 1, 2, 5, 5, 5, 9], complete=True)
    assert [law.p_value(value) for value in (0, 1, 4, 5, 9)] == [1, 7 / 8, 4 / 8, 4 / 8, 1 / 8]
    assert law.p_value(5 * (1 + 1e-12)) == 4 / 8  # equal but for rounding


def test_a_draw_counts_the_value_that_was_seen_too():
    law = drawn([1, 2, 3, 4])
    assert [law.p_value(value) for value in (0, 2, 4)] == [1, 4 / 5, 2 / 5]


def test_beyond_the_largest_draw_the_tail_goes_on():
    rng = np.random.default_rng(1)
    law = drawn(rng.chisquare(5, 999))
    largest = law.values[-1]
    found = [law.p_value(largest + step) for step in (1e-4, 1.0, 5.0, 20.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(1 / 1000, rel=0.01)
    assert found[3] == pytest.approx(stats.chi2.sf(largest + 20, 5), rel=20)
    assert 0 < found[3] < 1e-6


def test_no_p_value_is_below_one_way_in_all():
    law = drawn(np.random.default_rng(2).chisquare(5, 999), log_ways=math.log(20_000))
    assert law.p_value(1e6) == pytest.approx(1 / 20_000)
    assert law.critical(1e-5) == math.inf


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.0031, 1e-4, 1e-8])
def test_the_critical_value_is_the_smallest_that_is_significant(alpha):
    law = drawn(np.random.default_rng(3).chisquare(5, 999))
    critical = law.critical(alpha)
    assert law.p_value(critical) <= alpha * (1 + 1e-6)
    assert law.p_value(critical * (1 - 1e-6)) > alpha * (1 - 1e-3)


def test_what_no_way_can_reach_is_never_significant():
    law = drawn([0.0, 0.1, 0.1, 0.4, 0.9, 0.9], complete=True)  # the largest has p = 1/3
    assert law.critical(0.05) == math.inf
    assert law.critical(0.33) == math.inf
    assert 0.4 < law.critical(0.34) < 0.9
    assert 0.1 < law.critical(0.51) < 0.4


def test_of_several_laws_the_one_that_surprises_least_counts():
    both = Cautious((CHI_SQUARE, Gamma(4.0, 4.0)))
    assert both.p_value(12.0) == Gamma(4.0, 4.0).p_value(12.0)
    assert both.p_value(6.0) == CHI_SQUARE.p_value(6.0)
    assert both.critical(0.01) == max(CHI_SQUARE.critical(0.01), Gamma(4.0, 4.0).critical(0.01))
    assert (both.mean, both.mean_root) == (CHI_SQUARE.mean, CHI_SQUARE.mean_root)
