"""Law: where nothing changed, a p-value is at most as small as it says, from two values up."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from skewgate.core.distributions import CategoricalDistribution
from skewgate.metrics import REGISTRY
from skewgate.profiling.accumulators.numeric import NumericAccumulator
from tests.laws.cases import law

NUMERIC = sorted(name for name, metric in REGISTRY.items() if "numeric" in metric.kinds)
CATEGORICAL = sorted(name for name, metric in REGISTRY.items() if "categorical" in metric.kinds)
SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy": lambda rng, n: np.exp(1.5 * rng.normal(size=n)),
    "ties": lambda rng, n: rng.choice([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 7.0], n),
    "outliers": lambda rng, n: np.where(rng.random(n) < 0.02, 1e20, rng.normal(size=n)),
}
LEVELS = (0.001, 0.01, 0.05, 0.2)


def numbers(values):
    accumulator = NumericAccumulator()
    accumulator.add(np.asarray(values, float))
    return accumulator.distribution()


def categories(values):
    names, counts = np.unique(values, return_counts=True)
    kept = {f"c{name}": float(count) for name, count in zip(names, counts, strict=True)}
    return CategoricalDistribution(kept, 0.0, len(values))


def p_value(name, make, before, now):
    return REGISTRY[name].measure(make(before), make(now), 0.05).p_value


@law(cases=50)
@given(
    metric=st.sampled_from(
        [
            *((name, numbers) for name in NUMERIC),
            *((name, categories) for name in CATEGORICAL if name != "missing_rate"),
        ]
    ),
    values=st.lists(st.sampled_from([0, 1, 2, 3, 5, 8, 100]), min_size=3, max_size=6),
    smaller=st.integers(1, 3),
    turned=st.booleans(),
)
def test_of_all_ways_to_deal_few_values_at_most_that_share_is_as_surprising(
    metric, values, smaller, turned
):
    values = np.array(values)
    found = []
    for chosen in itertools.combinations(range(len(values)), min(smaller, len(values) - 1)):
        picked = np.isin(np.arange(len(values)), chosen)
        sides = (values[picked], values[~picked])
        found.append(p_value(*metric, *(sides[::-1] if turned else sides)))
    found = np.sort(found)
    share = np.arange(1, len(found) + 1) / len(found)
    last = np.append(found[1:] > found[:-1] + 1e-9, True)  # of those that are equal
    assert np.all(share[last] <= found[last] * (1 + 1e-6) + 1e-9)


@law(cases=15)
@given(
    name=st.sampled_from(NUMERIC),
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from(sorted(SHAPES)),
    sizes=st.tuples(*[st.sampled_from([2, 3, 6, 20, 40, 300])] * 2),
)
def test_of_some_samples_no_more_are_surprising_than_chance_allows(name, seed, shape, sizes):
    rng = np.random.default_rng(seed)
    found = [p_value(name, numbers, *(SHAPES[shape](rng, n) for n in sizes)) for _ in range(12)]
    for level in LEVELS:
        surprising = sum(p <= level for p in found)
        assert stats.binom.sf(surprising - 1, len(found), level) > 1e-8
