"""Says in words what changed, so that a person knows where to look first."""

from __future__ import annotations

import numpy as np

from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    NumericDistribution,
    n_rows,
    n_without_value,
)

_NAMED = 3


def what_changed(metric: str, baseline: Distribution, current: Distribution) -> str:
    """Returns half a sentence on the largest difference, or "" if there is nothing to tell.

    Args:
        metric: name of the metric that found the difference.
        baseline, current: what it compared.
    """
    if metric == "missing_rate":
        before, now = (n_without_value(side) / n_rows(side) for side in (baseline, current))
        return f"{before:.1%} of the baseline rows have no value, and {now:.1%} of the current ones"
    if isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution):
        return _numbers(baseline, current)
    if isinstance(baseline, CategoricalDistribution) and isinstance(
        current, CategoricalDistribution
    ):
        return _new(baseline, current) if metric == "new_categories" else _shares(baseline, current)
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
        for name in largest[:_NAMED]
        if changes[name][1] != changes[name][0]
    ]
    return ", ".join(told)


def _new(baseline: CategoricalDistribution, current: CategoricalDistribution) -> str:
    new = {name: count for name, count in current.counts.items() if name not in baseline.counts}
    if not new:
        return ""
    largest = sorted(new, key=lambda name: (-new[name], name))
    told = ", ".join(f"{name!r} ({new[name] / current.n:.1%})" for name in largest[:_NAMED])
    return f"new: {told}" + (f" and {len(new) - _NAMED:,} more" if len(new) > _NAMED else "")
