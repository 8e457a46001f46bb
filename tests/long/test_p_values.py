"""With nothing changed, p-values are at most as small as they say, at equal and unequal sizes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skewgate.core.distributions import CategoricalDistribution
from skewgate.metrics import REGISTRY
from skewgate.profiling.accumulators.numeric import NumericAccumulator

SIZES = [(2, 50), (6, 6), (20, 20), (40, 300), (300, 40), (1_500, 30), (30, 1_500), (900, 700)]
SHAPES = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy": lambda rng, n: np.exp(1.5 * rng.normal(size=n)),
    "ties": lambda rng, n: rng.choice([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 7.0], n),
}
LEVELS = (0.01, 0.05, 0.1)
SAMPLES = 150
SLACK = 1.15
"""How far a law that is not exact may be off: 5.75% at 5%."""


def numbers(values):
    accumulator = NumericAccumulator()
    accumulator.add(np.asarray(values, float))
    return accumulator.distribution()


def categories(values):
    names, counts = np.unique(np.floor(values), return_counts=True)
    kept = {f"c{name}": float(count) for name, count in zip(names, counts, strict=True)}
    return CategoricalDistribution(kept, 0.0, len(values))


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_no_more_samples_are_surprising_than_chance_allows(kind, sizes):
    make = numbers if kind == "numeric" else categories
    rng = np.random.default_rng(SIZES.index(sizes))
    for name, metric in REGISTRY.items():
        if kind not in metric.kinds or name == "missing_rate":
            continue
        for shape, draw in SHAPES.items():
            found = np.array(
                [
                    metric.measure(*(make(draw(rng, n)) for n in sizes), 0.05).p_value
                    for _ in range(SAMPLES)
                ]
            )
            for level in LEVELS:
                surprising = int(np.sum(found <= level))
                chance = stats.binom.sf(surprising - 1, SAMPLES, level * SLACK)
                assert chance > 1e-4, (name, shape, level, surprising / SAMPLES)
