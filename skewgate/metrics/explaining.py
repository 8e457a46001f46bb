"""Says in words what changed, so that a person knows where to look first."""

from __future__ import annotations

import numpy as np

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    NumericDistribution,
)
from skewgate.core.time_values import either, shown
from skewgate.core.wording import rounded_percent

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
    logical = either(baseline.logical, current.logical)
    at, *medians = (
        shown(float(value), logical) for value in (points[widest], baseline.median, current.median)
    )
    return (
        f"{rounded_percent(before[widest])} of the baseline values are {at} or "
        f"less, and {rounded_percent(now[widest])} of the current ones; the median was "
        f"{medians[0]} and is {medians[1]}"
    )


def _shares(baseline: CategoricalDistribution, current: CategoricalDistribution) -> str:
    names = baseline.counts.keys() | current.counts.keys()
    changes = {
        name: tuple(side.counts.get(name, 0.0) / side.n for side in (baseline, current))
        for name in names
    }
    largest = sorted(changes, key=lambda name: (-abs(changes[name][1] - changes[name][0]), name))
    return ", ".join(
        f"{name!r} {'rose' if now > before else 'fell'} from {rounded_percent(before)} to "
        f"{rounded_percent(now)}"
        for name, (before, now) in ((name, changes[name]) for name in largest[:MOST_NAMED])
        if now != before
    )
