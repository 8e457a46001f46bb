"""Says in words what changed, so that a person knows where to look first."""

from __future__ import annotations

import numpy as np

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    FloatArray,
    NumericDistribution,
    n_rows,
    n_without_value,
)
from skewgate.core.wording import listed, number, rounded_percent

_NAMED = 3


def what_changed(metric: str, baseline: Distribution, current: Distribution) -> str:
    """Returns half a sentence on the largest difference, or "" if there is nothing to tell.

    Args:
        metric: name of the metric that found the difference.
        baseline, current: what it compared.
    """
    if metric == "missing_rate":
        before, now = (n_without_value(side) / n_rows(side) for side in (baseline, current))
        return (
            f"{rounded_percent(before)} of the baseline rows have no value, and "
            f"{rounded_percent(now)} of the current ones"
        )
    if isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution):
        return _numbers(baseline, current)
    if isinstance(baseline, CategoricalDistribution) and isinstance(
        current, CategoricalDistribution
    ):
        return _new(baseline, current) if metric == "new_categories" else _shares(baseline, current)
    return ""


def _numbers(baseline: NumericDistribution, current: NumericDistribution) -> str:
    points = np.union1d(baseline.edges, current.edges)
    before, now = (_middle(side, points) for side in (baseline, current))
    widest = int(np.argmax(np.abs(before - now)))
    medians = [_median(side) for side in (baseline, current)]
    return (
        f"{rounded_percent(before[widest])} of the baseline values are {number(points[widest])} or "
        f"less, and {rounded_percent(now[widest])} of the current ones; the median was "
        f"{number(medians[0])} and is {number(medians[1])}"
    )


def _middle(side: NumericDistribution, points: FloatArray) -> FloatArray:
    lower, upper = side.bounds_at(points)
    return (lower + upper) / 2


def _median(side: NumericDistribution) -> float:
    middle = (side.right_lower + side.right_upper) / 2
    return float(side.edges[min(int(np.searchsorted(middle, 0.5)), len(side.edges) - 1)])


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
        for name, (before, now) in ((name, changes[name]) for name in largest[:_NAMED])
        if now != before
    )


def _new(baseline: CategoricalDistribution, current: CategoricalDistribution) -> str:
    new = {name: count for name, count in current.counts.items() if name not in baseline.counts}
    if not new:
        return ""
    largest = sorted(new, key=lambda name: (-new[name], name))
    texts = [f"{name!r} ({rounded_percent(new[name] / current.n)})" for name in largest]
    return f"new: {listed(texts, _NAMED)}"
