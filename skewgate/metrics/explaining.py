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
    shares, medians = (float(before[widest]), float(now[widest])), (baseline.median, current.median)
    return (
        f"{rounded_percent(*shares)} of the baseline values are "
        f"{shown(float(points[widest]), logical)} or less, and {rounded_percent(*shares[::-1])} of "
        f"the current ones; the median went from {shown(medians[0], logical, medians[1])} to "
        f"{shown(medians[1], logical, medians[0])}"
    )


def _shares(baseline: CategoricalDistribution, current: CategoricalDistribution) -> str:
    names = baseline.counts.keys() | current.counts.keys()
    changes = {
        name: tuple(side.counts.get(name, 0.0) / side.n for side in (baseline, current))
        for name in names
    }
    largest = sorted(changes, key=lambda name: (-abs(changes[name][1] - changes[name][0]), name))
    return ", ".join(
        f"{name!r} {'rose' if now > before else 'fell'} from "
        f"{rounded_percent(before, now)} to {rounded_percent(now, before)}"
        for name, (before, now) in ((name, changes[name]) for name in largest[:MOST_NAMED])
        if now != before
    )
