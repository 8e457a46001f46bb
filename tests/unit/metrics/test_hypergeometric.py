import numpy as np
import pytest
from scipy import stats

from skewgate.metrics.hypergeometric import likely_numbers, moments

COUNTS = np.array([1, 2, 7, 60, 248])


@pytest.mark.parametrize("sizes", [(100, 151), (3, 248), (249, 2)], ids=str)
def test_probabilities_are_scipys(sizes):
    numbers, probabilities = likely_numbers(COUNTS, *sizes)
    for count, row, chances in zip(COUNTS, numbers, probabilities, strict=True):
        there = chances > 0
        law = stats.hypergeom(sum(sizes), count, sizes[0])
        np.testing.assert_allclose(chances[there], law.pmf(row[there]), rtol=1e-9)
        assert chances.sum() == pytest.approx(1)


def test_moments_are_scipys():
    center, spread = moments(COUNTS, 100, 151)
    laws = [stats.hypergeom(251, count, 100) for count in COUNTS]
    np.testing.assert_allclose(center, [law.mean() for law in laws])
    np.testing.assert_allclose(spread, [law.std() for law in laws], atol=1e-9)


def test_many_values_need_no_more_numbers_than_are_likely():
    numbers, probabilities = likely_numbers(np.array([3, 40_000]), 10**9, 10**9)
    assert numbers.shape[1] < 2_000
    np.testing.assert_allclose(probabilities[0][:4], [1 / 8, 3 / 8, 3 / 8, 1 / 8], rtol=1e-3)
    assert np.sum(numbers[1] * probabilities[1]) == pytest.approx(20_000, rel=1e-6)
