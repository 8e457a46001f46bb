"""Dealing anew gives the law that all ways of dealing the same values have."""

import itertools

import numpy as np
import pytest
from scipy import stats

from skewgate.core.distributions import CategoricalDistribution
from skewgate.metrics import REGISTRY, relabelling
from skewgate.metrics.base import shares_of
from skewgate.metrics.jsd import jsd, jsd_terms
from skewgate.profiling.accumulators.numeric import NumericAccumulator


def side(values, resolution=4096):
    accumulator = NumericAccumulator(resolution)
    accumulator.add(np.asarray(values, float))
    return accumulator.distribution()


def statistic(left, right):
    return np.sum(jsd_terms(left, right), axis=-1)


def ways(values, n):
    """Yields both sides for each way to deal values, n of them to the first side."""
    for chosen in itertools.combinations(range(len(values)), n):
        picked = np.isin(np.arange(len(values)), chosen)
        yield values[picked], values[~picked]


def pooled(one, other):
    return relabelling.pool(side(one), side(other))


VALUES = {
    "different": np.array([0.1, 0.4, 1.3, 1.9, 2.2, 3.0, 3.1, 4.7, 5.0]),
    "ties": np.array([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 7.0]),
    "atom": np.array([3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 4.0, 9.0]),
}


@pytest.mark.parametrize("values", VALUES.values(), ids=list(VALUES))
@pytest.mark.parametrize("n", [1, 3, 6])
def test_bins_are_cut_anew_for_each_way(values, n):
    law = relabelling.law_over_bins(
        statistic, pooled(values[:n], values[n:]), n, len(values) - n, bins=10
    )
    expected = []
    for baseline, current in ways(values, n):
        shares = shares_of(side(baseline), side(current))
        expected.append(jsd(shares.baseline, shares.current))
    assert law.complete
    np.testing.assert_allclose(law.values, np.sort(expected), atol=1e-12)


@pytest.mark.parametrize("values", VALUES.values(), ids=list(VALUES))
@pytest.mark.parametrize("n", [1, 3, 6])
def test_the_transport_distance_is_that_of_each_way(values, n):
    law = relabelling.law_of_transport(pooled(values[:n], values[n:]), n, len(values) - n)
    expected = [stats.wasserstein_distance(*sides) for sides in ways(values, n)]
    np.testing.assert_allclose(law.values, np.sort(expected), atol=1e-12)


@pytest.mark.parametrize(("n", "m"), [(30, 900), (900, 30), (6, 700)])
def test_few_values_among_many_are_dealt_as_all_are(n, m):
    rng = np.random.default_rng(2)
    values = np.sort(np.round(rng.exponential(size=n + m), 2))
    law = relabelling.law_of_transport_of_few(np.arange(1.0, n + m), np.diff(values), n, m)
    found = []
    for _ in range(600):
        shuffled = rng.permutation(values)
        found.append(stats.wasserstein_distance(shuffled[:n], shuffled[n:]))
    assert law.mean == pytest.approx(np.mean(found), rel=0.06)
    assert law.deviation == pytest.approx(np.std(found), rel=0.2)
    assert law.critical(0.05) == pytest.approx(np.quantile(found, 0.95), rel=0.1)


def test_the_distance_of_places_that_are_drawn_is_scipys(monkeypatch):
    values = np.array([0.0, 0.0, 1.0, 1.5, 4.0, 4.0, 9.0])
    places = np.array([[0, 3], [1, 2], [5, 6]])
    monkeypatch.setattr(relabelling, "_without_repeats", lambda few, total: places)
    law = relabelling.law_of_transport_of_few(np.arange(1.0, 7), np.diff(values), 5, 2)
    expected = [stats.wasserstein_distance(values[row], np.delete(values, row)) for row in places]
    np.testing.assert_allclose(law.values, np.sort(expected), atol=1e-12)


def test_the_counts_of_categories_are_those_of_each_way():
    names = np.array([0, 0, 0, 1, 1, 2, 3])
    law = relabelling.law_over_categories(statistic, np.bincount(names), 3, 4)
    expected = [
        jsd(np.bincount(one, minlength=4) / 3, np.bincount(other, minlength=4) / 4)
        for one, other in ways(names, 3)
    ]
    np.testing.assert_allclose(law.values, np.sort(expected), atol=1e-12)


def test_draws_have_the_law_of_all_ways():
    deals = relabelling.deals(40, 25)
    assert not deals.complete
    assert deals.baseline.shape == (relabelling.DRAWS, 66)
    assert np.all(deals.baseline[:, -1] == 40)
    chance = np.diff(deals.baseline, axis=1).mean(axis=0)
    assert np.all(np.abs(chance - 40 / 65) < 5 * np.sqrt(0.24 / relabelling.DRAWS))
    rows = np.arange(len(deals.places))
    for rank in (0, 17, 39):
        assert np.all(deals.baseline[rows, deals.places[:, rank] + 1] == rank + 1)


def test_sides_of_which_not_all_is_known_are_not_dealt():
    rng = np.random.default_rng(1)
    known, summarised = side(rng.normal(size=60)), side(rng.normal(size=60), resolution=8)
    assert relabelling.pool(known, known) is not None
    many = side(rng.normal(size=relabelling.LARGEST))
    assert relabelling.pool(known, many) is None
    assert relabelling.pool(known, CategoricalDistribution({"a": 2.0}, 0.0, 2)) is None
    if summarised.right_lower[1] != summarised.left_lower[2]:
        assert relabelling.pool(known, summarised) is None


def test_jsd_of_six_against_six_values_has_its_exact_p_value():
    baseline, current = np.array([3, 1, 2, 0, 0, 0]), np.array([0, 0, 0, 2, 2, 2])
    sides = [
        CategoricalDistribution({f"c{i}": float(c) for i, c in enumerate(side) if c}, 0.0, 6)
        for side in (baseline, current)
    ]
    names = np.repeat(np.arange(6), baseline + current)
    seen = jsd(baseline / 6, current / 6)
    found = [
        jsd(np.bincount(one, minlength=6) / 6, np.bincount(other, minlength=6) / 6)
        for one, other in ways(names, 6)
    ]
    expected = np.mean(np.array(found) >= seen - 1e-12)
    measured = REGISTRY["jsd"].measure(*sides, 0.05)
    assert measured.p_value == pytest.approx(expected)


@pytest.mark.parametrize("sizes", [(3, 8), (8, 3)], ids=str)
def test_few_values_among_categories_are_dealt_as_all_ways_deal_them(sizes):
    pooled = np.array([4, 1, 3, 2, 1])
    drawn = relabelling.law_over_categories_of_few(jsd_terms, pooled, *sizes)
    complete = relabelling.law_over_categories(statistic, pooled, *sizes)
    assert complete.complete
    for value, count in zip(*np.unique(complete.values.round(9), return_counts=True), strict=True):
        share = count / len(complete.values)
        seen = np.mean(np.isclose(drawn.values, value, atol=1e-8))
        assert abs(seen - share) < 5 * np.sqrt(share * (1 - share) / 999)
    assert set(drawn.values.round(8)) <= set(complete.values.round(8))
