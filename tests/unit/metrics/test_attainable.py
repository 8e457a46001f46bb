"""What a metric could show at most, by the frequencies of the values alone."""

import math

import numpy as np
import pytest

from skewgate.core.distributions import CategoricalDistribution, EmptyDistribution
from skewgate.metrics import REGISTRY, attainable
from skewgate.metrics.hellinger import hellinger_terms
from skewgate.metrics.jsd import jsd_terms
from skewgate.metrics.psi import psi_terms, smoothing_offset

DIVERGENCES = ["psi", "jsd", "hellinger"]


def side(counts, prefix=""):
    """Returns a distribution of categories that occur so often."""
    named = {f"{prefix}{i}": float(count) for i, count in enumerate(counts)}
    return CategoricalDistribution(named, 0.0, sum(counts))


def terms_of(name, n, m):
    offset = smoothing_offset(n, m)
    return {
        "psi": lambda b, c: psi_terms(b, c, offset),
        "jsd": jsd_terms,
        "hellinger": hellinger_terms,
    }[name]


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize(
    ("before", "now"),
    [
        ([1] * 40 + [2] * 20 + [9], [1] * 50 + [3] * 10),
        ([1] * 400 + [5] * 40, [1] * 12 + [4] * 3),
        ([700, 250, 50], [30, 20, 1, 1]),
        ([6, 1, 1], [900, 400, 60, 40]),
    ],
    ids=["alike", "few", "heavy", "heavier"],
)
def test_the_mean_by_chance_is_that_of_dealing_all_values_anew(name, before, now):
    n, m = sum(before), sum(now)
    term = terms_of(name, n, m)
    value, mean = attainable.if_disjoint(side(before), side(now), term)
    pooled = np.array(before + now)
    dealt = np.random.default_rng(5).multivariate_hypergeometric(pooled, n, size=3_000)
    sums = np.sum(term(dealt / n, (pooled - dealt) / m), axis=1)
    assert mean == pytest.approx(sums.mean(), abs=4 * sums.std() / 3_000**0.5 + 1e-9)
    apart = np.r_[before, [0] * len(now)] / n, np.r_[[0] * len(before), now] / m
    assert value == pytest.approx(float(np.sum(term(*apart))))


@pytest.mark.parametrize("name", DIVERGENCES)
@pytest.mark.parametrize("sizes", [(300, 300), (3_000, 300), (40, 2_000), (10**5, 1_000)], ids=str)
def test_chance_explains_all_of_values_that_never_repeat(name, sizes):
    sides = [CategoricalDistribution({}, 0.0, n) for n in sizes]
    for each, prefix in zip(sides, "bc", strict=True):
        each.counts.update(dict.fromkeys((f"{prefix}{i}" for i in range(each.n)), 1.0))
    value, mean = attainable.if_disjoint(*sides, terms_of(name, *sizes))
    assert value == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("name", [*DIVERGENCES, "new_categories"])
@pytest.mark.parametrize("sizes", [(300, 300), (600, 60), (60, 600)], ids=str)
def test_nothing_is_attainable_where_values_never_repeat(name, sizes):
    sides = [side([1] * n, prefix) for n, prefix in zip(sizes, "bc", strict=True)]
    measured = REGISTRY[name].measure(*sides, 0.05)
    assert (measured.attainable, measured.p_value) == (0.0, 1.0)
    assert measured.null_value == pytest.approx(measured.value)
    same = REGISTRY[name].measure(sides[0], sides[0], 0.05)
    assert (same.attainable, same.value) == (0.0, 0.0)


@pytest.mark.parametrize("name", [*DIVERGENCES, "new_categories"])
def test_the_more_values_repeat_the_more_is_attainable(name):
    found = [
        REGISTRY[name]
        .measure(*(side([1] * (300 - k * pairs) + [k] * pairs, p) for p in "bc"), 0.05)
        .attainable
        for k, pairs in [(2, 3), (2, 30), (2, 150), (10, 30)]
    ]
    assert found == sorted(found)
    assert 0 < found[0] < (0.11 if name == "hellinger" else 0.05)  # the root of a small share
    assert found[-1] > 0.4


@pytest.mark.parametrize("name", [*DIVERGENCES, "new_categories"])
def test_what_has_no_value_in_common_shows_all_that_is_attainable(name):
    sides = [side([1] * 90 + [3] * 40, "b"), side([1] * 50 + [2] * 30, "c")]
    measured = REGISTRY[name].measure(*sides, 0.05)
    assert measured.attainable == pytest.approx(measured.above_chance(measured.value))
    shared = CategoricalDistribution({**sides[1].counts, "b0": 1.0}, 0.0, sides[1].n + 1)
    nearly = REGISTRY[name].measure(sides[0], shared, 0.05)
    assert nearly.attainable == pytest.approx(measured.attainable, abs=0.02)


@pytest.mark.parametrize(
    ("name", "least"), [("psi", 3), ("jsd", 0.95), ("hellinger", 0.9), ("new_categories", 0.95)]
)
def test_of_ordinary_categories_a_large_effect_is_attainable(name, least):
    for counts in ([700, 250, 50], [2_999, 1], [150] * 20):
        assert REGISTRY[name].measure(*[side(counts)] * 2, 0.05).attainable > least


@pytest.mark.parametrize("name", [*DIVERGENCES, "new_categories"])
@pytest.mark.parametrize("values", [19, 20])
def test_of_values_that_repeat_often_there_is_no_need_to_ask(name, values):
    sides = side([values] * 9, "b"), side([30] * 9, "c")
    measured = REGISTRY[name].measure(*sides, 0.05)
    assert (measured.attainable == math.inf) == (values == 20)


def test_a_single_value_can_differ_by_its_share_only():
    sides = [side([1] * 300, "b"), side([1] * 58 + [2], "c")]
    assert REGISTRY["linf"].measure(*sides, 0.05).attainable == pytest.approx(2 / 60)
    most_frequent = CategoricalDistribution({"c0": 2.0, "c1": 1.0}, 297.0, 300)
    assert attainable.largest_share(sides[0], most_frequent) == pytest.approx(2 / 300)
    common = CategoricalDistribution({"c0": 20.0, "c1": 10.0}, 270.0, 300)
    assert attainable.largest_share(sides[0], common) == math.inf


def test_where_values_repeat_any_of_them_can_become_common():
    assert attainable.largest_share(side([1] * 300), side([30] * 20)) == math.inf
    assert attainable.largest_share(side([30] * 20), side([1] * 300)) == math.inf
    assert attainable.largest_share(side([1] * 9), EmptyDistribution(n_missing=4)) == math.inf


@pytest.mark.parametrize("name", ["ks", "psi", "missing_rate", "wasserstein"])
def test_of_numbers_nothing_is_out_of_reach(build, name):
    sides = build.numeric(range(300)), build.numeric(range(1_000, 1_300))
    assert REGISTRY[name].measure(*sides, 0.05).attainable == math.inf
