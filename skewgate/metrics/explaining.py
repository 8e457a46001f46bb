"""Says in words what changed, so that a person knows where to look first."""

from __future__ import annotations

import numpy as np

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    NumericDistribution,
)

MOST_NAMED = 3
"""Categories that an explanation names."""


def what_changed(baseline: Distribution, current: Distribution) -> str:
    """Returns half a sentence on the largest difference, or "" if there is nothing to tell."""
    if isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution):
        return _numbers(baseline, current)
    if isinstance(baseline, CategoricalDistribution) and isinstance(
        current, CategoricalDistribution
    ):
        return _shares(baseline, current)
    return ""


def _numbers(baseline: NumericDistribution, current: NumericDistribution) -> str:
    points = np.union1d(baseline.edges, current.edges)
    before, now = (side.cdf_at(points) for side in (baseline, current))
    widest = int(np.argmax(np.abs(before - now)))
    return (
        f"{before[widest]:.1%} of the baseline values are at most {points[widest]:.6g}, and "
        f"{now[widest]:.1%} of the current ones; the median was {baseline.median:.6g} "
        f"and is {current.median:.6g}"
    )


def _shares(baseline: CategoricalDistribution, current: CategoricalDistribution) -> str:
    names = baseline.counts.keys() | current.counts.keys()
    changes = {
        name: tuple(side.counts.get(name, 0.0) / side.n for side in (baseline, current))
        for name in names
    }
    largest = sorted(changes, key=lambda name: (-abs(changes[name][1] - changes[name][0]), name))
    told = [
        f"{name!r} {'rose' if changes[name][1] > changes[name][0] else 'fell'} from "
        f"{changes[name][0]:.1%} to {changes[name][1]:.1%}"
        for name in largest[:MOST_NAMED]
        if changes[name][1] != changes[name][0]
    ]
    return ", ".join(told)
