"""What a report keeps of two distributions, so that a page can lay them over each other.

It is a small part of what is known: about 60 points of a CDF, 30 bins, 12 categories.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from skewgate.core import precision
from skewgate.core.distributions import (
    CategoricalDistribution,
    Distribution,
    FloatArray,
    NumericDistribution,
    middle,
    n_rows,
    n_without_value,
)
from skewgate.core.profile import Profile, name_value_counts
from skewgate.core.results import MetricResult
from skewgate.core.slices import names_of
from skewgate.core.time_values import either
from skewgate.core.wording import shortened
from skewgate.report.ranking import worst_first

BUDGET = 400_000
"""Bytes of JSON that a report spends on distributions."""
_POINTS, _POINTS_OF_STEPS = 52, 28
"""Points of a CDF; fewer where it has steps, which take two each."""
_BINS = 30
_CATEGORIES = 12
_LONGEST_NAME = 60
_TAIL = 0.005
"""Share of the values that may lie beyond either end of what is drawn."""
_STEP = 0.01
"""Share of equal values from which a CDF is drawn with a step."""


def describe(
    baseline: Profile, current: Profile, results: Iterable[MetricResult], budget: int = BUDGET
) -> dict[str, Any]:
    """Returns `details.distributions` of a report (see report.schema.json).

    Args:
        baseline, current: what was compared.
        results: of the comparison; their features are kept worst first.
        budget: bytes of JSON; what would go beyond is counted as left out.
    """
    shown: list[dict[str, Any]] = []
    spent = left_out = 0
    counted = name_value_counts(baseline, current)
    slices = [side.with_value_counts(counted) for side in (baseline, current)]
    names = names_of(baseline.slices.keys() | current.slices.keys())
    keys = {name: key for key, name in names.items()}
    pairs = dict.fromkeys((r.feature, r.slice) for r in worst_first(results) if r.feature)
    for feature, name in pairs:
        sides = [features.get(keys.get(name, name), {}).get(feature) for features in slices]
        if spent > budget:
            left_out += _comparable(*sides)
            continue
        found = overlay(*sides)
        if found is None:
            continue
        entry = {"feature": feature, "slice": name, **found}
        spent += len(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace"))
        if spent > budget:
            left_out += 1
        else:
            shown.append(entry)
    return {"shown": shown, "left_out": left_out}


def overlay(baseline: Distribution | None, current: Distribution | None) -> dict[str, Any] | None:
    """Returns two distributions on common points, or None if they cannot be compared.

    Shares are rounded to four decimals, values to what tells a millionth of their range.
    """
    if baseline is not None and current is not None:
        baseline, current, _ = precision.aligned(baseline, current)
    if isinstance(baseline, NumericDistribution) and isinstance(current, NumericDistribution):
        found = _numbers(baseline, current)
    elif isinstance(baseline, CategoricalDistribution) and isinstance(
        current, CategoricalDistribution
    ):
        found = _categories(baseline, current)
    else:
        return None
    if found is None:
        return None
    sides = (baseline, current)
    return {
        "kind": baseline.kind,
        "n": [side.n for side in sides],
        "missing": [_share(n_without_value(side) / max(n_rows(side), 1)) for side in sides],
        **found,
    }


def _comparable(baseline: Distribution | None, current: Distribution | None) -> bool:
    return (
        baseline is not None
        and current is not None
        and baseline.kind == current.kind
        and baseline.kind not in ("empty", "opaque")
    )


def _categories(
    baseline: CategoricalDistribution, current: CategoricalDistribution
) -> dict[str, Any] | None:
    sides = (baseline, current)
    names = sorted(baseline.counts.keys() | current.counts.keys())
    before, now = (np.array([s.counts.get(name, 0.0) for name in names]) / s.n for s in sides)
    order = np.lexsort((np.arange(len(names)), -np.abs(now - before)))[:_CATEGORIES]
    return {
        "names": [shortened(names[i], _LONGEST_NAME) for i in order],
        "shares": [[_share(side[i]) for i in order] for side in (before, now)],
        "others": len(names) - len(order),
        "other_shares": [_share(max(1.0 - float(np.sum(s[order])), 0.0)) for s in (before, now)],
    }


def _numbers(baseline: NumericDistribution, current: NumericDistribution) -> dict[str, Any] | None:
    sides = (baseline, current)
    points = np.union1d(baseline.edges, current.edges)
    points = points[np.isfinite(points)]
    if not len(points) or not np.isfinite(points[-1] - points[0]):
        return None
    bounds = [side.bounds_at(points) for side in sides]
    before, now = (middle(lower, upper) for lower, upper in bounds)
    gap = int(np.argmax(np.abs(before - now)))
    low, high = _range(points, (before + now) / 2, gap)
    cuts = _cuts(low, high, baseline.integer and current.integer)
    running = [_cdf(side, cuts) for side in sides]
    chosen = _chosen(sides, points, before + now, gap, low, high)
    x, curves = _curves(sides, points, (before, now), chosen)
    digits = _digits(low, high)
    logical = either(baseline.logical, current.logical)
    return {
        **({"logical": logical} if logical else {}),
        # An infinite one becomes the largest number.
        "median": [_number(float(np.nan_to_num(side.median)), digits) for side in sides],
        "bins": [_number(cut, digits) for cut in cuts],
        "shares": [[_share(v) for v in np.maximum(np.diff(each), 0.0)] for each in running],
        "outside": [[_share(each[0]), _share(1.0 - each[-1])] for each in running],
        "x": [_number(value, digits) for value in x],
        "cdf": [[_share(value) for value in curve] for curve in curves],
        "gap": {"at": _number(points[gap], digits), "cdf": [_share(before[gap]), _share(now[gap])]},
        "known_to": [float(f"{np.max(upper - lower) / 2:.2g}") for lower, upper in bounds],
    }


def _range(points: FloatArray, mixture: FloatArray, gap: int) -> tuple[float, float]:
    """Returns what is drawn: all values, or without the tails where these are long.

    A tail begins where `_TAIL` of the values lie beyond, or at Tukey's outer fence, three times
    the distance of the quartiles away from them. The largest gap is always drawn.
    """

    def quantile(share: float) -> float:
        return float(points[min(int(mixture.searchsorted(share)), len(points) - 1)])

    low, high = quantile(_TAIL), quantile(1.0 - _TAIL)
    lower, upper = quantile(0.25), quantile(0.75)
    if upper > lower:
        low, high = max(low, lower - 3 * (upper - lower)), min(high, upper + 3 * (upper - lower))
    low, high = min(low, float(points[gap])), max(high, float(points[gap]))
    if points[-1] - points[0] <= 1.5 * (high - low):
        low, high = float(points[0]), float(points[-1])
    return low, high


def _cuts(low: float, high: float, integer: bool) -> FloatArray:
    """Returns the edges of bins of equal width over [low, high], which the first one includes."""
    if low == high:
        return np.array([low, low])
    if integer and high - low < 2**50:
        width = max(int(-(-(high - low + 1) // _BINS)), 1)
        return np.arange(low - 0.5, high + width, width)
    return np.linspace(low, high, _BINS + 1)


def _cdf(side: NumericDistribution, cuts: FloatArray) -> FloatArray:
    """Estimates P(X <= cut), by a straight line between edges, and P(X < cut) for the first."""
    right = side.cdf
    certain = side.right_lower - side.left_upper
    left = np.where(certain > 0, middle(side.left_lower, side.left_upper), right)
    finite = np.isfinite(side.edges)
    edges, left, right = side.edges[finite], left[finite], right[finite]
    if not len(edges):
        return np.zeros(len(cuts)) if np.isposinf(side.edges[0]) else np.ones(len(cuts))
    after = edges.searchsorted(cuts, side="right")
    below = np.maximum(after - 1, 0)
    above = np.minimum(after, len(edges) - 1)
    width = np.where(above > below, edges[above] - edges[below], 1.0)
    share = np.clip((cuts - edges[below]) / width, 0.0, 1.0)
    found = right[below] + share * np.maximum(left[above] - right[below], 0.0)
    found = np.where(after == 0, side.left_lower[finite][0], found)
    found = np.where(after == len(edges), right[-1], found)
    found[0] = min(found[0], middle(*side.bounds_before(cuts[:1]))[0])
    return np.maximum.accumulate(found)


def _chosen(
    sides: tuple[NumericDistribution, NumericDistribution],
    points: FloatArray,
    both: FloatArray,
    gap: int,
    low: float,
    high: float,
) -> FloatArray:
    """Returns which points of the CDFs to keep: where the curves go far, and the largest gap."""
    start, stop = int(points.searchsorted(low)), int(points.searchsorted(high, side="right"))
    inside = np.arange(start, stop)
    way = (points[inside] - low) / max(high - low, np.finfo(float).tiny) + both[inside]
    steps = sum(int(np.sum(side.right_lower - side.left_upper > _STEP)) for side in sides)
    most = _POINTS if steps <= 60 - _POINTS else _POINTS_OF_STEPS
    if len(inside) > most:
        targets = np.linspace(way[0], way[-1], most)
        inside = inside[np.minimum(way.searchsorted(targets), len(inside) - 1)]
    chosen: FloatArray = np.unique(np.append(inside, gap))
    return chosen


def _curves(
    sides: tuple[NumericDistribution, NumericDistribution],
    points: FloatArray,
    values: tuple[FloatArray, FloatArray],
    chosen: FloatArray,
) -> tuple[list[float], list[list[float]]]:
    """Returns common x and both CDFs; an x with a step stands twice, first with what is below."""
    at = points[chosen]
    step = np.zeros(len(at), bool)
    before = []
    for side in sides:
        lower, upper = side.bounds_before(at)
        before.append(middle(lower, upper))
        step |= side.bounds_at(at)[0] - upper > _STEP
    x: list[float] = []
    curves: list[list[float]] = [[], []]
    for k, i in enumerate(chosen):
        if step[k]:
            x.append(float(at[k]))
            for curve, left in zip(curves, before, strict=True):
                curve.append(float(left[k]))
        x.append(float(at[k]))
        for curve, right in zip(curves, values, strict=True):
            curve.append(float(right[i]))
    return x, [np.maximum.accumulate(curve).tolist() for curve in curves]


def _digits(low: float, high: float) -> int:
    """Returns how many digits tell values within [low, high] apart; at least six."""
    size, width = max(abs(low), abs(high)), high - low
    if not width:
        return 17
    return min(6 + max(math.ceil(math.log10(size / width)), 0), 17)


def _number(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _share(value: float) -> float:
    return round(float(value), 4)
