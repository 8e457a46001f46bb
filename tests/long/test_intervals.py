"""Intervals hold the exact value of a million rows too."""

import numpy as np
import pytest

from skewgate.metrics import REGISTRY
from skewgate.profiling.accumulators.numeric import FINE_RESOLUTION, RESOLUTION, NumericAccumulator
from tests import exact_metrics

BINNED = ["psi", "jsd", "hellinger"]
METRICS = [*BINNED, "ks", "wasserstein"]
SHAPES = {
    "normal": lambda rng, n, moved: rng.normal(0.3 * moved, 1, n),
    "pareto": lambda rng, n, moved: rng.pareto(1.5 + 0.4 * moved, n),
    "cauchy": lambda rng, n, moved: rng.standard_cauchy(n) * (1 + moved),
    "money": lambda rng, n, moved: np.round(rng.lognormal(2 + 0.2 * moved, 1, n), 2),
    "atoms": lambda rng, n, moved: np.maximum(rng.normal(0.2 * moved, 1, n), 0),
    "ten levels": lambda rng, n, moved: np.floor(np.arange(n) * 10 / n) + moved,
}


def summarised(values, resolution):
    accumulator = NumericAccumulator(resolution)
    for part in np.array_split(values, 1 + len(values) // 100_000):
        accumulator.add(part)
    return accumulator.distribution()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "sizes",
    [
        (1_000_000, 1_000_000),
        (400_000, 400),
        (400, 700_000),
        (1_000_000, 1),
        (1, 300_000),
        (4_097, 300_000),
    ],
    ids=str,
)
def test_intervals_of_large_tables_hold_the_exact_value(shape, sizes):
    rng = np.random.default_rng(len(shape) + sizes[0] + sizes[1])
    values = [SHAPES[shape](rng, n, moved) for moved, n in enumerate(sizes)]
    exact = exact_metrics.of_numbers(*values)
    for resolution in (RESOLUTION, FINE_RESOLUTION):
        sides = [summarised(side, resolution) for side in values]
        for name in METRICS:
            measured = REGISTRY[name].measure(*sides, 0.05)
            assert exact_metrics.holds(measured, exact[name]), name
            if resolution == FINE_RESOLUTION and sizes[0] == sizes[1] and name in BINNED:
                assert measured.upper - measured.lower <= 0.01 * max(exact[name], 0.01)
