"""Brute force: what was dropped, undercounted or nameless never leaves a metric's interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skewgate.core.distributions import CategoricalDistribution
from skewgate.metrics import REGISTRY

NAMES = [metric.name for metric in REGISTRY.values() if "categorical" in metric.kinds]


def complete(counts):
    return CategoricalDistribution(
        {name: float(count) for name, count in counts.items()}, 0.0, sum(counts.values())
    )


def truncated(counts, kept, slack, nameless, rng):
    """Keeps the most frequent categories that have a name, some with too low a count."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    top = [(name, count) for name, count in ranked if name not in nameless][:kept]
    seen = {name: float(count - min(rng.integers(slack + 1), count - 1)) for name, count in top}
    n = sum(counts.values())
    return CategoricalDistribution(seen, n - sum(seen.values()), n, slack=float(slack))


@pytest.mark.parametrize("metric", NAMES)
@settings(max_examples=250)
@given(
    seed=st.integers(0, 2**32 - 1),
    kept=st.tuples(st.integers(0, 8), st.integers(0, 8)),
    slack=st.tuples(st.sampled_from([0, 0, 1, 5]), st.sampled_from([0, 0, 1, 5])),
    top=st.sampled_from([2, 20, 400]),
    nameless=st.sampled_from(["", "", "a", "be"]),
)
def test_interval_holds_the_exact_value(metric, seed, kept, slack, top, nameless):
    rng = np.random.default_rng(seed)
    tables = [
        {name: int(rng.integers(1, top + 1)) for name in "abcdefgh" if rng.random() < 0.7}
        or {"a": 3}
        for _ in range(2)
    ]
    exact = REGISTRY[metric].measure(*(complete(table) for table in tables), 0.05).value
    measured = REGISTRY[metric].measure(
        *(
            truncated(table, k, s, nameless, rng)
            for table, k, s in zip(tables, kept, slack, strict=True)
        ),
        0.05,
    )
    assert 0.0 <= measured.lower <= measured.value <= measured.upper
    assert measured.lower - 1e-9 <= exact <= measured.upper + 1e-9
    assert np.isfinite(measured.upper)
    assert 0.0 <= measured.p_value <= 1.0


@pytest.mark.parametrize("metric", NAMES)
def test_slack_widens_and_no_slack_is_exact(metric):
    counts, other = {"a": 500.0, "b": 300.0}, {"a": 350.0, "b": 400.0}
    exact, loose = (
        REGISTRY[metric].measure(
            CategoricalDistribution(counts, 10.0 * bool(slack), 800, slack=slack),
            CategoricalDistribution(other, 0.0, 750),
            0.05,
        )
        for slack in (0.0, 10.0)
    )
    assert exact.upper - exact.lower < 1e-12
    assert loose.lower <= exact.lower
    assert loose.upper >= exact.upper


def test_a_few_hidden_values_cannot_be_many_new_categories():
    # Three values hide at most three of the five categories that seem new.
    measured = REGISTRY["new_categories"].measure(
        CategoricalDistribution({"a": 97.0}, 3.0, 100),
        CategoricalDistribution({"a": 50.0, **dict.fromkeys("bcdef", 10.0)}, 0.0, 100),
        0.05,
    )
    assert (measured.lower, measured.value, measured.upper) == pytest.approx((0.2, 0.5, 0.5))
